package org.tokenbroker.testing;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The clock of a database as a test wants it, under the very statements that run in production: a
 * schema with a {@code clock_timestamp()} of its own stands before {@code pg_catalog} in the search
 * path of the connections that come from here. Each connection keeps the time at which it was
 * opened, so that tests that share a database do not share a clock.
 */
public final class DatabaseTime {

  private final TestDatabase database;
  private volatile Instant now;

  private DatabaseTime(TestDatabase database, Instant now) {
    this.database = database;
    this.now = now;
  }

  /** Gives the connections to this database a clock that stands still until it is moved. */
  public static DatabaseTime of(TestDatabase database, Instant now) {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          begin;
          select pg_advisory_xact_lock(911); -- "if not exists" does not help against a rival
          create schema if not exists settable;
          create or replace function settable.clock_timestamp() returns timestamptz
              language sql stable
              return current_setting('settable.now')::timestamptz;
          commit
          """);
    } catch (SQLException e) {
      throw new IllegalStateException("the clock could not be made settable", e);
    }
    return new DatabaseTime(database, now);
  }

  /** What the clock says. */
  public Instant now() {
    return now;
  }

  /** Sets the clock. */
  public void set(Instant time) {
    now = time;
  }

  /** Moves the clock on. */
  public void pass(Duration time) {
    now = now.plus(time);
  }

  /** A source of connections that live by this clock, without a pool. */
  public DataSource dataSource() {
    return dataSource("test");
  }

  /**
   * A source of connections that live by this clock, without a pool.
   *
   * @param name by which the server's views know them
   */
  public DataSource dataSource(String name) {
    Source source = new Source();
    source.setUrl(database.jdbcUrl());
    source.setUser(database.user());
    source.setPassword(database.password());
    source.setApplicationName(name);
    return source;
  }

  /**
   * Opens one connection that stays open, whoever closes what its source gives out.
   *
   * @param name by which the server's views know it
   */
  public KeptConnection keep(String name) {
    try {
      return new KeptConnection(dataSource(name).getConnection());
    } catch (SQLException e) {
      throw new IllegalStateException("no connection", e);
    }
  }

  /** One connection under many uses: what they do can be one transaction. */
  public final class KeptConnection implements AutoCloseable {

    private final Connection connection;

    private KeptConnection(Connection connection) {
      this.connection = connection;
    }

    /** Gives out the connection each time, as of the clock's time then. */
    public DataSource dataSource() {
      InvocationHandler unclosed =
          (proxy, method, arguments) -> {
            if (method.getName().equals("close")) {
              return null;
            }
            try {
              return method.invoke(connection, arguments);
            } catch (InvocationTargetException e) {
              throw e.getCause();
            }
          };
      Connection given =
          (Connection)
              Proxy.newProxyInstance(
                  DatabaseTime.class.getClassLoader(), new Class<?>[] {Connection.class}, unclosed);
      return new Source() {
        @Override
        public synchronized Connection getConnection() throws SQLException {
          execute("set settable.now = '" + now + "'");
          return given;
        }
      };
    }

    /** Begins a transaction, in which all is done until it is committed. */
    public void begin() {
      execute("begin");
    }

    /** Commits what was begun. */
    public void commit() {
      execute("commit");
    }

    private void execute(String sql) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
      } catch (SQLException e) {
        throw new IllegalStateException(sql, e);
      }
    }

    @Override
    public void close() {
      try {
        connection.close();
      } catch (SQLException e) {
        throw new IllegalStateException("a connection does not close", e);
      }
    }
  }

  @SuppressWarnings("serial") // nobody writes it anywhere
  private class Source extends PGSimpleDataSource {
    @Override
    public synchronized Connection getConnection() throws SQLException {
      setOptions("-c search_path=settable,public,pg_catalog -c settable.now=" + now);
      return super.getConnection();
    }
  }
}
