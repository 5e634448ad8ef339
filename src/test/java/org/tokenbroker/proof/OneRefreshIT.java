package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.testing.TestDatabase;

/**
 * Three replicas, many who want the same token at the same time, and an upstream at which the old
 * refresh token dies at once.
 */
@ExtendWith(Ledger.class)
@SuppressWarnings("NullAway.Init") // filled by each test
class OneRefreshIT {

  private static final int REPLICAS = 3;
  private static final int READS = 300;

  @TempDir Path directory;

  private Fleet fleet;

  @AfterEach
  void stop() {
    fleet.close();
  }

  @Test
  void threeHundredReadsOfAnExpiredTokenCauseOneRefresh() {
    int rounds = Proof.size(2, 20);
    fleet = new Fleet(directory, TestDatabase.create());
    List<Subject> subjects = fleet.connect(rounds, Life.expiredUnnoticed());
    fleet.start(REPLICAS);
    fleet
        .active911()
        .inject(
            FaultRule.of(
                    new Fault.Latency(Duration.ofMillis(200), Duration.ofMillis(200), Moment.AFTER))
                .on(CallKind.REFRESH));

    long failures = 0;
    for (Subject subject : subjects) {
      List<Read> reads = readAtOnce(subject);

      failures += reads.stream().filter(read -> !read.isOk()).count();
      assertEquals(List.of(), reads.stream().filter(read -> !read.isOk()).toList(), fleet::logs);
      Set<String> tokens = reads.stream().map(Read::token).collect(Collectors.toSet());
      assertEquals(1, tokens.size());
      assertTrue(fleet.works(tokens.iterator().next()));
      assertEquals(1, fleet.active911().calls(CallKind.REFRESH, subject.active911Id()));
    }

    assertEquals(List.of(), fleet.active911().deadTokens());
    Ledger.enter(
        new Ledger.Row(
            "300 reads at once of an expired token, 3 replicas",
            rounds,
            fleet.refreshes(),
            0,
            (long) rounds * READS,
            failures,
            0,
            0));
  }

  private List<Read> readAtOnce(Subject subject) {
    CountDownLatch start = new CountDownLatch(READS);
    List<Callable<Read>> reads = new ArrayList<>();
    for (int i = 0; i < READS; i++) {
      Replica replica = fleet.replica(i % REPLICAS);
      reads.add(
          () -> {
            start.countDown();
            start.await();
            return fleet.read(replica, subject);
          });
    }
    return Fleet.inParallel(reads);
  }

  @Test
  void scheduleReadsAndForcedRefreshesTogether() throws InterruptedException {
    Duration time = Proof.time(Duration.ofSeconds(8), Duration.ofSeconds(60));
    int agencies = Proof.size(40, 200);
    SplittableRandom random =
        new SplittableRandom(Proof.random("schedule, reads and forced refreshes").nextLong());
    fleet = new Fleet(directory, TestDatabase.create());
    for (int i = 0; i < agencies; i++) {
      // The rule for an agency outweighs all; a different life for each keeps them out of step.
      fleet
          .active911()
          .setAccessTokenLifetime(
              fleet.active911().agencies().get(i).id(), Duration.ofSeconds(random.nextInt(10, 21)));
    }
    List<Subject> subjects = fleet.connect(agencies, Life.due(Duration.ofSeconds(1)));
    fleet.start(REPLICAS);

    Load load =
        new Load(fleet, subjects, fleet::replicas, random)
            .reading(Proof.size(100, 150))
            .forcing(4)
            .lasting(time);

    assertEquals(List.of(), load.failures(), fleet::logs);
    assertEquals(List.of(), load.expired());
    assertEquals(List.of(), load.refused());
    assertEquals(List.of(), fleet.active911().deadTokens());
    assertEquals(List.of(), fleet.active911().overlappingRefreshes());
    assertEquals(Set.of(), fleet.needingConsent());
    assertTrue(fleet.refreshes() >= agencies, "each was refreshed");
    Ledger.enter(
        new Ledger.Row(
            "schedule, reads and forced refreshes, 3 replicas, %d agencies, tokens of seconds"
                .formatted(agencies),
            1,
            fleet.refreshes(),
            0,
            load.reads(),
            load.failures().size(),
            0,
            0));
  }
}
