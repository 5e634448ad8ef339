package org.tokenbroker.packaging;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.ExternalTool;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.PgBouncer;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestSimulator;

/**
 * Two brokers behind a pooler in transaction mode, which gives each transaction another session,
 * and their listening connections past it.
 */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before the test
class PoolerIT {

  @TempDir Path directory;

  private TestDatabase database;
  private PgBouncer pooler;
  private Simulator active911;
  private BrokerProcess firstProcess;
  private BrokerProcess secondProcess;
  private BrokerClient first;
  private BrokerClient second;

  /** Before anything is begun that would have to be ended. */
  @BeforeAll
  static void skipWithoutPooler() {
    ExternalTool.orSkip("pgbouncer");
  }

  @BeforeEach
  void start() throws IOException {
    database = TestDatabase.create();
    pooler = PgBouncer.start(Files.createDirectory(directory.resolve("pooler")), database);
    Map<String, String> environment = BrokerProcess.environment(database);
    environment.put("QUARKUS_DATASOURCE_JDBC_URL", pooler.jdbcUrl());
    environment.put("BROKER_FEED_JDBC_URL", database.jdbcUrl());
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

  @AfterEach
  void stop() {
    firstProcess.close();
    secondProcess.close();
    active911.close();
    pooler.close();
  }

  private String logs() {
    return firstProcess.log() + "\n" + secondProcess.log();
  }

  /** The process ids of the sessions that listen. */
  private List<Integer> listeners() {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select coalesce(array_agg(pid), '{}') from pg_stat_activity"
                    + " where application_name = 'token-broker feed'"
                    + " and datname = current_database()")) {
      row.next();
      return List.of((Integer[]) row.getArray(1).getArray());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void end(List<Integer> sessions) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      for (int session : sessions) {
        statement.execute("select pg_terminate_backend(" + session + ")");
      }
    }
  }

  private void aRefreshAtOneIsSeenByTheOther(String key) {
    first.admin().post("/agencies/springfield-fd/refresh").then().statusCode(200);
    String now = first.bearer(key).get("/tokens/springfield-fd").header("ETag");
    Eventually.isTrue(
        "the other hands out the new token",
        () -> now.equals(second.bearer(key).get("/tokens/springfield-fd").header("ETag")),
        this::logs);
  }

  @Test
  void theMainJobWorksAndChangesAreHeardOf() throws SQLException {
    first.createAgency("springfield-fd");
    String id = active911.agencies().getFirst().id();
    first.connect("springfield-fd", id).then().statusCode(303);
    String key = first.createCaller("dispatch-board", "springfield-fd");
    Eventually.isTrue(
        "the other knows the caller and the agency",
        () -> second.bearer(key).get("/tokens/springfield-fd").statusCode() == 200,
        this::logs);
    Eventually.isTrue("both listen", () -> listeners().size() == 2, this::logs);
    List<Integer> before = listeners();

    aRefreshAtOneIsSeenByTheOther(key);

    end(before);
    aRefreshAtOneIsSeenByTheOther(key);
    Eventually.isTrue(
        "both listen again",
        () -> listeners().size() == 2 && listeners().stream().noneMatch(before::contains),
        this::logs);
    aRefreshAtOneIsSeenByTheOther(key);
    first
        .admin()
        .get("/agencies/springfield-fd")
        .then()
        .body("state", equalTo("CONNECTED"))
        .body("consecutive_failures", equalTo(0));
    assertEquals(List.of(), active911.deadTokens());
  }
}
