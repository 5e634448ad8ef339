package org.tokenbroker.packaging;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.simulator.ConsentBrowser;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.BrokerProcess.Outcome;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestSimulator;

/**
 * The packaged broker with two roles at the database, as it is meant to run: the owner migrates and
 * purges, the application serves.
 */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before each test
class AuditIT {

  @TempDir Path directory;

  private TestDatabase owner;
  private TestDatabase application;
  private Map<String, String> ownersEnvironment;
  private Map<String, String> environment;

  @BeforeEach
  void twoRoles() {
    owner = TestDatabase.createWithPassword("the-owner's");
    application = owner.asAnotherRole();
    ownersEnvironment = new HashMap<>(BrokerProcess.environment(owner));
    ownersEnvironment.keySet().removeIf(key -> !key.startsWith("QUARKUS_DATASOURCE_"));
    environment = BrokerProcess.environment(application);
    environment.put("BROKER_MIGRATE", "false");
  }

  private void migrate() {
    Map<String, String> migrating = new HashMap<>(ownersEnvironment);
    migrating.put("BROKER_DATABASE_APPLICATION_ROLE", application.user());
    Outcome outcome = BrokerProcess.run(directory, migrating, "", "migrate");
    assertEquals(0, outcome.exitCode(), outcome::err);
    assertTrue(
        outcome.out().contains("The application's role may do what serving needs."), outcome::out);
  }

  private Outcome purge(String retention) {
    Map<String, String> purging = new HashMap<>(ownersEnvironment);
    purging.put("BROKER_AUDIT_RETENTION", retention);
    return BrokerProcess.run(directory, purging, "", "audit", "purge");
  }

  @Test
  void withTheApplicationsRoleTheWholeServiceWorks() throws SQLException {
    migrate();
    Simulator active911 = TestSimulator.start(environment.getOrDefault("BROKER_PUBLIC_URL", ""));
    BrokerProcess.connect(environment, active911);
    try (active911;
        BrokerProcess process = BrokerProcess.serve(directory, environment)) {
      BrokerClient broker = new BrokerClient(process.origin().toString(), BrokerProcess.ADMIN_KEY);
      String id = active911.agencies().getFirst().id();

      broker.createAgency("role-fd");
      broker.connect("role-fd", id).then().statusCode(303);
      String key = broker.createCaller("role", "role-fd");
      broker.bearer(key).get("/tokens/role-fd").then().statusCode(200);
      broker.admin().post("/agencies/role-fd/refresh").then().statusCode(200);
      broker.admin().post("/agencies/role-fd/pause").then().statusCode(200);
      broker.admin().post("/agencies/role-fd/resume").then().statusCode(200);
      broker.admin().delete("/callers/role/keys/" + key.split("_", -1)[1]).then().statusCode(204);
      broker.admin().delete("/callers/role").then().statusCode(204);
      Response signIn = broker.anonymous().get("/console/sign-in");
      String csrf = signIn.htmlPath().getString("**.find { it.@name == 'csrf' }.@value");
      broker
          .anonymous()
          .cookies(signIn.getCookies())
          .formParam("csrf", csrf)
          .formParam("key", BrokerProcess.ADMIN_KEY)
          .post("/console/sign-in")
          .then()
          .statusCode(303);
      broker.admin().delete("/agencies/role-fd").then().statusCode(204);

      broker.admin().get("/audit?event=signed_in").then().statusCode(200).body("items", hasSize(1));
      broker
          .admin()
          .get("/audit?agency=role-fd&limit=3")
          .then()
          .body("items.event", contains("agency_deleted", "agency_resumed", "agency_paused"));
      process.stop();
      assertTrue(process.log().lines().noneMatch(line -> line.contains("ERROR")), process::log);
      assertTrue(
          process.log().lines().noneMatch(line -> line.contains("audit trail")), process::log);
    }

    assertEquals(1, owner.number("select sum(hand_outs) from handout_count"));
    for (String statement :
        List.of(
            "update audit_event set actor_name = 'x'",
            "delete from audit_event",
            "truncate audit_event",
            "update handout_count set hand_outs = 0",
            "delete from handout_count",
            "truncate handout_count")) {
      SQLException refusal = assertThrows(SQLException.class, () -> application.execute(statement));
      assertEquals("42501", refusal.getSQLState(), statement);
    }
  }

  @Test
  void whatCannotBeWrittenDownDoesNotHappenButTokensAreHandedOutAndConsentsKept()
      throws SQLException {
    migrate();
    Simulator active911 = TestSimulator.start(environment.getOrDefault("BROKER_PUBLIC_URL", ""));
    BrokerProcess.connect(environment, active911);
    try (active911;
        BrokerProcess process = BrokerProcess.serve(directory, environment)) {
      BrokerClient broker = new BrokerClient(process.origin().toString(), BrokerProcess.ADMIN_KEY);
      broker.createAgency("unwritten-fd");
      broker.connect("unwritten-fd", active911.agencies().get(0).id()).then().statusCode(303);
      String key = broker.createCaller("unwritten", "unwritten-fd");
      broker.createAgency("won-fd");
      Response authorize = broker.authorize("won-fd");
      owner.execute("revoke insert on audit_event, handout_count from " + application.user());

      broker
          .admin()
          .header("X-Request-ID", "the-pause-that-failed")
          .post("/agencies/unwritten-fd/pause")
          .then()
          .statusCode(500);

      broker
          .admin()
          .get("/agencies/unwritten-fd")
          .then()
          .statusCode(200)
          .body("paused", equalTo(false));
      assertTrue(
          process
              .log()
              .lines()
              .anyMatch(
                  line ->
                      line.contains("\"request_id\":\"the-pause-that-failed\"")
                          && line.contains("\"message\":\"Internal error ")),
          process::log);
      broker.bearer(key).get("/tokens/unwritten-fd").then().statusCode(200);
      broker.admin().post("/agencies/unwritten-fd/refresh").then().statusCode(200);
      try (ConsentBrowser browser = new ConsentBrowser()) {
        broker.callback(
            authorize,
            browser.allow(
                URI.create(authorize.header("Location")), active911.agencies().get(1).id()));
      }
      assertEquals(1, owner.number("select count(*) from candidate"));
    }
  }

  @Test
  void noHandoutIsLostWhenItEnds() throws Exception {
    migrate();
    Simulator active911 = TestSimulator.start(environment.getOrDefault("BROKER_PUBLIC_URL", ""));
    BrokerProcess.connect(environment, active911);
    AtomicLong handedOut = new AtomicLong();
    try (active911;
        BrokerProcess process = BrokerProcess.serve(directory, environment)) {
      BrokerClient broker = new BrokerClient(process.origin().toString(), BrokerProcess.ADMIN_KEY);
      broker.createAgency("ended-fd");
      broker.connect("ended-fd", active911.agencies().getFirst().id()).then().statusCode(303);
      HttpRequest read =
          HttpRequest.newBuilder(process.origin().resolve("/tokens/ended-fd"))
              .header("Authorization", "Bearer " + broker.createCaller("ended", "ended-fd"))
              .build();
      try (ExecutorService threads = Executors.newFixedThreadPool(2);
          HttpClient client = HttpClient.newHttpClient()) {
        for (int thread = 0; thread < 2; thread++) {
          threads.execute(() -> readUntilItEnds(client, read, handedOut));
        }
        Eventually.isTrue("tokens are read", () -> handedOut.get() > 1000, process::log);
        process.stop();
      }
    }

    long counted = owner.number("select sum(hand_outs) from handout_count");
    // What was counted may not have reached who asked for it, but not the other way round.
    assertTrue(
        counted >= handedOut.get() && counted <= handedOut.get() + 10,
        () -> counted + " were counted, " + handedOut + " were handed out");
  }

  private static void readUntilItEnds(HttpClient client, HttpRequest read, AtomicLong handedOut) {
    try {
      while (client.send(read, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
        handedOut.incrementAndGet();
      }
    } catch (IOException e) {
      // It has ended.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void whatIsOlderThanItIsToBeKeptIsPurged() throws SQLException {
    migrate();
    owner.execute(
        """
        create table audit_event_2020_01 partition of audit_event
            for values from ('2020-01-01Z') to ('2020-02-01Z');
        insert into audit_event (occurred_at, event, actor_kind) values
            ('2020-01-10T00:00:00Z', 'signed_in', 'admin'),
            (clock_timestamp() - interval '11 days', 'signed_in', 'admin'),
            (clock_timestamp() - interval '9 days', 'signed_in', 'admin');
        insert into handout_count (first_at, last_at, agency, caller, generation, hand_outs)
        values (clock_timestamp() - interval '11 days', clock_timestamp(), 'a', 'c', 1, 1);
        """);

    Outcome outcome = purge("10d");

    assertEquals(0, outcome.exitCode(), outcome::err);
    assertEquals("", outcome.err());
    assertEquals(
        "Dropped 1 partitions and deleted 2 rows besides, older than PT240H.\n", outcome.out());
    assertEquals(1, owner.number("select count(*) from audit_event"));
    assertEquals(0, owner.number("select count(*) from handout_count"));
  }

  @Test
  void theApplicationsRoleCannotPurge() throws SQLException {
    migrate();
    owner.execute(
        "insert into audit_event (occurred_at, event, actor_kind)"
            + " values ('2020-01-10T00:00:00Z', 'signed_in', 'admin')");
    ownersEnvironment.put("QUARKUS_DATASOURCE_USERNAME", application.user());

    Outcome outcome = purge("10d");

    assertEquals(1, outcome.exitCode());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains("permission denied"), outcome::err);
    assertEquals(1, owner.number("select count(*) from audit_event"));
  }

  @Test
  void aRetentionThatIsNoDurationIsNamed() {
    Outcome outcome = purge("a year");

    assertEquals(78, outcome.exitCode());
    assertTrue(outcome.err().contains("BROKER_AUDIT_RETENTION must be a duration"), outcome::err);
  }

  @Test
  void aRoleThatIsNotThereIsSaid() {
    Map<String, String> migrating = new HashMap<>(ownersEnvironment);
    migrating.put("BROKER_DATABASE_APPLICATION_ROLE", "nobody_of_this_name");

    Outcome outcome = BrokerProcess.run(directory, migrating, "", "migrate");

    assertEquals(1, outcome.exitCode());
    assertTrue(outcome.err().contains("\"nobody_of_this_name\" does not exist"), outcome::err);
  }
}
