package org.tokenbroker.development;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.development.SurroundingsProcess.Launched;

/** Starts real processes: what matters here is which of them are left when one has ended. */
@NullMarked
@Tag("full")
class SurroundingsIT {

  private static final int FREE_PORT = 0;
  private static final URI REDIRECT = URI.create("http://localhost:8080/callback");
  private static final long SECONDS = 60;

  @TempDir Path temp;

  private DevelopmentDirectory directory;
  private final List<Launched> launched = new ArrayList<>();

  @BeforeEach
  void place() {
    directory = new DevelopmentDirectory(temp.resolve(".dev"));
  }

  @AfterEach
  void endAll() throws Exception {
    for (Launched surroundings : launched) {
      end(surroundings);
    }
  }

  @Test
  void whenStandardInputEndsThenPostgresqlAndTheProcessEnd() throws Exception {
    Launched surroundings = launch();
    ProcessHandle postgres = postgres();

    surroundings.process().getOutputStream().close();

    awaitEnd(surroundings.process().toHandle());
    awaitEnd(postgres);
  }

  @Test
  void givenAnEarlierRunThenItsDataIsStillThere() throws Exception {
    Launched earlier = launch();
    execute(earlier, "create table kept (value text)");
    execute(earlier, "insert into kept values ('kept')");
    end(earlier);

    Launched later = launch();

    assertEquals("kept", query(later, "select value from kept"));
  }

  @Test
  void givenAKilledRunWhoseServerIsLeftThenTheNextOneTakesItsDataOver() throws Exception {
    Launched killed = launch();
    execute(killed, "create table kept as select 'kept' as value");
    ProcessHandle orphan = postgres();
    killed.process().destroyForcibly();
    awaitEnd(killed.process().toHandle());

    Launched later = launch();

    assertFalse(orphan.isAlive());
    assertEquals("kept", query(later, "select value from kept"));
  }

  @Test
  void whatIsCommittedSurvivesACrash() throws Exception {
    Launched surroundings = launch();

    assertEquals("on", query(surroundings, "show fsync"));
    assertEquals("on", query(surroundings, "show synchronous_commit"));
  }

  @Test
  void givenThatTheSimulatorsPortIsTakenThenTheMessageNamesIt() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      DevelopmentException failure =
          assertThrows(
              DevelopmentException.class,
              () -> SurroundingsProcess.launch(directory, other.getLocalPort(), REDIRECT));

      String message = String.valueOf(failure.getMessage());
      assertTrue(message.contains("port " + other.getLocalPort()), message);
    }
  }

  private Launched launch() throws DevelopmentException {
    Launched surroundings = SurroundingsProcess.launch(directory, FREE_PORT, REDIRECT);
    launched.add(surroundings);
    return surroundings;
  }

  private static void end(Launched surroundings) throws Exception {
    surroundings.process().getOutputStream().close();
    awaitEnd(surroundings.process().toHandle());
  }

  private ProcessHandle postgres() throws IOException {
    String pid = Files.readAllLines(directory.postgres().resolve("postmaster.pid")).getFirst();
    return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
  }

  private static void awaitEnd(ProcessHandle process) throws Exception {
    ProcessHandle _ = process.onExit().get(SECONDS, TimeUnit.SECONDS);
  }

  private static void execute(Launched surroundings, String statement) throws SQLException {
    try (Connection connection = connect(surroundings);
        Statement execution = connection.createStatement()) {
      execution.execute(statement);
    }
  }

  private static String query(Launched surroundings, String query) throws SQLException {
    try (Connection connection = connect(surroundings);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }

  private static Connection connect(Launched surroundings) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + surroundings.addresses().postgresPort() + "/postgres",
        "postgres",
        "");
  }
}
