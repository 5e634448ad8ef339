package org.tokenbroker.agency;

import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.inject.Typed;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The database's clock, read without asking the database: a sample of it plus the monotonic time
 * that has passed since. The machine's own wall clock takes no part, so replicas whose clocks
 * differ, or jump, agree on what has expired.
 *
 * <p>Invariant: the estimate never runs behind the database's clock by more than the two machines'
 * oscillators drift between two samples, because a sample is taken to have been read at the end of
 * its round trip. A token that seems valid here is valid there.
 */
@Startup
@Typed(DatabaseClock.class)
@Singleton
public class DatabaseClock implements InstantSource {

  private static final Logger LOG = Logger.getLogger(DatabaseClock.class);
  private static final Duration NOTEWORTHY = Duration.ofSeconds(1);

  /** A sample that took longer than this tells less than one that is ten seconds old. */
  private static final Duration LONG = Duration.ofMillis(100);

  /**
   * What the database's clock said at the latest, at a moment of the monotonic one.
   *
   * @param roundTrip how much earlier it may have said so
   */
  private record Sample(Instant databaseTime, long nanoTime, Duration roundTrip) {
    Instant at(long moment) {
      return databaseTime.plusNanos(moment - nanoTime);
    }

    /** Whether this and an earlier one can both be true, and this one tells less. */
    boolean confirms(Sample earlier) {
      Instant before = earlier.at(nanoTime);
      return roundTrip.compareTo(LONG) > 0
          && !before.isAfter(databaseTime)
          && !before.isBefore(databaseTime.minus(roundTrip));
    }
  }

  private final DataSource dataSource;
  private final LongSupplier nanoTime;
  private volatile @Nullable Sample sample;

  @Inject
  DatabaseClock(DataSource dataSource) {
    this(dataSource, System::nanoTime);
  }

  DatabaseClock(DataSource dataSource, LongSupplier nanoTime) {
    this.dataSource = dataSource;
    this.nanoTime = nanoTime;
  }

  /** Nobody on the event loop is to be the first to ask. */
  @PostConstruct
  void start() {
    synchronize();
  }

  /** The database's time now, estimated; asks the database only if it was never asked before. */
  @Override
  public Instant instant() {
    Sample taken = sample;
    if (taken == null) {
      taken = read();
      sample = taken;
    }
    return taken.at(nanoTime.getAsLong());
  }

  /** Two oscillators may drift apart by a millisecond in the meantime. */
  @Scheduled(every = "10s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void keepTime() {
    try {
      Duration moved = synchronize();
      if (moved.abs().compareTo(NOTEWORTHY) > 0) {
        LOG.warnf("The database's clock moved by %s against this machine's", moved);
      }
    } catch (DatabaseUnavailableException e) {
      LOG.debug("The clock runs on from its last sample: the database cannot be reached");
    }
  }

  /**
   * Takes a new sample. If the answer was long on its way (the process may have been suspended
   * meanwhile, or the network have been away), it is only used where it shows that the estimate is
   * wrong: its own would be early by as long as that, and valid tokens be taken for expired.
   *
   * @return by how much the estimate moved; positive: forward
   * @throws DatabaseUnavailableException if the database does not answer
   */
  public Duration synchronize() {
    Sample next = read();
    Sample previous = sample;
    if (previous != null && next.confirms(previous)) {
      return Duration.ZERO;
    }
    sample = next;
    return previous == null
        ? Duration.ZERO
        : Duration.between(previous.at(next.nanoTime()), next.databaseTime());
  }

  private Sample read() {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      return read(statement);
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  private Sample read(Statement statement) throws SQLException {
    // Not earlier: getting a connection may take seconds, and is no part of the round trip.
    long before = nanoTime.getAsLong();
    try (ResultSet row = statement.executeQuery("select clock_timestamp()")) {
      row.next();
      Instant databaseTime = row.getObject(1, OffsetDateTime.class).toInstant();
      // The database read its clock somewhere between the two readings of ours. Adding the whole
      // round trip makes the estimate early rather than late: a token expires here no later.
      long after = nanoTime.getAsLong();
      return new Sample(
          databaseTime.plusNanos(after - before), after, Duration.ofNanos(after - before));
    }
  }

  /** The database could not be asked for its time. */
  public static final class DatabaseUnavailableException extends RuntimeException {
    private static final String NO_CONNECTION = "08001";

    public DatabaseUnavailableException(SQLException cause) {
      super("the database did not answer", cause);
    }

    /**
     * @param message what could not be done without it
     */
    public DatabaseUnavailableException(String message) {
      super(message, new SQLTransientConnectionException(message, NO_CONNECTION));
    }

    /**
     * Whether a failure, of whatever layer, comes of a database that could not be reached or was
     * going away, rather than of one that refused a statement.
     */
    public static boolean isCauseOf(Throwable failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof SQLException sql && isAway(sql.getSQLState())) {
          return true;
        }
      }
      return false;
    }

    /**
     * By the class of the state: 08 connection, 53 out of resources, 57 operator's intervention,
     * 25006 read-only while it fails over. The pool's own failures, such as its timeout, have none.
     */
    private static boolean isAway(@Nullable String state) {
      return state == null
          || state.startsWith("08")
          || state.startsWith("53")
          || state.startsWith("57")
          || state.equals("25006");
    }
  }
}
