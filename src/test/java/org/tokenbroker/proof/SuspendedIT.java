package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.simulator.Rotation;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;

/**
 * The holder of a lease stands still (SIGSTOP) until long after the lease, before or after
 * Active911 has answered it, while another replica presents the same token; then it goes on.
 * Whatever Active911 does with refresh tokens, the live one is kept, and an older answer changes
 * nothing newer.
 */
@ExtendWith(Ledger.class)
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled by each test
class SuspendedIT {

  private static final Duration LATENCY = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Longer than any of this takes, so that the token before still works. */
  private static final Duration UPSTREAM_GRACE = Duration.ofMinutes(30);

  @TempDir Path directory;

  private Fleet fleet;
  private Replica holder;
  private Replica other;

  /**
   * An agency whose refresh is under way when its holder is stopped.
   *
   * @param rotation what Active911 does with its refresh token
   * @param moment whether its refresh was decided before or after the holder stood still
   */
  private record Case(Subject subject, Rotation rotation, Moment moment) {

    /** Whether the token that the other replica presents is dead by then. */
    boolean isDeadForTheOther() {
      return rotation == Rotation.NEW;
    }
  }

  @AfterEach
  void stop() {
    fleet.close();
  }

  @Test
  void theLiveTokenWinsWhicheverAnswerComesLate() {
    List<Case> cases = start();
    List<Subject> subjects = cases.stream().map(Case::subject).toList();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      subjects.forEach(subject -> threads.execute(() -> fleet.refresh(holder, subject)));
      await("all are claimed", () -> claimed(subjects) == subjects.size());
      await(
          "Active911 has decided where the answer is to be late",
          () ->
              cases.stream()
                  .filter(each -> each.moment() == Moment.AFTER)
                  .allMatch(each -> fleet.issued(each.subject()) == 1));
      holder.process().suspend();

      await("the leases are over", () -> claimed(subjects) == 0);
      theOtherPresentsTheSameTokens(subjects);
      Set<String> dead =
          cases.stream()
              .filter(Case::isDeadForTheOther)
              .map(each -> each.subject().slug())
              .collect(Collectors.toSet());
      await("what cannot be refreshed counts as gone", () -> fleet.needingConsent().equals(dead));
      for (String slug : dead) {
        assertEquals("answer_lost", fleet.grants().row(slug).lastError());
      }
      Map<String, String> tagsBefore = tags(cases);

      holder.process().resume();

      await("every consent is back", () -> fleet.needingConsent().isEmpty());
      // The holder's flights are over when its answers to the admin are there.
      threads.shutdown();
      await("the holder is done", threads::isTerminated);
      assertEquals(tagsBefore, tags(cases), "nothing newer was overwritten");
    }

    fleet.awaitWorkingTokens(subjects);
    int deadBefore = fleet.active911().deadTokens().size();
    fleet.refreshBySchedule(subjects);
    assertEquals(Set.of(), fleet.needingConsent());
    fleet.awaitWorkingTokens(subjects);
    assertEquals(deadBefore, fleet.active911().deadTokens().size(), "what is stored is live");
    Ledger.enter(
        new Ledger.Row(
            "SIGSTOP of the holder past its lease, before and after the answer, each rotation mode",
            cases.size(),
            fleet.refreshes(),
            1,
            2L * 2 * cases.size(),
            0,
            0,
            0));
  }

  private List<Case> start() {
    List<Rotation> rotations = List.of(Rotation.values());
    fleet = new Fleet(directory, TestDatabase.create()).withTimeout(4);
    List<Subject> subjects = fleet.connect(rotations.size() * 2, Life.whole());
    fleet.start(2);
    holder = fleet.replica(0);
    other = fleet.replica(1);
    List<Case> cases = new ArrayList<>();
    for (Rotation rotation : rotations) {
      for (Moment moment : Moment.values()) {
        Subject subject = subjects.get(cases.size());
        inject(subject, FaultRule.of(new Fault.RotationMode(rotation, UPSTREAM_GRACE)));
        inject(
            subject,
            FaultRule.of(new Fault.Latency(LATENCY, LATENCY, moment))
                .on(CallKind.REFRESH)
                .forNext(1));
        cases.add(new Case(subject, rotation, moment));
      }
    }
    return cases;
  }

  private void inject(Subject subject, FaultRule rule) {
    fleet.active911().inject(rule.forAgency(subject.active911Id()));
  }

  private void theOtherPresentsTheSameTokens(List<Subject> subjects) {
    long before = fleet.refreshes();
    fleet.grants().makeUrgent(subjects);
    await("the other has presented them all", () -> fleet.refreshes() >= before + subjects.size());
    assertTrue(
        subjects.stream()
            .allMatch(
                subject -> fleet.active911().calls(CallKind.REFRESH, subject.active911Id()) == 2),
        "each token was presented once by each");
  }

  private long claimed(List<Subject> subjects) {
    Map<String, Grants.Row> rows = fleet.grants().rows();
    return subjects.stream()
        .filter(subject -> Objects.requireNonNull(rows.get(subject.slug())).claimed())
        .count();
  }

  /** What the other replica answers, for those agencies whose stored token is newer. */
  private Map<String, String> tags(List<Case> cases) {
    Map<String, String> tags = new HashMap<>();
    for (Case each : cases) {
      if (!each.isDeadForTheOther()) {
        tags.put(each.subject().slug(), fleet.read(other, each.subject()).etag());
      }
    }
    return tags;
  }

  private void await(String what, BooleanSupplier condition) {
    Eventually.isTrue(
        what, PATIENCE, condition, () -> fleet.grants().rows().values() + "\n" + fleet.logs());
  }
}
