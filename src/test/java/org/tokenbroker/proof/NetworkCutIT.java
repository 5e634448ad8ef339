package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
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
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TcpProxy;
import org.tokenbroker.testing.TestDatabase;

/**
 * The network between one replica and PostgreSQL is cut for a minute, in both directions and
 * without a word to anybody, while an answer of Active911 is on its way to that replica.
 */
@ExtendWith(Ledger.class)
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled by the test
class NetworkCutIT {

  private static final int AGENCIES = 30;
  private static final Duration CUT = Duration.ofMinutes(1);
  private static final Duration LATENCY = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private Fleet fleet;
  private TcpProxy network;

  @AfterEach
  void stop() {
    network.mend();
    fleet.close();
    network.close();
  }

  @Test
  void readsGoOnAndNothingIsRefreshedTwice() throws Exception {
    TestDatabase database = TestDatabase.create();
    network = TcpProxy.to(portOf(database));
    fleet = new Fleet(directory, database);
    List<Subject> subjects = fleet.connect(AGENCIES, Life.whole());
    Subject onItsWay = fleet.connect(1, Life.whole()).getFirst();
    fleet.add(
        Map.of(
            "QUARKUS_DATASOURCE_JDBC_URL",
            database.jdbcUrl().replace(":" + portOf(database) + "/", ":" + network.port() + "/")));
    fleet.start(1);
    Replica alone = fleet.replica(0);
    Replica other = fleet.replica(1);
    fleet
        .active911()
        .inject(
            FaultRule.of(new Fault.Latency(LATENCY, LATENCY, Moment.AFTER))
                .forAgency(onItsWay.active911Id())
                .on(CallKind.REFRESH)
                .forNext(1));

    Load load;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      threads.execute(() -> fleet.refresh(alone, onItsWay));
      await("Active911 has decided", () -> fleet.issued(onItsWay) == 1);
      network.cut();
      fleet.grants().makeDue(subjects);

      load =
          new Load(fleet, subjects, fleet::replicas, new SplittableRandom(Proof.seed()))
              .reading(50)
              .lasting(CUT);
      assertEquals(List.of(), load.failures(), fleet::logs);
      assertEquals(List.of(), load.expired());
      assertEquals(List.of(), load.refused());
      // The other has refreshed what was due; what is on its way it cannot know.
      Set<String> gone = fleet.needingConsent();
      assertTrue(gone.isEmpty() || gone.equals(Set.of(onItsWay.slug())), gone::toString);
      network.mend();
    }

    await("the answer that was on its way is stored", () -> isStored(onItsWay));
    for (Subject subject : subjects) {
      await(
          "the feed has caught up with " + subject.slug(),
          () -> fleet.read(alone, subject).etag().equals(fleet.read(other, subject).etag()));
      assertEquals(1, fleet.active911().calls(CallKind.REFRESH, subject.active911Id()));
    }
    assertEquals(Set.of(), fleet.needingConsent());
    assertTrue(
        fleet.active911().deadTokens().stream()
            .allMatch(dead -> dead.agencyId().equals(onItsWay.active911Id())));
    long dead = fleet.active911().deadTokens().size();
    assertTrue(dead <= 1, "and that one once at most");
    fleet.refreshBySchedule(List.of(onItsWay));
    fleet.awaitWorkingTokens(List.of(onItsWay));
    assertEquals(dead, fleet.active911().deadTokens().size());
    Ledger.enter(
        new Ledger.Row(
            "network between a replica and PostgreSQL cut for a minute",
            1,
            fleet.refreshes(),
            1,
            load.reads(),
            load.failures().size(),
            0,
            0));
  }

  private boolean isStored(Subject subject) {
    Grants.Row row = fleet.grants().row(subject.slug());
    return row.isConnected() && row.generation() == 2;
  }

  private static int portOf(TestDatabase database) {
    String url = database.jdbcUrl();
    return Integer.parseInt(url.substring(url.lastIndexOf(':') + 1, url.lastIndexOf('/')));
  }

  private void await(String what, BooleanSupplier condition) {
    Eventually.isTrue(
        what, PATIENCE, condition, () -> fleet.grants().rows().values() + "\n" + fleet.logs());
  }
}
