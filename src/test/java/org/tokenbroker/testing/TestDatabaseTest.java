package org.tokenbroker.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class TestDatabaseTest {

  @RegisterExtension static final MigratedDatabase DATABASE = new MigratedDatabase();

  @ParameterizedTest
  @ValueSource(strings = {"fsync", "synchronous_commit"})
  void whatWasCommittedSurvivesACrash(String setting) throws SQLException {
    assertEquals("on", value(DATABASE.dataSource(), "show " + setting));
  }

  @Test
  void aMigratedDatabaseHasTheSchema() throws SQLException {
    assertEquals("0", value(DATABASE.dataSource(), "select count(*) from agency"));
  }

  @Test
  void aNewDatabaseIsEmptyWhateverAnotherHolds() throws SQLException {
    TestDatabase other = TestDatabase.create();

    assertEquals(
        "0",
        value(
            other.dataSource(),
            "select count(*) from information_schema.tables where table_schema = 'public'"));
  }

  private static String value(DataSource dataSource, String query) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }
}
