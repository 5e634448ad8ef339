package org.tokenbroker.platform;

import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** What the schema's owner does besides migrating it, on a connection of its own. */
final class DatabaseOwner implements AutoCloseable {

  private static final String APPLICATION_ROLE = "/db/application-role.sql";

  private final Connection connection;

  private DatabaseOwner(Connection connection) {
    this.connection = connection;
  }

  /** Connects as the configuration says. */
  static DatabaseOwner connect(SmallRyeConfig config) throws SQLException {
    return new DatabaseOwner(
        DriverManager.getConnection(
            value(config, "quarkus.datasource.jdbc.url"),
            value(config, "quarkus.datasource.username"),
            value(config, "quarkus.datasource.password")));
  }

  static String value(SmallRyeConfig config, String property) {
    return config.getConfigValue(property).getValue();
  }

  /** Lets another role do what serving needs, and nothing else. */
  void grantTo(String role) throws SQLException {
    try (PreparedStatement name =
            connection.prepareStatement("select set_config('broker.application_role', ?, false)");
        Statement grants = connection.createStatement()) {
      name.setString(1, role);
      name.execute();
      grants.execute(applicationRole());
    }
  }

  private static String applicationRole() {
    try (InputStream file = DatabaseOwner.class.getResourceAsStream(APPLICATION_ROLE)) {
      if (file == null) {
        throw new IllegalStateException("not in the package: " + APPLICATION_ROLE);
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What was purged.
   *
   * @param months tables that were dropped
   * @param rows that were deleted besides
   */
  record Purged(long months, long rows) {}

  /** Purges the audit trail of what is older, on the database's clock. */
  Purged purge(Duration retention) throws SQLException {
    // In two transactions: dropping a table holds up those who write until it is committed.
    return new Purged(purge("audit_drop_months", retention), purge("audit_delete", retention));
  }

  private long purge(String function, Duration retention) throws SQLException {
    try (PreparedStatement call =
        connection.prepareStatement(
            "select " + function + "(clock_timestamp() - ? * interval '1 second')")) {
      call.setLong(1, retention.toSeconds());
      try (ResultSet row = call.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
