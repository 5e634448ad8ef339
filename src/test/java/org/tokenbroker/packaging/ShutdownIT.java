package org.tokenbroker.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestSimulator;

/** A process that is told to end brings home what it has begun. */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before each test
class ShutdownIT {

  @TempDir Path directory;

  private TestDatabase database;
  private Simulator active911;
  private BrokerProcess process;
  private BrokerClient broker;
  private List<String> ids;

  @BeforeEach
  void twoConnectedAgencies() {
    database = TestDatabase.create();
    Map<String, String> environment = BrokerProcess.environment(database);
    environment.put("BROKER_REFRESH_INTERVAL", "1s");
    active911 = TestSimulator.start(environment.getOrDefault("BROKER_PUBLIC_URL", ""));
    BrokerProcess.connect(environment, active911);
    process = BrokerProcess.serve(directory, environment);
    broker = new BrokerClient(process.origin().toString(), BrokerProcess.ADMIN_KEY);
    ids = active911.agencies().stream().limit(2).map(agency -> agency.id()).toList();
    for (int i = 0; i < 2; i++) {
      broker.createAgency("agency-" + i);
      broker.connect("agency-" + i, ids.get(i)).then().statusCode(303);
    }
  }

  @AfterEach
  void stop() {
    process.close();
    active911.close();
  }

  private String query(String sql) {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private String generations() {
    return query("select sum(generation) from agency_grant");
  }

  private String leases() {
    return query("select count(*) from agency_grant where lease_owner is not null");
  }

  @Test
  void callsUnderWayAreFinishedAndTheirAnswersStored() throws SQLException {
    active911.inject(
        FaultRule.of(
                new Fault.Latency(Duration.ofSeconds(3), Duration.ofSeconds(3), Fault.Moment.AFTER))
            .on(CallKind.REFRESH));
    String before = generations();
    execute("update agency_grant set next_refresh_at = now()");
    Eventually.isTrue(
        "both calls are under way", () -> active911.calls(CallKind.REFRESH) == 2, process::log);

    assertEquals(143, process.stop(), process.log());

    assertNotEquals(before, generations());
    assertEquals("4", generations(), "both answers are stored");
    assertEquals("0", leases());
    assertTrue(directory.resolve("journal").toFile().list().length == 0);
    assertEquals(List.of(), active911.deadTokens());
  }

  @Test
  void aReadUnderWayIsAnswered() throws Exception {
    String key = broker.createCaller("dispatch-board", "agency-0");
    active911.inject(
        FaultRule.of(
                new Fault.Latency(Duration.ofSeconds(3), Duration.ofSeconds(3), Fault.Moment.AFTER))
            .on(CallKind.REFRESH));
    String before = broker.bearer(key).get("/tokens/agency-0").header("ETag");
    CompletableFuture<Response> refresh =
        CompletableFuture.supplyAsync(
            () -> broker.bearer(key).header("If-Match", before).post("/tokens/agency-0/refresh"));
    Eventually.isTrue(
        "its refresh is under way", () -> active911.calls(CallKind.REFRESH) == 1, process::log);

    assertEquals(143, process.stop(), process::log);

    assertEquals(200, refresh.join().statusCode());
    assertNotEquals(before, refresh.join().header("ETag"));
  }

  @Test
  void whatOnlyWaitsForItsTurnIsGivenBack() throws SQLException {
    // Somebody else has taken all calls of the next seconds.
    execute("update upstream set next_call_at = clock_timestamp() + interval '1900 milliseconds'");
    execute("update agency_grant set next_refresh_at = now()");
    Eventually.isTrue("both are claimed", () -> leases().equals("2"), process::log);

    assertEquals(143, process.stop(), process.log());

    assertEquals("0", leases());
    assertEquals(
        active911.calls(CallKind.REFRESH),
        Long.parseLong(generations()) - 2,
        "whatever was called was stored");
  }
}
