package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.proof.Proof.Need;
import org.tokenbroker.testing.SkewedClock;
import org.tokenbroker.testing.TestDatabase;

/**
 * Three replicas of which one is a minute ahead, one a minute behind, and the clock of the third
 * jumps, with tokens that live for seconds: leases and expiries go by the database's clock.
 */
@ExtendWith(Ledger.class)
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled by the test
class ClockSkewIT {

  private static final int SKEW = 60;
  private static final int AGENCIES = 60;
  private static final int JUMPS = 6;

  @TempDir Path directory;

  private Fleet fleet;

  @AfterEach
  void stop() {
    if (fleet != null) {
      fleet.close();
    }
  }

  @Test
  void noTokenIsHandedOutExpiredAndNoneIsRefreshedTwice() throws Exception {
    List<SkewedClock> clocks = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Path place = Files.createDirectory(directory.resolve("clock-" + i));
      SkewedClock.in(place).ifPresent(clocks::add);
    }
    if (clocks.isEmpty()) {
      Proof.leaveOut("clock skew", Need.FAKETIME);
      return;
    }
    SkewedClock jumping = clocks.get(2);
    clocks.get(0).off(SKEW);
    clocks.get(1).off(-SKEW);
    fleet = new Fleet(directory, TestDatabase.create());
    SplittableRandom random = new SplittableRandom(Proof.random("clock skew").nextLong());
    for (int i = 0; i < AGENCIES; i++) {
      fleet
          .active911()
          .setAccessTokenLifetime(
              fleet.active911().agencies().get(i).id(), Duration.ofSeconds(random.nextInt(6, 13)));
    }
    List<Subject> subjects = fleet.connect(AGENCIES, Life.due(Duration.ofSeconds(1)));
    clocks.forEach(clock -> fleet.add(clock.environment()));
    fleet.start();

    long reads = 0;
    for (int jump = 0; jump < JUMPS; jump++) {
      jumping.off(jump % 2 == 0 ? SKEW : -SKEW);
      Load load =
          new Load(fleet, subjects, fleet::replicas, random)
              .reading(80)
              .forcing(2)
              .lasting(Duration.ofSeconds(6));
      assertEquals(List.of(), load.failures(), fleet::logs);
      assertEquals(List.of(), load.expired());
      assertEquals(List.of(), load.refused());
      reads += load.reads();
    }

    assertEquals(List.of(), fleet.active911().deadTokens());
    assertEquals(List.of(), fleet.active911().overlappingRefreshes());
    assertEquals(Set.of(), fleet.needingConsent());
    Ledger.enter(
        new Ledger.Row(
            "clocks of the replicas 60 s ahead, 60 s behind, and jumping",
            JUMPS,
            fleet.refreshes(),
            0,
            reads,
            0,
            0,
            0));
  }
}
