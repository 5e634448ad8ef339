package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Body;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.simulator.SimulatedAgency;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.PostgresServer;
import org.tokenbroker.testing.TcpProxy;

/**
 * Faults drawn by a seed, one after the other, for minutes, under load. Nothing may be handed out
 * expired, no valid token be withheld that a replica has answered before, and no consent be lost
 * but in the named window: where a process was killed.
 */
@ExtendWith(Ledger.class)
@Tag("soak")
@SuppressWarnings("NullAway.Init") // filled by the test
class SoakIT {

  private static final int REPLICAS = 3;
  private static final int AGENCIES = 100;
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final long MINUTES = Long.getLong("proof.soak.minutes", 10);

  @TempDir Path directory;

  private final List<AutoCloseable> resources = new ArrayList<>();
  private final List<TcpProxy> networks = new ArrayList<>();
  private final Map<String, Duration> lives = new LinkedHashMap<>();
  private final List<Replica> inService = new CopyOnWriteArrayList<>();
  private PostgresServer postgres;
  private Fleet fleet;
  private SplittableRandom random;
  private int kills;

  /** What may happen. */
  private enum Event {
    KILL,
    RESTART,
    SUSPEND,
    CUT_THE_NETWORK,
    CRASH_THE_DATABASE,
    SLOW_UPSTREAM,
    FAILING_UPSTREAM,
    REFUSING_UPSTREAM,
    NOTHING
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable resource : resources.reversed()) {
      resource.close();
    }
  }

  private void start() throws Exception {
    random = new SplittableRandom(Proof.random("soak").nextLong());
    postgres = PostgresServer.at(directory.resolve("data"), Map.of()).start();
    resources.add(postgres);
    fleet =
        new Fleet(Files.createDirectory(directory.resolve("fleet")), postgres.database())
            .withTimeout(4);
    resources.add(fleet);
    for (SimulatedAgency agency : fleet.active911().agencies().subList(0, AGENCIES)) {
      lives.put(agency.id(), Duration.ofSeconds(random.nextInt(20, 90)));
    }
    setLives();
    for (int i = 0; i < REPLICAS; i++) {
      TcpProxy network = TcpProxy.to(postgres.port());
      resources.addFirst(network);
      networks.add(network);
      fleet.add(
          Map.of(
              "QUARKUS_DATASOURCE_JDBC_URL",
              "jdbc:postgresql://127.0.0.1:" + network.port() + "/postgres"));
    }
  }

  @Test
  void nothingIsLostWhateverHappens() throws Exception {
    start();
    List<Subject> subjects = fleet.connect(AGENCIES, Life.due(Duration.ofSeconds(30)));
    fleet.start();
    inService.addAll(fleet.replicas());
    long end = System.nanoTime() + Duration.ofMinutes(MINUTES).toNanos();
    int events = 0;
    Load load;
    try (Load running =
        new Load(fleet, subjects, () -> List.copyOf(inService), random.split())
            .reading(50)
            .forcing(1)) {
      load = running;
      while (System.nanoTime() < end) {
        Event event = Event.values()[random.nextInt(Event.values().length)];
        Proof.say("soak %d: %s".formatted(++events, event));
        happen(event);
      }
    }
    fleet.active911().clearFaults();

    // A token that was given up on its way is lost by Active911's doing; there is no such fault
    // here.
    Eventually.isTrue(
        "the journals are settled",
        PATIENCE,
        () -> fleet.replicas().stream().allMatch(replica -> replica.journaled().isEmpty()),
        fleet::logs);
    fleet.refreshBySchedule(subjects);
    // KillIT looks at the reason. Here admins go on having such agencies refreshed, and the last
    // error is
    // then what came of that.
    Set<String> lost = fleet.needingConsent();
    // A kill takes with it at most what was under way in that process.
    assertTrue(lost.size() <= kills * 16, "lost " + lost);
    if (kills == 0) {
      assertEquals(Set.of(), lost, fleet::logs);
    }
    assertEquals(List.of(), load.expired());
    assertEquals(List.of(), load.refused());
    assertEquals(List.of(), load.withheld(), fleet::logs);
    Proof.say("reads that were not answered with a token, by reason: " + load.reasons());
    fleet.awaitWorkingTokens(
        subjects.stream().filter(subject -> !lost.contains(subject.slug())).toList());
    Ledger.enter(
        new Ledger.Row(
            "random faults for %d minutes".formatted(MINUTES),
            events,
            fleet.refreshes(),
            kills,
            load.reads(),
            load.failures().size(),
            lost.size(),
            lost.size()));
  }

  private void happen(Event event) {
    int which = random.nextInt(REPLICAS);
    Replica replica = fleet.replica(which);
    switch (event) {
      case KILL -> {
        inService.remove(replica);
        kills++;
        replica.kill();
        pass(5);
        replica.start();
        inService.add(replica);
      }
      case RESTART -> {
        inService.remove(replica);
        replica.stop();
        replica.start();
        inService.add(replica);
      }
      case SUSPEND -> {
        inService.remove(replica);
        replica.process().suspend();
        pass(40);
        replica.process().resume();
        inService.add(replica);
      }
      case CUT_THE_NETWORK -> {
        networks.get(which).cut();
        pass(40);
        networks.get(which).mend();
      }
      case CRASH_THE_DATABASE -> {
        postgres.crash();
        pass(10);
        postgres.start();
      }
      case SLOW_UPSTREAM ->
          upstream(new Fault.Latency(Duration.ZERO, Duration.ofSeconds(3), Moment.AFTER));
      case FAILING_UPSTREAM ->
          upstream(
              new Fault.ErrorAnswer(500, "server_error", Body.HTML, null, false, Moment.BEFORE));
      case REFUSING_UPSTREAM ->
          upstream(
              new Fault.ErrorAnswer(400, "invalid_client", Body.OAUTH, null, false, Moment.BEFORE));
      case NOTHING -> pass(10);
    }
  }

  /** For a time, not for a number of calls: there are few while Active911 refuses the client. */
  private void upstream(Fault fault) {
    fleet.active911().inject(FaultRule.of(fault).on(CallKind.REFRESH));
    pass(20);
    fleet.active911().clearFaults();
    setLives();
  }

  /** These are rules at the stand-in as well: who clears all has to set them again. */
  private void setLives() {
    lives.forEach(fleet.active911()::setAccessTokenLifetime);
  }

  /** Draws a time and lets it pass: it is the fault that is being waited for. */
  private void pass(int secondsAtMost) {
    LockSupport.parkNanos(random.nextLong(Duration.ofSeconds(secondsAtMost).toNanos()));
  }
}
