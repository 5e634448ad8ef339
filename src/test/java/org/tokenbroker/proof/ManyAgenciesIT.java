package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Body;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.simulator.SimulatedAgency;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;

/** Two thousand agencies at once. */
@ExtendWith(Ledger.class)
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled by each test
class ManyAgenciesIT {

  private static final int AGENCIES = 2_000;
  private static final int REPLICAS = 3;
  private static final int CONFLICT = 409;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir Path directory;

  private Fleet fleet;

  @AfterEach
  void stop() {
    fleet.close();
  }

  @Test
  void connectedWithinAMinuteTheyAreNotRefreshedWithinAMinute() throws Exception {
    fleet = new Fleet(directory, TestDatabase.create()).start(REPLICAS);
    try (ExecutorService threads = Executors.newFixedThreadPool(12)) {
      List<Future<Integer>> imports = new ArrayList<>();
      for (int i = 0; i < AGENCIES; i++) {
        SimulatedAgency agency = fleet.active911().agencies().get(i);
        Replica replica = fleet.replica(i % REPLICAS);
        imports.add(threads.submit(() -> connect(agency, replica)));
      }
      for (Future<Integer> each : imports) {
        // On a busy machine the API may not say in time whose the token is; it is asked again.
        assertTrue(each.get() == Read.OK || each.get() == CONFLICT, () -> "answered " + each);
      }
    }
    Eventually.isTrue(
        "all are connected", PATIENCE, () -> fleet.grants().rows().size() == AGENCIES, fleet::logs);

    Map<String, Grants.Row> rows = fleet.grants().rows();
    // Tokens live for a day and are due after 70 to 80 % of it: within 2.4 hours.
    int slices = 20;
    int[] due = new int[slices];
    for (Grants.Row row : rows.values()) {
      double life = Duration.between(row.lastRefreshedAt(), row.accessTokenExpiresAt()).toSeconds();
      double share =
          Duration.between(row.lastRefreshedAt(), row.nextRefreshAt()).toSeconds() / life;
      assertTrue(share >= 0.699 && share <= 0.801, "due after a share of " + share);
      due[Math.clamp((int) ((share - 0.70) / 0.10 * slices), 0, slices - 1)]++;
    }
    for (int count : due) {
      assertTrue(
          count > AGENCIES / slices / 2 && count < AGENCIES / slices * 2, "in one slice: " + count);
    }
    Ledger.enter(
        new Ledger.Row(
            "2,000 agencies imported: their next refreshes are spread",
            AGENCIES,
            fleet.refreshes(),
            0,
            0,
            0,
            0,
            0));
  }

  private int connect(SimulatedAgency agency, Replica replica) {
    String slug = "agency-" + agency.id();
    replica.client().createAgency(slug);
    String token = fleet.active911().consent(agency.id(), Set.of(Scope.READ_AGENCY)).refreshToken();
    return fleet
        .calls()
        .post(
            replica.origin().resolve("/agencies/" + slug + "/import"),
            BrokerProcess.ADMIN_KEY,
            "{\"kind\":\"application\",\"refresh_token\":\"" + token + "\"}");
  }

  @Test
  void dueAtOnceTheyAreRefreshedInTimeWhileSomeFail() {
    int rate = 50;
    int failing = 100;
    Duration untilExpiry = Duration.ofMinutes(3);
    fleet = new Fleet(directory, TestDatabase.create()).with("BROKER_REFRESH_RATE", "" + rate);
    List<Subject> subjects = fleet.connect(AGENCIES, Life.whole());
    List<Subject> ill = subjects.subList(0, failing);
    List<Subject> well = subjects.subList(failing, AGENCIES);
    for (Subject subject : ill) {
      fleet
          .active911()
          .inject(
              FaultRule.of(
                      new Fault.ErrorAnswer(
                          500, "server_error", Body.HTML, null, false, Moment.BEFORE))
                  .forAgency(subject.active911Id()));
    }
    fleet.start(REPLICAS);
    // Those that fail come first: they expire a little earlier.
    fleet.grants().expireIn(well, untilExpiry);
    fleet.grants().expireIn(ill, untilExpiry.minusSeconds(10));
    Map<String, Grants.Row> before = fleet.grants().rows();

    fleet.grants().makeDue(subjects);

    Eventually.isTrue(
        "all that can be are refreshed",
        PATIENCE,
        () -> {
          Map<String, Grants.Row> rows = fleet.grants().rows();
          return well.stream().allMatch(subject -> row(rows, subject).generation() == 2);
        },
        fleet::logs);
    Map<String, Grants.Row> after = fleet.grants().rows();
    List<String> late =
        well.stream()
            .filter(
                subject ->
                    !row(after, subject)
                        .lastRefreshedAt()
                        .isBefore(row(before, subject).accessTokenExpiresAt()))
            .map(Subject::slug)
            .toList();
    assertEquals(List.of(), late, "refreshed after expiry");
    assertEquals(Set.of(), fleet.needingConsent());
    assertTrue(
        ill.stream()
            .allMatch(subject -> "upstream_server_error".equals(row(after, subject).lastError())));
    assertTrue(
        well.stream()
            .allMatch(
                subject -> fleet.active911().calls(CallKind.REFRESH, subject.active911Id()) == 1),
        "each once");
    assertEquals(List.of(), tenSecondsWithMoreThan(10 * rate + 2 * rate));
    Ledger.enter(
        new Ledger.Row(
            "2,000 due at once at 50 a second, 100 of them failing",
            1,
            fleet.refreshes(),
            0,
            0,
            late.size(),
            0,
            0));
  }

  private static Grants.Row row(Map<String, Grants.Row> rows, Subject subject) {
    return Objects.requireNonNull(rows.get(subject.slug()));
  }

  /**
   * The times after which there were more calls than so many in ten seconds, as Active911 saw it.
   */
  private List<Instant> tenSecondsWithMoreThan(long calls) {
    SortedMap<Instant, Long> seconds = fleet.active911().callsPerSecond();
    return seconds.keySet().stream()
        .filter(
            second ->
                seconds.subMap(second, second.plusSeconds(10)).values().stream()
                        .collect(Collectors.summingLong(Long::longValue))
                    > calls)
        .toList();
  }
}
