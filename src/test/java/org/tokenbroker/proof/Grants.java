package org.tokenbroker.proof;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Looks at the stored grants past the brokers, and makes time pass for them. */
final class Grants {

  private final DataSource dataSource;

  Grants(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * A grant as it is stored.
   *
   * @param generation counts the access tokens that were stored
   * @param claimed whether somebody's lease runs
   */
  record Row(
      long agencyId,
      String slug,
      String state,
      @Nullable String lastError,
      int failures,
      long generation,
      boolean claimed,
      Instant accessTokenExpiresAt,
      Instant lastRefreshedAt,
      Instant nextRefreshAt) {

    boolean isConnected() {
      return state.equals("CONNECTED");
    }
  }

  /** All grants, by slug. */
  Map<String, Row> rows() {
    Map<String, Row> rows = new TreeMap<>();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                select g.agency_id, a.slug, g.state, g.last_error, g.consecutive_failures,
                       g.generation, coalesce(g.lease_until > clock_timestamp(), false),
                       g.access_token_expires_at, g.last_refreshed_at, g.next_refresh_at
                  from agency_grant g join agency a on a.id = g.agency_id
                """);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        rows.put(
            row.getString(2),
            new Row(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getInt(5),
                row.getLong(6),
                row.getBoolean(7),
                row.getObject(8, OffsetDateTime.class).toInstant(),
                row.getObject(9, OffsetDateTime.class).toInstant(),
                row.getObject(10, OffsetDateTime.class).toInstant()));
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One grant. */
  Row row(String slug) {
    Row row = rows().get(slug);
    if (row == null) {
      throw new IllegalStateException("no grant of " + slug);
    }
    return row;
  }

  /** Makes agencies due to be refreshed. */
  void makeDue(Collection<Subject> subjects) {
    update("next_refresh_at = clock_timestamp()", subjects);
  }

  /**
   * Makes agencies due whose access tokens expire soon: then a refresh token is presented even if
   * somebody else set out to present it and was not heard of since.
   */
  void makeUrgent(Collection<Subject> subjects) {
    update(
        "next_refresh_at = clock_timestamp(),"
            + " access_token_expires_at = clock_timestamp() + interval '4 minutes'",
        subjects);
  }

  /** Lets the access tokens of agencies expire soon. */
  void expireIn(Collection<Subject> subjects, Duration time) {
    update(
        "access_token_expires_at = clock_timestamp() + interval '%d seconds'"
            .formatted(time.toSeconds()),
        subjects);
  }

  private void update(String change, Collection<Subject> subjects) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update agency_grant set "
                    + change
                    + " where agency_id in (select id from agency where slug = any(?))")) {
      Array slugs =
          connection.createArrayOf("text", subjects.stream().map(Subject::slug).toArray());
      statement.setArray(1, slugs);
      statement.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Keeps everybody from changing any grant until it is closed. */
  Lock lock() {
    try {
      Connection connection = dataSource.getConnection();
      connection.setAutoCommit(false);
      try (PreparedStatement statement =
          connection.prepareStatement("select 1 from agency_grant for update")) {
        statement.execute();
      }
      return new Lock(connection);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A lock on all grants. */
  record Lock(Connection connection) implements AutoCloseable {
    @Override
    public void close() {
      try {
        connection.close();
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
