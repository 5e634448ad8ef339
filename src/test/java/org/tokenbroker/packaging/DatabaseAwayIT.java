package org.tokenbroker.packaging;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestSimulator;

/**
 * PostgreSQL is stopped while Active911 is answering a refresh, and the old refresh token dies: the
 * new one must not be lost.
 */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before each test
class DatabaseAwayIT {

  @TempDir Path directory;

  private Path data;
  private int port;
  private EmbeddedPostgres postgres;
  private Simulator active911;
  private Map<String, String> environment;
  private BrokerProcess process;
  private BrokerClient broker;
  private String key;
  private String active911Id;

  @BeforeEach
  void aConnectedAgency() throws IOException {
    data = directory.resolve("data");
    port = FreePort.find();
    postgres = startPostgres();
    environment = BrokerProcess.environment(TestDatabase.create());
    environment.put(
        "QUARKUS_DATASOURCE_JDBC_URL", "jdbc:postgresql://127.0.0.1:" + port + "/postgres");
    environment.put("QUARKUS_DATASOURCE_USERNAME", "postgres");
    environment.put("QUARKUS_DATASOURCE_PASSWORD", "postgres");
    active911 = TestSimulator.start(environment.getOrDefault("BROKER_PUBLIC_URL", ""));
    BrokerProcess.connect(environment, active911);
    environment.put("BROKER_REFRESH_SHUTDOWN_GRACE", "5s");
    startBroker();
    active911Id = active911.agencies().getFirst().id();
    broker.createAgency("springfield-fd");
    broker.connect("springfield-fd", active911Id).then().statusCode(303);
    key = broker.createCaller("dispatch-board", "springfield-fd");
  }

  private EmbeddedPostgres startPostgres() throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setPort(port)
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on")
        .setPGStartupWait(Duration.ofMinutes(1))
        .start();
  }

  private void startBroker() {
    process = BrokerProcess.serve(directory, environment);
    broker = new BrokerClient(process.origin().toString(), BrokerProcess.ADMIN_KEY);
  }

  @AfterEach
  void stop() throws IOException {
    process.close();
    active911.close();
    postgres.close();
  }

  /** Has a refresh answered after the database has gone. Returns the tag of the token before. */
  private String refreshWhileTheDatabaseGoes() throws Exception {
    String before = broker.bearer(key).get("/tokens/springfield-fd").header("ETag");
    active911.inject(
        FaultRule.of(
                new Fault.Latency(Duration.ofSeconds(5), Duration.ofSeconds(5), Fault.Moment.AFTER))
            .on(CallKind.REFRESH));
    CompletableFuture<Response> refresh =
        CompletableFuture.supplyAsync(
            () -> broker.admin().post("/agencies/springfield-fd/refresh"));
    // Not when the lease is claimed: between that and the call the database is asked once more.
    Eventually.isTrue(
        "Active911 is asked", () -> active911.calls(CallKind.REFRESH) == 1, process::log);
    postgres.close();
    refresh.join();
    return before;
  }

  @Test
  void aConsentThatIsWonWhileTheDatabaseGoesIsTakenOverByTheNextProcess() throws Exception {
    String otherId = active911.agencies().get(1).id();
    broker.createAgency("shelbyville-fd");
    active911.inject(
        FaultRule.of(
                new Fault.Latency(Duration.ofSeconds(5), Duration.ofSeconds(5), Fault.Moment.AFTER))
            .on(CallKind.EXCHANGE));
    CompletableFuture<Response> callback =
        CompletableFuture.supplyAsync(() -> broker.connect("shelbyville-fd", otherId));
    Eventually.isTrue(
        "the code is being exchanged",
        () -> active911.calls(CallKind.EXCHANGE, otherId) == 1,
        process::log);
    postgres.close();
    callback.join().then().statusCode(503);
    assertEquals(1, journal().size());
    process.kill();
    postgres = startPostgres();
    active911.clearFaults();

    startBroker();

    Eventually.isTrue(
        "the consent is the agency's grant",
        () -> broker.admin().get("/agencies/shelbyville-fd").path("state").equals("CONNECTED"),
        process::log);
    assertEquals(List.of(), journal());
  }

  /** The names of the answers that stand in the journal. */
  private List<String> journal() {
    String[] names = directory.resolve("journal").toFile().list();
    return names == null ? List.of() : List.of(names);
  }

  private Set<String> illParts() {
    return Set.copyOf(
        given()
            .get(process.management() + "/q/health/well")
            .jsonPath()
            .getList("checks.findAll { it.status == 'DOWN' }.name", String.class));
  }

  private void theAgencyIsWellAndNoDeadTokenWasPresented() {
    active911.clearFaults();
    broker
        .admin()
        .post("/agencies/springfield-fd/refresh")
        .then()
        .statusCode(200)
        .body("state", equalTo("CONNECTED"))
        .body("consecutive_failures", equalTo(0));
    assertEquals(List.of(), active911.deadTokens());
    assertEquals(List.of(), journal());
  }

  @Test
  void theNewTokenIsServedFromMemoryAndStoredWhenTheDatabaseIsBack() throws Exception {
    String before = refreshWhileTheDatabaseGoes();

    Response served = broker.bearer(key).get("/tokens/springfield-fd");
    served.then().statusCode(200);
    assertNotEquals(before, served.header("ETag"));
    assertEquals(1, journal().size());
    Eventually.isTrue(
        "health says what is ill",
        () -> illParts().equals(Set.of("database", "journal")),
        process::log);
    given().get(process.management() + "/q/health/ready").then().statusCode(200);

    postgres = startPostgres();
    Eventually.isTrue("it is stored", () -> journal().isEmpty(), process::log);
    assertEquals(
        served.header("ETag"), broker.bearer(key).get("/tokens/springfield-fd").header("ETag"));
    theAgencyIsWellAndNoDeadTokenWasPresented();
  }

  @Test
  void aProcessThatEndsMeanwhileSaysWhatIsNotStoredAndWhereItIs() throws Exception {
    refreshWhileTheDatabaseGoes();

    process.stop();

    assertTrue(process.log().contains("1 new tokens are not in the database yet"), process::log);
    assertTrue(
        process.log().contains("it is kept in " + journal().getFirst() + " of the journal"),
        process::log);
    postgres = startPostgres();
    startBroker();
    theAgencyIsWellAndNoDeadTokenWasPresented();
  }

  @Test
  void theNewTokenIsStoredByTheNextProcessIfThisOneIsKilled() throws Exception {
    String before = refreshWhileTheDatabaseGoes();
    process.kill();
    postgres = startPostgres();

    startBroker();

    Response served = broker.bearer(key).get("/tokens/springfield-fd");
    served.then().statusCode(200);
    assertNotEquals(before, served.header("ETag"));
    theAgencyIsWellAndNoDeadTokenWasPresented();
  }
}
