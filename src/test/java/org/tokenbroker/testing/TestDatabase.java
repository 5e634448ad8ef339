package org.tokenbroker.testing;

import java.sql.Connection;
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
    String name = "test_" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    TestDatabase maintenance = named("postgres");
    try (Connection connection = maintenance.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create database " + name);
    } catch (SQLException e) {
      throw new IllegalStateException("no database could be made", e);
    }
    return named(name);
  }

  private static TestDatabase named(String database) {
    return new TestDatabase(
        "jdbc:postgresql://127.0.0.1:" + TestPostgres.port() + "/" + database,
        TestPostgres.USER,
        "unused: the test server trusts its own machine");
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
