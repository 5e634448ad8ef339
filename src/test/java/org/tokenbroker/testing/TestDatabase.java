package org.tokenbroker.testing;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * An empty database of its own on the test server.
 *
 * @param jdbcUrl its address, without credentials
 * @param user a role that owns it
 * @param password the role's password
 */
public record TestDatabase(String jdbcUrl, String user, String password) {

  /** Makes a new database that nobody else uses. It goes with the server at the end of the JVM. */
  public static TestDatabase create() {
    String name = newName("test_");
    maintain("create database " + name);
    return new TestDatabase(
        urlOf(name), TestPostgres.USER, "unused: the test server trusts its own machine");
  }

  /** Makes a new database whose role has a password that the server checks. */
  public static TestDatabase createWithPassword(String password) {
    String name = newName("test_");
    String role = newName(TestPostgres.CHECKED_ROLE);
    maintain("create role %s login password '%s'".formatted(role, password.replace("'", "''")));
    maintain("create database %s owner %s".formatted(name, role));
    return new TestDatabase(urlOf(name), role, password);
  }

  /** The same database as another, new role sees it, which may not do anything there yet. */
  public TestDatabase asAnotherRole() {
    String role = newName("other_");
    maintain("create role %s login".formatted(role));
    return new TestDatabase(jdbcUrl, role, "unused: the test server trusts its own machine");
  }

  /** Runs statements in it. */
  public void execute(String statements) throws SQLException {
    try (Connection connection = dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(statements);
    }
  }

  /** Asks for one number. */
  public long number(String query) throws SQLException {
    try (Connection connection = dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  private static String newName(String prefix) {
    return prefix + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  private static String urlOf(String database) {
    return "jdbc:postgresql://127.0.0.1:" + TestPostgres.port() + "/" + database;
  }

  private static void maintain(String statement) {
    TestDatabase maintenance = new TestDatabase(urlOf("postgres"), TestPostgres.USER, "");
    try (Connection connection = maintenance.dataSource().getConnection();
        Statement execution = connection.createStatement()) {
      execution.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException("no database could be made", e);
    }
  }

  /** Brings the schema up to date with the migrations of the class path. */
  public TestDatabase migrated() {
    Flyway.configure().dataSource(jdbcUrl, user, password).load().migrate();
    return this;
  }

  /** A source of connections, without a pool. */
  public DataSource dataSource() {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(jdbcUrl);
    dataSource.setUser(user);
    dataSource.setPassword(password);
    return dataSource;
  }
}
