package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;

/**
 * {@code kill -9} of a replica at every point of a refresh, while the old refresh token dies at
 * once. Whatever was in the journal is stored by the next process. What is lost is what Active911
 * had answered, or was about to, and what had not reached the journal: it is counted from
 * Active911's side, and is found in {@code NEEDS_CONSENT} with {@code answer_lost}, and nothing
 * else is.
 */
@ExtendWith(Ledger.class)
@SuppressWarnings("NullAway.Init") // filled by each test
class KillIT {

  private static final int REPLICAS = 3;

  /** How many refreshes are under way in the process when it is killed. */
  private static final int AT_ONCE = 6;

  private static final Duration LONGEST_LATENCY = Duration.ofSeconds(1);

  @TempDir Path directory;

  private Fleet fleet;
  private RandomGenerator random;

  /** Where in a refresh the process is killed. */
  private enum Point {
    /** After Active911 has replaced the token, before its answer arrives. */
    WHILE_THE_ANSWER_TRAVELS,
    /** After the answer was journaled, before it is stored. */
    AFTER_THE_JOURNAL,
    /** Somewhere around the claim and the call, which is quick. */
    AROUND_THE_CALL,
    /** Right after it was stored. */
    AFTER_THE_SETTLE,
    /** While Active911 has the request, which it will carry out. */
    DURING_THE_CALL,
    /** After the answer has arrived, before anything was done with it. */
    BEFORE_THE_JOURNAL,
    /** While Active911 has the request, which it will never answer, nor carry out. */
    DURING_A_CALL_IN_VAIN;

    /** Whether an answer can be lost there. */
    boolean isInWindow() {
      return switch (this) {
        case AROUND_THE_CALL, DURING_THE_CALL, WHILE_THE_ANSWER_TRAVELS, BEFORE_THE_JOURNAL -> true;
        case DURING_A_CALL_IN_VAIN, AFTER_THE_JOURNAL, AFTER_THE_SETTLE -> false;
      };
    }
  }

  @AfterEach
  void stop() {
    fleet.close();
  }

  @Test
  void everyConsentOutlivesTheKillButForTheNamedWindow() {
    int rounds = Proof.size(4, 56);
    random = Proof.random("kills");
    fleet = new Fleet(directory, TestDatabase.create()).withTimeout(Proof.size(2, 4));
    List<Subject> subjects = fleet.connect(rounds * AT_ONCE, Life.whole());
    fleet.start(REPLICAS);

    Set<String> lost = new TreeSet<>();
    for (int round = 0; round < rounds; round++) {
      // Each point as often as any other, in any order.
      Point point = Point.values()[round % Point.values().length];
      lost.addAll(killed(point, subjects.subList(round * AT_ONCE, (round + 1) * AT_ONCE), round));
    }

    fleet.active911().clearFaults();
    fleet.refreshBySchedule(subjects);
    assertEquals(lost, fleet.needingConsent(), fleet::logs);
    for (String slug : lost) {
      assertEquals("answer_lost", fleet.grants().row(slug).lastError());
    }
    fleet.awaitWorkingTokens(
        subjects.stream().filter(subject -> !lost.contains(subject.slug())).toList());
    assertEquals(
        lost.size(),
        fleet.active911().deadTokens().size(),
        "each lost token was presented once, and no other");
    Ledger.enter(
        new Ledger.Row(
            "kill -9 at every point of a refresh, %d under way".formatted(AT_ONCE),
            rounds,
            fleet.refreshes(),
            rounds,
            (long) (subjects.size() - lost.size()) * REPLICAS,
            0,
            lost.size(),
            lost.size()));
  }

  /**
   * One round: a replica is killed while it refreshes these agencies, and started again.
   *
   * @return those whose answer was lost: Active911 has replaced their token, and nobody knows by
   *     what
   */
  private Set<String> killed(Point point, List<Subject> subjects, int round) {
    Replica victim = fleet.replica(random.nextInt(REPLICAS));
    Set<Long> journaled;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      journaled = killed(point, subjects, victim, threads);
    }
    victim.start();

    Set<String> lost = new TreeSet<>();
    for (Subject subject : subjects) {
      Grants.Row row = fleet.grants().row(subject.slug());
      long stored = row.generation() - 1;
      if (fleet.issued(subject) > stored) {
        lost.add(subject.slug());
        assertTrue(!journaled.contains(row.agencyId()), "what is journaled is not lost");
      }
      assertTrue(row.isConnected(), "nothing counts as gone yet");
    }
    assertTrue(lost.isEmpty() || point.isInWindow(), () -> point + ": lost " + lost);
    assertEquals(Set.of(), victim.journaled(), "the journal is settled");
    Proof.say(
        "kill %d %s: %d of %d journaled, %d lost"
            .formatted(round + 1, point, journaled.size(), subjects.size(), lost.size()));
    return lost;
  }

  /** Returns the agencies in the victim's journal when it was dead. */
  private Set<Long> killed(
      Point point, List<Subject> subjects, Replica victim, ExecutorService threads) {
    switch (point) {
      case AROUND_THE_CALL -> {
        refresh(subjects, victim, threads);
        passUpTo(Duration.ofMillis(60));
        victim.kill();
      }
      case DURING_A_CALL_IN_VAIN -> {
        inject(subjects, new Fault.Silence(Moment.BEFORE));
        refresh(subjects, victim, threads);
        Eventually.isTrue(
            "Active911 has all requests",
            () ->
                subjects.stream()
                    .allMatch(
                        subject ->
                            fleet.active911().calls(CallKind.REFRESH, subject.active911Id()) == 1),
            fleet::logs);
        victim.kill();
      }
      case DURING_THE_CALL -> {
        inject(subjects, latency(Moment.BEFORE));
        refresh(subjects, victim, threads);
        awaitClaims(subjects);
        passUpTo(Duration.ofMillis(400));
        victim.kill();
        // Active911 carries out what it was asked for, although nobody waits for the answer.
        LockSupport.parkNanos(LONGEST_LATENCY.toNanos());
      }
      case WHILE_THE_ANSWER_TRAVELS -> {
        inject(subjects, latency(Moment.AFTER));
        refresh(subjects, victim, threads);
        awaitDecisions(subjects);
        victim.kill();
      }
      case BEFORE_THE_JOURNAL -> {
        inject(subjects, latency(Moment.AFTER));
        refresh(subjects, victim, threads);
        awaitDecisions(subjects);
        victim.process().suspend();
        // The answers arrive at a process that stands still.
        LockSupport.parkNanos(LONGEST_LATENCY.toNanos());
        victim.kill();
      }
      case AFTER_THE_JOURNAL -> {
        refreshUpToTheJournal(subjects, victim, threads);
      }
      case AFTER_THE_SETTLE -> {
        refresh(subjects, victim, threads);
        Eventually.isTrue(
            "all is stored",
            () ->
                subjects.stream()
                    .allMatch(subject -> fleet.grants().row(subject.slug()).generation() == 2),
            fleet::logs);
        victim.kill();
      }
    }
    return victim.journaled();
  }

  private void refreshUpToTheJournal(
      List<Subject> subjects, Replica victim, ExecutorService threads) {
    inject(subjects, latency(Moment.BEFORE));
    refresh(subjects, victim, threads);
    awaitClaims(subjects);
    try (Grants.Lock _ = fleet.grants().lock()) {
      Eventually.isTrue(
          "all answers are journaled",
          () -> victim.journaled().size() == subjects.size(),
          fleet::logs);
      victim.kill();
    }
  }

  private void refresh(List<Subject> subjects, Replica victim, ExecutorService threads) {
    subjects.forEach(subject -> threads.execute(() -> fleet.refresh(victim, subject)));
  }

  private void inject(List<Subject> subjects, Fault fault) {
    for (Subject subject : subjects) {
      fleet
          .active911()
          .inject(FaultRule.of(fault).forAgency(subject.active911Id()).on(CallKind.REFRESH));
    }
  }

  private static Fault latency(Moment moment) {
    return new Fault.Latency(LONGEST_LATENCY.dividedBy(2), LONGEST_LATENCY, moment);
  }

  private void awaitClaims(List<Subject> subjects) {
    Eventually.isTrue(
        "all are claimed",
        () -> subjects.stream().allMatch(subject -> fleet.grants().row(subject.slug()).claimed()),
        fleet::logs);
  }

  private void awaitDecisions(List<Subject> subjects) {
    Eventually.isTrue(
        "Active911 has decided on all",
        () -> subjects.stream().allMatch(subject -> fleet.issued(subject) == 1),
        fleet::logs);
  }

  /** Draws the moment: nothing can be waited for, as that would not be any moment. */
  private void passUpTo(Duration time) {
    LockSupport.parkNanos(random.nextLong(time.toNanos()));
  }
}
