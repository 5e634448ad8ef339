package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
import org.tokenbroker.simulator.Rotation;
import org.tokenbroker.simulator.SimulatorOptions;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;

/** What each error of Active911 means, in every form in which it may come. */
@ExtendWith(Ledger.class)
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled by each test
class ErrorTableIT {

  private static final int REPLICAS = 2;
  private static final int DUE = 50;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private Fleet fleet;

  @AfterEach
  void stop() {
    fleet.close();
  }

  /**
   * A form of an error.
   *
   * @param state of the agency after it
   * @param error what the admin is told
   */
  private record Case(Fault fault, String state, String error) {

    static Case gone(Fault fault) {
      return new Case(fault, "NEEDS_CONSENT", "invalid_grant");
    }

    static Case passing(Fault fault, String error) {
      return new Case(fault, "CONNECTED", error);
    }
  }

  private static Fault error(int status, String error, Body body) {
    return new Fault.ErrorAnswer(status, error, body, null, false, Moment.BEFORE);
  }

  private static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (Body body : List.of(Body.OAUTH, Body.OAUTH_AS_HTML)) {
      for (int status : List.of(400, 401, 200)) {
        cases.add(Case.gone(error(status, "invalid_grant", body)));
      }
      cases.add(Case.passing(error(400, "invalid_scope", body), "invalid_scope"));
      cases.add(Case.passing(error(400, "invalid_request", body), "oauth_error"));
      cases.add(Case.passing(error(403, "out_of_cheese", body), "oauth_error"));
    }
    for (int status : List.of(500, 502, 503)) {
      for (Body body : List.of(Body.OAUTH, Body.HTML, Body.EMPTY)) {
        cases.add(Case.passing(error(status, "invalid_grant", body), "upstream_server_error"));
      }
    }
    for (int status : List.of(200, 400)) {
      for (Body body : List.of(Body.HTML, Body.EMPTY, Body.INVALID_UTF8, Body.HUGE)) {
        cases.add(Case.passing(error(status, "invalid_grant", body), "upstream_unintelligible"));
      }
    }
    cases.add(
        Case.passing(
            new Fault.Redirect(302, URI.create("http://127.0.0.1:1/")), "upstream_unintelligible"));
    cases.add(Case.passing(new Fault.Reset(Moment.BEFORE), "upstream_unreachable"));
    cases.add(Case.passing(new Fault.Reset(Moment.AFTER), "upstream_unreachable"));
    cases.add(Case.passing(new Fault.CutBody(10), "upstream_unreachable"));
    cases.add(Case.passing(new Fault.Silence(Moment.BEFORE), "upstream_timeout"));
    cases.add(Case.passing(new Fault.Silence(Moment.AFTER), "upstream_timeout"));
    cases.add(Case.passing(new Fault.Drip(Duration.ofSeconds(2)), "upstream_timeout"));
    return cases;
  }

  @Test
  void eachErrorMeansWhatTheTableSays() {
    List<Case> cases = cases();
    fleet = new Fleet(directory, TestDatabase.create()).withTimeout(2);
    List<Subject> subjects = fleet.connect(cases.size(), Life.whole());
    fleet.start(1);
    // What is lost on its way must not hide what the error means.
    fleet.active911().setRotation(Rotation.SAME);
    for (int i = 0; i < cases.size(); i++) {
      fleet
          .active911()
          .inject(
              FaultRule.of(cases.get(i).fault())
                  .forAgency(subjects.get(i).active911Id())
                  .on(CallKind.REFRESH));
    }

    fleet.grants().makeDue(subjects);

    Eventually.isTrue(
        "all were tried",
        PATIENCE,
        () -> fleet.grants().rows().values().stream().allMatch(row -> row.lastError() != null),
        fleet::logs);
    Map<String, Grants.Row> rows = fleet.grants().rows();
    for (int i = 0; i < cases.size(); i++) {
      Case expected = cases.get(i);
      Grants.Row row = fleet.grants().row(subjects.get(i).slug());
      assertEquals(expected.state(), row.state(), expected::toString);
      assertEquals(expected.error(), row.lastError(), expected::toString);
      assertTrue(
          fleet.read(fleet.replica(0), subjects.get(i)).isOk(), "a valid token is answered anyway");
    }
    assertEquals(cases.size(), rows.size());

    fleet.active911().clearFaults();
    List<Callable<Integer>> refreshes = new ArrayList<>();
    subjects.forEach(subject -> refreshes.add(() -> fleet.refresh(fleet.replica(0), subject)));
    assertEquals(
        Set.of(Read.OK), Set.copyOf(Fleet.inParallel(refreshes)), "all are well afterwards");
    assertEquals(Set.of(), fleet.needingConsent());
    fleet.awaitWorkingTokens(subjects);
    Ledger.enter(
        new Ledger.Row(
            "each error in each form",
            cases.size(),
            fleet.refreshes(),
            0,
            2L * cases.size(),
            0,
            0,
            0));
  }

  @Test
  void aRefusedClientTouchesNoAgencyAndIsOverByItself() throws InterruptedException {
    fleet = new Fleet(directory, TestDatabase.create());
    List<Subject> subjects = fleet.connect(DUE, Life.whole());
    fleet.start(REPLICAS);
    String right = SimulatorOptions.defaults().registration().clientSecret();

    long reads = 0;
    for (Fault.@Nullable ErrorAnswer form : forms()) {
      if (form == null) {
        fleet.active911().changeClientSecret("another");
      } else {
        fleet.active911().inject(FaultRule.of(form).on(CallKind.REFRESH));
      }
      fleet.active911().forgetCalls();
      Map<String, Grants.Row> before = fleet.grants().rows();
      long alarms = alarms();

      fleet.grants().makeDue(subjects);
      Eventually.isTrue("the alarm is raised", () -> alarms() == alarms + 1, fleet::logs);
      Load load =
          new Load(fleet, subjects, fleet::replicas, new SplittableRandom(Proof.seed()))
              .reading(40)
              .lasting(Duration.ofSeconds(8));
      reads += load.reads();

      assertEquals(List.of(), load.failures());
      fleet
          .grants()
          .rows()
          .forEach(
              (slug, row) -> {
                assertTrue(row.isConnected(), slug);
                assertEquals(0, row.failures(), slug);
                assertEquals(null, row.lastError(), slug);
                assertEquals(generation(before, slug), row.generation(), slug);
              });
      assertEquals(alarms + 1, alarms(), "one alarm");
      assertTrue(fleet.refreshes() < DUE, "most agencies were not even tried");

      if (form == null) {
        fleet.active911().changeClientSecret(right);
      } else {
        fleet.active911().clearFaults();
      }
      Eventually.isTrue(
          "all are refreshed, without a restart",
          PATIENCE,
          () ->
              fleet.grants().rows().values().stream()
                  .allMatch(row -> row.generation() == generation(before, row.slug()) + 1),
          fleet::logs);
    }

    assertEquals(List.of(), fleet.active911().deadTokens());
    fleet.awaitWorkingTokens(subjects);
    Ledger.enter(
        new Ledger.Row(
            "invalid_client under 50 due agencies",
            forms().size(),
            fleet.refreshes(),
            0,
            reads,
            0,
            0,
            0));
  }

  /** How our client may be refused; null: by the secret being another one. */
  private static List<Fault.@Nullable ErrorAnswer> forms() {
    List<Fault.@Nullable ErrorAnswer> forms = new ArrayList<>();
    forms.add(null);
    forms.add(
        new Fault.ErrorAnswer(
            401, "unauthorized_client", Body.OAUTH_AS_HTML, null, false, Moment.BEFORE));
    return forms;
  }

  private long alarms() {
    return fleet.replicas().stream()
        .mapToLong(replica -> replica.logged("Active911 refuses our client id or secret"))
        .sum();
  }

  private static long generation(Map<String, Grants.Row> rows, String slug) {
    Grants.Row row = rows.get(slug);
    return row == null ? 0 : row.generation();
  }

  @Test
  void a429PausesTheFleet() {
    Duration pause = Duration.ofSeconds(8);
    fleet = new Fleet(directory, TestDatabase.create()).with("BROKER_REFRESH_RATE", "20");
    List<Subject> subjects = fleet.connect(DUE, Life.whole());
    fleet.start(REPLICAS);
    for (boolean asDate : List.of(false, true)) {
      fleet.active911().forgetCalls();
      fleet
          .active911()
          .inject(
              FaultRule.of(
                      new Fault.ErrorAnswer(
                          429, "slow_down", Body.EMPTY, pause, asDate, Moment.BEFORE))
                  .on(CallKind.REFRESH)
                  .forNext(1));
      Map<String, Grants.Row> before = fleet.grants().rows();

      fleet.grants().makeDue(subjects);

      Eventually.isTrue(
          "all but the one that met it are refreshed",
          PATIENCE,
          () ->
              fleet.grants().rows().values().stream()
                      .filter(row -> row.generation() == generation(before, row.slug()) + 1)
                      .count()
                  >= DUE - 1,
          fleet::logs);
      assertEquals(0, callsDuring(pause, subjects), "calls during the pause");
      assertEquals(Set.of(), fleet.needingConsent());
      // The one that met it has its own back-off, too.
      subjects.forEach(
          subject -> {
            if (fleet.grants().row(subject.slug()).lastError() != null) {
              assertEquals(Read.OK, fleet.refresh(fleet.replica(0), subject));
            }
          });
    }
    assertEquals(List.of(), fleet.active911().deadTokens());
    Ledger.enter(
        new Ledger.Row(
            "429 with Retry-After under 50 due agencies", 2, fleet.refreshes(), 0, 0, 0, 0, 0));
  }

  /** How many refreshes began after a 429, but for those on their way, and before its end. */
  private long callsDuring(Duration pause, List<Subject> subjects) {
    List<Instant> refreshes = new ArrayList<>();
    Instant refused = Instant.MAX;
    for (Subject subject : subjects) {
      for (var event : fleet.active911().timeline(subject.consentId())) {
        if (event.outcome().equals("forced_slow_down")) {
          refused = event.at();
        } else if (event.presented() != null) {
          refreshes.add(event.at());
        }
      }
    }
    Instant from = refused.plusSeconds(2);
    Instant to = refused.plus(pause).minusSeconds(1);
    assertTrue(refused.isBefore(Instant.MAX), "the 429 was met");
    return refreshes.stream().filter(at -> at.isAfter(from) && at.isBefore(to)).count();
  }
}
