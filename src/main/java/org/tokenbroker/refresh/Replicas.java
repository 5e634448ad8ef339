package org.tokenbroker.refresh;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;

/**
 * Which processes are alive: each makes itself known every ten seconds, and takes itself out when
 * it ends. Only people look at it. Times are the database's.
 */
@Singleton
public class Replicas {

  private static final Logger LOG = Logger.getLogger(Replicas.class);

  private final DataSource dataSource;
  private final Journal journal;
  private final ChangeListener listener;
  private final String id;
  private final String host;
  private final String version;

  /** When the first heartbeat was written; kept here, as the row may be deleted meanwhile. */
  private @Nullable OffsetDateTime startedAt;

  private boolean ill;
  private boolean ended;

  @Inject
  Replicas(
      DataSource dataSource,
      Journal journal,
      ChangeListener listener,
      Refresher refresher,
      @ConfigProperty(name = "HOSTNAME") Optional<String> host,
      @ConfigProperty(name = "quarkus.application.version") String version) {
    this(dataSource, journal, listener, refresher.owner(), host.orElse("unknown"), version);
  }

  Replicas(
      DataSource dataSource,
      Journal journal,
      ChangeListener listener,
      String id,
      String host,
      String version) {
    this.dataSource = dataSource;
    this.journal = journal;
    this.listener = listener;
    this.id = id;
    this.host = host;
    this.version = version;
  }

  /**
   * One process.
   *
   * @param id names it in leases
   * @param host the machine's or the pod's name
   * @param lastSeen when it made itself known last
   * @param late whether it should have done so again by now
   * @param journalEntries answers that the database does not hold yet; negative: not known
   * @param listening whether it hears of changes at once
   * @param self whether it is the one that says so
   */
  public record Replica(
      String id,
      String host,
      String version,
      Instant startedAt,
      Instant lastSeen,
      boolean late,
      int journalEntries,
      boolean listening,
      boolean self) {}

  /** The version of this process. */
  public String version() {
    return version;
  }

  /** All that were seen within a minute, the oldest first. */
  public List<Replica> alive() {
    List<Replica> alive = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                select id, host, version, started_at, last_seen,
                       last_seen < clock_timestamp() - interval '25 seconds', journal_entries,
                       listening
                  from replica where last_seen > clock_timestamp() - interval '1 minute'
                 order by started_at, id
                """)) {
      while (row.next()) {
        alive.add(
            new Replica(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getObject(4, OffsetDateTime.class).toInstant(),
                row.getObject(5, OffsetDateTime.class).toInstant(),
                row.getBoolean(6),
                row.getInt(7),
                row.getBoolean(8),
                row.getString(1).equals(id)));
      }
      return alive;
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  /** Makes this process known, and forgets those that were not heard of for a minute. */
  @Scheduled(every = "10s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  synchronized void beat() {
    if (ended) {
      return;
    }
    try (Connection connection = dataSource.getConnection()) {
      write(connection);
      try (Statement statement = connection.createStatement()) {
        statement.executeUpdate(
            "delete from replica where last_seen < clock_timestamp() - interval '1 minute'");
      }
      ill = false;
    } catch (SQLException e) {
      if (!ill) {
        ill = true;
        LOG.warnf("This process cannot make itself known now (SQL state %s)", e.getSQLState());
      }
    }
  }

  private void write(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            insert into replica
                   (id, host, version, started_at, last_seen, journal_entries, listening)
            values (?, ?, ?, coalesce(?::timestamptz, clock_timestamp()), clock_timestamp(), ?, ?)
            on conflict (id) do update
               set last_seen = excluded.last_seen, journal_entries = excluded.journal_entries,
                   listening = excluded.listening
            returning started_at
            """)) {
      statement.setString(1, id);
      statement.setString(2, host);
      statement.setString(3, version);
      statement.setObject(4, startedAt);
      statement.setInt(5, journal.size());
      statement.setBoolean(6, listener.isListening());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        startedAt = row.getObject(1, OffsetDateTime.class);
      }
    }
  }

  synchronized void stop(@Observes ShutdownEvent event) {
    ended = true;
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement("delete from replica where id = ?")) {
      statement.setString(1, id);
      statement.executeUpdate();
    } catch (SQLException e) {
      LOG.debugf("The others will find out that this process ended: %s", e.getSQLState());
    }
  }
}
