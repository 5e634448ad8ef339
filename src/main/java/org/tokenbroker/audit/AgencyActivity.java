package org.tokenbroker.audit;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.tokenbroker.audit.AuditLog.AuditFailedException;

/** What the audit trail says of one agency, added up. */
@Singleton
public class AgencyActivity {

  private final DataSource dataSource;

  AgencyActivity(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * A day (UTC) on which something happened.
   *
   * @param refreshed tokens renewed
   * @param failed how often refreshing began to fail, or the consent was found gone
   */
  public record Day(LocalDate date, int refreshed, int failed) {}

  /**
   * Who read the agency's token.
   *
   * @param lately hand-outs since the later of two times
   * @param all hand-outs since the earlier one
   */
  public record Reader(String caller, long lately, long all, Instant last) {}

  /** The days since then on which something happened, the oldest first. */
  public List<Day> days(String agency, LocalDate since) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                select (occurred_at at time zone 'UTC')::date as day,
                       count(*) filter (where event = 'token_refreshed'),
                       count(*) filter (where event <> 'token_refreshed')
                  from audit_event
                 where agency = ? and occurred_at >= ?
                   and event in ('token_refreshed', 'refresh_failed', 'consent_lost')
                 group by day order by day
                """)) {
      statement.setString(1, agency);
      statement.setObject(2, since.atStartOfDay().atOffset(ZoneOffset.UTC));
      List<Day> days = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          days.add(new Day(row.getObject(1, LocalDate.class), row.getInt(2), row.getInt(3)));
        }
      }
      return days;
    } catch (SQLException e) {
      throw new AuditFailedException(e);
    }
  }

  /** Who read the agency's token since then, most often first. */
  public List<Reader> readers(String agency, Instant since, Instant lately) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                select caller, coalesce(sum(hand_outs) filter (where first_at >= ?), 0)::bigint,
                       sum(hand_outs)::bigint, max(last_at)
                  from handout_count
                 where agency = ? and first_at >= ?
                 group by caller order by 3 desc, caller
                """)) {
      statement.setObject(1, lately.atOffset(ZoneOffset.UTC));
      statement.setString(2, agency);
      statement.setObject(3, since.atOffset(ZoneOffset.UTC));
      List<Reader> readers = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          readers.add(
              new Reader(
                  row.getString(1),
                  row.getLong(2),
                  row.getLong(3),
                  row.getObject(4, OffsetDateTime.class).toInstant()));
        }
      }
      return readers;
    } catch (SQLException e) {
      throw new AuditFailedException(e);
    }
  }
}
