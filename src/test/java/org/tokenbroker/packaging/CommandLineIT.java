package org.tokenbroker.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.BrokerProcess.Outcome;
import org.tokenbroker.testing.TestDatabase;

/** The packaged service's commands, and its refusal to start, as a shell sees them. */
@NullMarked
@Tag("full")
class CommandLineIT {

  /** Full of what a configuration library might take for something else. */
  private static final String PASSWORD = "pa$$w${x}rd\\$";

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  @Test
  void givenAFaultyConfigurationThenAllFaultsAreListedAndNothingElseHappens()
      throws IOException, SQLException {
    TestDatabase database = TestDatabase.create();
    Map<String, String> environment = BrokerProcess.environment(database);
    environment.put("BROKER_ADMIN_KEY", "too short");
    environment.put("BROKER_ENCRYPTION_KEYSET", "no keyset");
    environment.remove("ACTIVE911_CLIENT_ID");
    environment.put("ACTIVE911_CLIENTID", "misspelled");

    Outcome outcome = BrokerProcess.run(directory, environment, "");

    assertEquals(78, outcome.exitCode());
    assertEquals("", outcome.out());
    assertEquals(
        List.of(
            "The configuration is not valid, so nothing was started:",
            "  BROKER_ADMIN_KEY must be at least 32 visible ASCII characters without a space",
            "  BROKER_ENCRYPTION_KEYSET must be a Tink AEAD keyset in JSON, such as the command"
                + " 'keyset create' prints",
            "  ACTIVE911_CLIENT_ID is missing: it must be text without control characters",
            "Also:",
            "  ACTIVE911_CLIENTID is set, but no such key is known: is it misspelled?"),
        outcome.err().lines().toList());
    assertEquals(0, tablesIn(database));
    assertTrue(isEmpty(directory));
  }

  @Test
  void migrateMakesTheSchemaWithNothingButTheDatabasesKeys() throws SQLException {
    TestDatabase database = TestDatabase.createWithPassword(PASSWORD);

    Outcome outcome = BrokerProcess.run(directory, databaseKeys(database), "", "migrate");

    assertEquals(0, outcome.exitCode(), outcome::err);
    assertEquals("", outcome.err());
    assertTrue(outcome.out().startsWith("Applied 1, agencies and callers."), outcome::out);
    assertTrue(tablesIn(database) > 1);
  }

  @Test
  void givenASchemaThatIsUpToDateThenMigrateSaysSo() throws SQLException {
    TestDatabase database = TestDatabase.create().migrated();

    Outcome outcome = BrokerProcess.run(directory, databaseKeys(database), "", "migrate");

    assertEquals(0, outcome.exitCode(), outcome::err);
    long version =
        database.number("select max(version::integer) from flyway_schema_history where success");
    assertEquals(
        List.of("The schema is up to date, at version " + version + "."),
        outcome.out().lines().toList());
  }

  @Test
  void givenAnOlderSchemaThenServingIsRefusedWithTheCommandToRun() {
    TestDatabase database = TestDatabase.create();
    Flyway.configure().dataSource(database.dataSource()).target("7").load().migrate();
    Map<String, String> environment = BrokerProcess.environment(database);
    environment.put("BROKER_MIGRATE", "false");

    IllegalStateException refused =
        assertThrows(
            IllegalStateException.class, () -> BrokerProcess.serve(directory, environment).close());

    String log = String.valueOf(refused.getMessage());
    assertTrue(log.contains("schema is at version 7, and this release needs version "), log);
    assertTrue(log.contains("run the command 'migrate' as the schema's owner"), log);
  }

  @Test
  void givenAWrongPasswordThenMigrateFailsWithoutRepeatingIt() {
    Map<String, String> environment = databaseKeys(TestDatabase.createWithPassword(PASSWORD));
    environment.put("QUARKUS_DATASOURCE_PASSWORD", "not-the-password");

    Outcome outcome = BrokerProcess.run(directory, environment, "", "migrate");

    assertEquals(1, outcome.exitCode());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains("password authentication failed"), outcome::err);
    assertFalse(outcome.err().contains("not-the-password"), outcome::err);
  }

  /** Started as in the image, but where the image's cache is not: Java has something to say. */
  @Test
  void whatJavaSaysInTheImageDoesNotGetIntoAKeyset() throws IOException {
    Outcome created =
        BrokerProcess.run(optionsOfTheImage(), directory, Map.of(), "", "keyset", "create");

    assertTrue(created.err().contains("[aot]"), created::err);
    assertEquals(1, JSON.readTree(created.out()).get("key").size());
  }

  private static List<String> optionsOfTheImage() throws IOException {
    String start = "ENTRYPOINT ";
    String broker =
        Files.readAllLines(Path.of("docker", "Dockerfile")).stream()
            .filter(line -> line.startsWith(start))
            .toList()
            .getLast();
    List<String> command =
        List.of(JSON.readValue(broker.substring(start.length()), String[].class));
    return command.subList(1, command.indexOf("-jar"));
  }

  @Test
  void keysetCommandsWorkWithoutAnyConfiguration() {
    Outcome created = BrokerProcess.run(directory, Map.of(), "", "keyset", "create");
    Outcome added = BrokerProcess.run(directory, Map.of(), created.out(), "keyset", "add");
    Outcome promoted = BrokerProcess.run(directory, Map.of(), added.out(), "keyset", "promote");

    assertEquals("", created.err() + added.err() + promoted.err());
    assertEquals(
        List.of(1, 2, 2),
        Stream.of(created, added, promoted)
            .map(outcome -> outcome.out().split("keyData", -1).length - 1)
            .toList());
  }

  @Test
  void givenAnUnknownCommandThenTheUsageIsPrintedAsAnError() {
    Outcome outcome = BrokerProcess.run(directory, Map.of(), "", "sevre");

    assertEquals(2, outcome.exitCode());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().startsWith("usage: "), outcome::err);
  }

  @Test
  void helpIsPrintedToStandardOutput() {
    Outcome outcome = BrokerProcess.run(directory, Map.of(), "", "--help");

    assertEquals(0, outcome.exitCode());
    assertEquals("", outcome.err());
    assertTrue(outcome.out().startsWith("usage: "), outcome::out);
  }

  private static Map<String, String> databaseKeys(TestDatabase database) {
    Map<String, String> environment = BrokerProcess.environment(database);
    environment.keySet().removeIf(key -> !key.startsWith("QUARKUS_DATASOURCE_"));
    return environment;
  }

  private static int tablesIn(TestDatabase database) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select count(*) from information_schema.tables where table_schema = 'public'")) {
      row.next();
      return row.getInt(1);
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }
}
