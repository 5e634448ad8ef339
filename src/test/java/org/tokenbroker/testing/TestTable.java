package org.tokenbroker.testing;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Looks at the broker's tables and changes them behind its back, for {@link BrokerTest}. */
@Singleton
public class TestTable {

  private final DataSource dataSource;

  TestTable(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Returns how many rows were changed. */
  public int update(String sql, Object... arguments) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = prepare(connection, sql, arguments)) {
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The one text that a query finds; null if it is null. */
  public @Nullable String text(String sql, Object... arguments) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = prepare(connection, sql, arguments);
        ResultSet rows = statement.executeQuery()) {
      if (!rows.next()) {
        throw new IllegalStateException("no row");
      }
      return rows.getString(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The one number that a query finds. */
  public long count(String sql, Object... arguments) {
    String number = text(sql, arguments);
    if (number == null) {
      throw new IllegalStateException("no number");
    }
    return Long.parseLong(number);
  }

  private static PreparedStatement prepare(Connection connection, String sql, Object... arguments)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < arguments.length; i++) {
      statement.setObject(i + 1, arguments[i]);
    }
    return statement;
  }
}
