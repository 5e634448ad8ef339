package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;

/**
 * Three replicas are restarted one after the other while callers read through what a Service does:
 * a replica is taken out of service, then told to end; the new one is in service when it is ready.
 */
@ExtendWith(Ledger.class)
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled by the test
class RollingRestartIT {

  private static final int REPLICAS = 3;
  private static final int AGENCIES = 60;
  private static final int ROUNDS = 2;

  /** What Java answers when SIGTERM has ended it in good order. */
  private static final int SIGTERM_EXIT = 143;

  @TempDir Path directory;

  private Fleet fleet;

  @AfterEach
  void stop() {
    fleet.close();
  }

  @Test
  void noReadFailsAndNothingIsLost() {
    fleet = new Fleet(directory, TestDatabase.create());
    SplittableRandom random = new SplittableRandom(Proof.random("rolling restart").nextLong());
    for (int i = 0; i < AGENCIES; i++) {
      fleet
          .active911()
          .setAccessTokenLifetime(
              fleet.active911().agencies().get(i).id(), Duration.ofSeconds(random.nextInt(8, 16)));
    }
    List<Subject> subjects = fleet.connect(AGENCIES, Life.due(Duration.ofSeconds(1)));
    fleet.start(REPLICAS);
    List<Replica> inService = new CopyOnWriteArrayList<>(fleet.replicas());

    Load load;
    try (Load running =
        new Load(fleet, subjects, () -> List.copyOf(inService), random).reading(80).forcing(2)) {
      load = running;
      for (int round = 0; round < ROUNDS; round++) {
        for (Replica replica : fleet.replicas()) {
          inService.remove(replica);
          // What a pod's preStop gives the Service time for.
          Eventually.isTrue("its calls are over", () -> running.isDone(replica), replica::log);
          assertEquals(SIGTERM_EXIT, replica.stop(), replica::log);
          replica.start();
          Eventually.isTrue(
              "it is ready",
              () ->
                  fleet.calls().get(replica.management().resolve("/q/health/ready"), "none")
                      == Read.OK,
              replica::log);
          inService.add(replica);
        }
      }
    }

    assertEquals(List.of(), load.failures(), fleet::logs);
    assertEquals(List.of(), load.expired());
    assertEquals(List.of(), load.refused());
    assertEquals(List.of(), fleet.active911().deadTokens());
    assertEquals(List.of(), fleet.active911().overlappingRefreshes());
    assertEquals(Set.of(), fleet.needingConsent());
    Ledger.enter(
        new Ledger.Row(
            "rolling restart of 3 replicas under load",
            ROUNDS,
            fleet.refreshes(),
            (long) ROUNDS * REPLICAS,
            load.reads(),
            load.failures().size(),
            0,
            0));
  }
}
