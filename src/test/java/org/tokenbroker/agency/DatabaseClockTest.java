package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.testing.MigratedDatabase;

@NullMarked
class DatabaseClockTest {

  @RegisterExtension static final MigratedDatabase DATABASE = new MigratedDatabase();

  private final AtomicLong nanos = new AtomicLong(1_000_000_000);

  private Instant databaseTime() throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection();
        var statement = connection.createStatement();
        var row = statement.executeQuery("select clock_timestamp()")) {
      row.next();
      return row.getObject(1, java.time.OffsetDateTime.class).toInstant();
    }
  }

  @Test
  void theTimeIsTheDatabasesAndPassesWithTheMonotonicClock() throws SQLException {
    DatabaseClock clock = new DatabaseClock(DATABASE.dataSource(), nanos::get);
    Instant before = databaseTime();
    Instant first = clock.instant();
    Instant after = databaseTime();

    nanos.addAndGet(Duration.ofHours(5).toNanos());

    assertFalse(first.isBefore(before) || first.isAfter(after), first.toString());
    assertEquals(first.plus(Duration.ofHours(5)), clock.instant());
  }

  @Test
  void theRoundTripCountsAsPassed() throws SQLException {
    // Each look at the monotonic clock finds it two seconds later.
    DatabaseClock clock =
        new DatabaseClock(
            DATABASE.dataSource(), () -> nanos.getAndAdd(Duration.ofSeconds(2).toNanos()));
    Instant before = databaseTime();

    Instant now = clock.instant();

    assertFalse(now.isBefore(before.plusSeconds(2)), "early rather than late: " + now);
  }

  @Test
  void anotherSampleSaysByHowMuchTheTimeMoved() {
    DatabaseClock clock = new DatabaseClock(DATABASE.dataSource(), nanos::get);
    Instant before = clock.instant();
    nanos.addAndGet(Duration.ofMinutes(1).toNanos()); // a minute that did not pass for the database

    Duration moved = clock.synchronize();

    assertEquals(Duration.between(before.plusSeconds(60), clock.instant()), moved);
  }

  /** A clock of which some look at the monotonic one finds that so much time has passed. */
  private DatabaseClock pausingAt(int look, Duration pause) {
    AtomicInteger looks = new AtomicInteger();
    return new DatabaseClock(
        DATABASE.dataSource(),
        () -> looks.incrementAndGet() == look ? nanos.addAndGet(pause.toNanos()) : nanos.get());
  }

  @Test
  void anAnswerThatWasLongOnItsWayDoesNotMoveTheTime() {
    // Two looks for the first sample, one to tell the time, two for the second sample.
    DatabaseClock clock = pausingAt(5, Duration.ofSeconds(40));
    Instant before = clock.instant();

    Duration moved = clock.synchronize();

    assertEquals(Duration.ZERO, moved);
    assertEquals(before.plusSeconds(40), clock.instant());
  }

  @Test
  void anAnswerThatWasLongOnItsWayStillMovesATimeThatCannotBe() {
    DatabaseClock clock = pausingAt(5, Duration.ofSeconds(2));
    Instant before = clock.instant();
    nanos.addAndGet(Duration.ofHours(1).toNanos()); // of which the database knows nothing

    Duration moved = clock.synchronize();

    assertTrue(moved.compareTo(Duration.ofMinutes(-59)) < 0, moved::toString);
    assertTrue(
        Duration.between(before, clock.instant()).compareTo(Duration.ofMinutes(1)) < 0,
        () -> before + " " + clock.instant());
  }

  @Test
  void withoutTheDatabaseTheTimeRunsOn() {
    FailingSource source = new FailingSource(DATABASE.dataSource());
    DatabaseClock clock = new DatabaseClock(source, nanos::get);
    Instant before = clock.instant();
    source.down = true;
    nanos.addAndGet(Duration.ofSeconds(30).toNanos());

    assertThrows(DatabaseUnavailableException.class, clock::synchronize);

    assertEquals(before.plusSeconds(30), clock.instant());
  }

  private static final class FailingSource implements DataSource {
    private final DataSource source;
    private boolean down;

    FailingSource(DataSource source) {
      this.source = source;
    }

    @Override
    public Connection getConnection() throws SQLException {
      if (down) {
        throw new SQLException("down", "08001");
      }
      return source.getConnection();
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return getConnection();
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
      return null;
    }

    @Override
    public void setLogWriter(PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
      return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
      throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      throw new SQLException("wraps nothing");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
      return false;
    }
  }
}
