package org.tokenbroker.packaging;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.response.Response;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestSimulator;

/**
 * Two packaged brokers on one database: the main job, and that each hears of the other's changes.
 */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before the first test
class ReplicasIT {

  @TempDir static Path directory;

  private static TestDatabase database;
  private static Simulator active911;
  private static BrokerProcess firstProcess;
  private static BrokerProcess secondProcess;
  private static BrokerClient first;
  private static BrokerClient second;

  @BeforeAll
  static void start() throws Exception {
    database = TestDatabase.create();
    Map<String, String> environment = BrokerProcess.environment(database);
    active911 = TestSimulator.start(environment.getOrDefault("BROKER_PUBLIC_URL", ""));
    BrokerProcess.connect(environment, active911);
    firstProcess =
        BrokerProcess.serve(Files.createDirectory(directory.resolve("first")), environment);
    Map<String, String> other = new HashMap<>(environment);
    other.put("QUARKUS_HTTP_PORT", Integer.toString(FreePort.find()));
    other.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(FreePort.find()));
    secondProcess = BrokerProcess.serve(Files.createDirectory(directory.resolve("second")), other);
    first = new BrokerClient(firstProcess.origin().toString(), BrokerProcess.ADMIN_KEY);
    second = new BrokerClient(secondProcess.origin().toString(), BrokerProcess.ADMIN_KEY);
  }

  @AfterAll
  static void stop() {
    firstProcess.close();
    secondProcess.close();
    active911.close();
  }

  private static String active911Id(int index) {
    return active911.agencies().get(index).id();
  }

  private static void eventuallyAnswers(
      BrokerClient broker, String key, String address, int status) {
    Eventually.isTrue(
        "%s answers %d".formatted(address, status),
        () -> broker.bearer(key).get(address).statusCode() == status,
        () -> firstProcess.log() + secondProcess.log());
  }

  @Test
  void anAgencyIsConnectedAtOneAndReadAtBoth() {
    first.createAgency("springfield-fd");
    String key = first.createCaller("dispatch-board", "springfield-fd");

    first.connect("springfield-fd", active911Id(0)).then().statusCode(303);

    Response token = first.bearer(key).get("/tokens/springfield-fd");
    token
        .then()
        .statusCode(200)
        .body("agency", equalTo("springfield-fd"))
        .body("expires_in", greaterThan(86_000));
    eventuallyAnswers(second, key, "/tokens/springfield-fd", 200);
    assertEquals(
        token.header("ETag"), second.bearer(key).get("/tokens/springfield-fd").header("ETag"));
  }

  @Test
  void anExpiredTokenIsRenewedOnceForAllWhoAskAtBoth() throws Exception {
    first.createAgency("expired");
    first.connect("expired", active911Id(1)).then().statusCode(303);
    String key = first.createCaller("expired", "expired");
    eventuallyAnswers(second, key, "/tokens/expired", 200);
    expire("expired");
    // Both have to have heard of it: neither must find the old token in memory.
    for (BrokerClient broker : List.of(first, second)) {
      Eventually.isTrue(
          "the token has expired",
          () -> {
            String expiresAt = broker.bearer(key).get("/tokens").path("items[0].expires_at");
            return !expiresAt.startsWith("20") || expiresAt.compareTo("2001") < 0;
          },
          () -> "");
    }

    Set<String> tokens = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
      List<Callable<Response>> reads = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        BrokerClient broker = i % 2 == 0 ? first : second;
        reads.add(() -> broker.bearer(key).get("/tokens/expired"));
      }
      for (Future<Response> read : threads.invokeAll(reads)) {
        read.get().then().statusCode(200);
        tokens.add(read.get().path("access_token"));
      }
    }

    assertEquals(1, tokens.size());
    assertEquals(1, active911.calls(CallKind.REFRESH, active911Id(1)));
    assertEquals(List.of(), active911.deadTokens());
  }

  private static void expire(String agency) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update agency_grant set access_token_expires_at = '2000-01-01T00:00:00Z'"
                    + " where agency_id = (select id from agency where slug = ?)")) {
      statement.setString(1, agency);
      assertEquals(1, statement.executeUpdate());
    }
  }

  @Test
  void aPauseAtOneIsHeardOfByTheOther() {
    first.createAgency("paused");
    first.connect("paused", active911Id(2)).then().statusCode(303);
    String key = first.createCaller("paused", "paused");
    eventuallyAnswers(second, key, "/tokens/paused", 200);

    first.admin().post("/agencies/paused/pause").then().statusCode(200);
    eventuallyAnswers(second, key, "/tokens/paused", 409);

    second.admin().post("/agencies/paused/resume").then().statusCode(200);
    eventuallyAnswers(first, key, "/tokens/paused", 200);
  }

  @Test
  void aKeyRevokedAtOneIsRefusedByTheOther() {
    String key = first.createCaller("revoked", "*");
    eventuallyAnswers(second, key, "/tokens", 200);

    first.admin().delete("/callers/revoked/keys/" + key.split("_", -1)[1]).then().statusCode(204);

    eventuallyAnswers(second, key, "/tokens", 401);
  }

  @Test
  void anAgencyDeletedAtOneIsGoneAtTheOther() {
    first.createAgency("deleted");
    first.connect("deleted", active911Id(3)).then().statusCode(303);
    String key = first.createCaller("deleted", "*");
    eventuallyAnswers(second, key, "/tokens/deleted", 200);

    first.admin().delete("/agencies/deleted").then().statusCode(204);

    eventuallyAnswers(second, key, "/tokens/deleted", 404);
  }
}
