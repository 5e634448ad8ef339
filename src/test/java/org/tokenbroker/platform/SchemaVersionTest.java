package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.quarkus.runtime.StartupEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.TestDatabase;

@NullMarked
class SchemaVersionTest {

  private static final Path GRANTS = Path.of("src/main/resources/db/application-role.sql");
  private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");

  private static FluentConfiguration flyway(TestDatabase database) {
    return Flyway.configure().dataSource(database.jdbcUrl(), database.user(), database.password());
  }

  private static void start(TestDatabase database) {
    new SchemaVersion(flyway(database).load()).requireNewEnough(new StartupEvent());
  }

  private static String refusal(TestDatabase database) {
    return String.valueOf(
        assertThrows(IllegalStateException.class, () -> start(database)).getMessage());
  }

  /** As the files are named, so that the next migration needs no change here. */
  private static int newest() throws IOException {
    try (Stream<Path> files = Files.list(MIGRATIONS)) {
      return files
          .map(file -> file.getFileName().toString())
          .mapToInt(name -> Integer.parseInt(name.substring(1, name.indexOf("__"))))
          .max()
          .orElseThrow();
    }
  }

  private static TestDatabase at(String version) {
    TestDatabase database = TestDatabase.create();
    flyway(database).target(version).load().migrate();
    return database;
  }

  private static TestDatabase servedBy(TestDatabase owner) throws Exception {
    TestDatabase application = owner.asAnotherRole();
    owner.execute(
        "set broker.application_role = '" + application.user() + "';\n" + Files.readString(GRANTS));
    return application;
  }

  @Test
  void theNewestSchemaIsServed() throws Exception {
    TestDatabase owner = TestDatabase.create().migrated();

    assertDoesNotThrow(() -> start(owner));
    assertDoesNotThrow(() -> start(servedBy(owner)));
  }

  @Test
  void anOlderSchemaIsRefusedWithTheCommandToRunAlsoToTheApplicationsRole() throws Exception {
    TestDatabase owner = at("7");

    String message = refusal(servedBy(owner));

    assertEquals(refusal(owner), message);
    assertEquals(
        "The database's schema is at version 7, and this release needs version "
            + newest()
            + ": run the command 'migrate' as the schema's owner, or set BROKER_MIGRATE=true where one role does"
            + " everything",
        message);
  }

  @Test
  void anEmptySchemaIsRefused() {
    assertEquals(
        "The database's schema is empty, ", refusal(TestDatabase.create()).substring(0, 32));
  }

  @Test
  void aNewerSchemaIsServedAsAfterARollback() throws Exception {
    TestDatabase database = TestDatabase.create().migrated();
    database.execute(
        """
        insert into flyway_schema_history
        select installed_rank + 1, '999', 'of a later release', type, 'V999__later.sql', checksum,
               installed_by, installed_on, execution_time, success
          from flyway_schema_history order by installed_rank desc limit 1
        """);

    assertDoesNotThrow(() -> start(database));
  }

  @Test
  void whatCannotBeToldKeepsNobodyOut() {
    TestDatabase owner = TestDatabase.create().migrated();
    TestDatabase gone = new TestDatabase(owner.jdbcUrl() + "_not_there", owner.user(), "");

    assertDoesNotThrow(() -> start(owner.asAnotherRole()));
    assertDoesNotThrow(() -> start(gone));
  }
}
