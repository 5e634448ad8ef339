package org.tokenbroker.audit;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditTables.Handed;
import org.tokenbroker.audit.AuditTables.Past;
import org.tokenbroker.audit.AuditTables.Refusal;
import org.tokenbroker.audit.CurrentOrigin.Origin;
import org.tokenbroker.audit.Tally.Counted;

/**
 * Writes behind what must hold nobody up: noted events every two seconds, counts before they are a
 * minute old, and everything at the end. While the database is away memory keeps what it can:
 * counts go on under the same keys, and of events too many only their number is kept.
 */
@Singleton
class AuditWriter {

  private static final Logger LOG = Logger.getLogger(AuditWriter.class);

  /**
   * With this and the two seconds until the next look, no count that a crash loses spans a minute.
   */
  private static final Duration COUNTED_FOR = Duration.ofSeconds(50);

  private static final int EVENTS_LIMIT = 10_000;

  /** Rows of one statement. */
  private static final int BATCH = 5_000;

  /** A flood from everywhere must fill no disk: more addresses than these count as one. */
  private static final int REFUSALS_LIMIT = 100;

  /** Some 100 bytes each; beyond it agencies are no longer told apart, callers still are. */
  private static final int HANDOUTS_LIMIT = 500_000;

  private static final String OTHER_ADDRESSES = "others";

  private final AuditTables tables;
  private final BlockingQueue<Past> events = new ArrayBlockingQueue<>(EVENTS_LIMIT);
  private final AtomicLong lost = new AtomicLong();
  private final Tally<Refusal> failures =
      new Tally<>(
          REFUSALS_LIMIT, key -> new Refusal(key.kind(), key.actor(), null, OTHER_ADDRESSES));
  private final Tally<Refusal> forbidden =
      new Tally<>(REFUSALS_LIMIT, key -> new Refusal(key.kind(), key.actor(), null, null));
  private final Tally<Handed> handouts =
      new Tally<>(HANDOUTS_LIMIT, key -> new Handed(key.caller(), null, 0));

  /** Taken out of the queue, but not written yet. */
  private final List<Past> unwritten = new ArrayList<>();

  private boolean away;
  private volatile boolean ended;

  AuditWriter(AuditTables tables) {
    this.tables = tables;
  }

  void note(AuditEvent event, Origin origin) {
    if (!events.offer(new Past(event, origin, System.nanoTime()))) {
      lost.incrementAndGet();
    }
    if (ended) {
      writeAll(); // no later: nobody looks again
    }
  }

  void refused(AuditEvent.Kind kind, @Nullable String address) {
    failures.count(new Refusal(kind, Actor.UNKNOWN, null, address), System.nanoTime());
  }

  void forbidden(Actor actor, @Nullable String agency) {
    forbidden.count(
        new Refusal(AuditEvent.Kind.ACCESS_FORBIDDEN, actor, agency, null), System.nanoTime());
  }

  void handedOut(String caller, String agency, long generation) {
    handouts.count(new Handed(caller, agency, generation), System.nanoTime());
  }

  @Scheduled(every = "2s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void writeWhatIsDue() {
    write(COUNTED_FOR);
  }

  /** While there certainly is a database, after all others that do something now. */
  void stop(@Observes @Priority(Integer.MAX_VALUE) ShutdownEvent event) {
    writeAll();
  }

  /** Once more, for what was read until the last connection was closed. */
  @PreDestroy
  void end() {
    ended = true;
    writeAll();
  }

  /** Writes everything that was noted or counted until now. */
  void writeAll() {
    write(Duration.ZERO);
  }

  private synchronized void write(Duration age) {
    try {
      writeEvents();
      write(failures, age, tables::addRefusals);
      write(forbidden, age, tables::addRefusals);
      write(handouts, age, tables::addHandouts);
      if (away) {
        away = false;
        LOG.info("The audit trail is written again");
      }
    } catch (SQLException e) {
      if (!away) {
        away = true;
        LOG.warnf(
            "The audit trail cannot be written now, and is kept in memory (SQL state %s)",
            e.getSQLState());
      }
    }
  }

  private void writeEvents() throws SQLException {
    long missing = lost.getAndSet(0);
    if (unwritten.size() < EVENTS_LIMIT) {
      events.drainTo(unwritten, EVENTS_LIMIT - unwritten.size());
    }
    try {
      while (!unwritten.isEmpty()) {
        List<Past> batch = unwritten.subList(0, Math.min(BATCH, unwritten.size()));
        tables.addPast(batch);
        batch.clear();
      }
      if (missing > 0) {
        tables.add(
            AuditEvent.of(AuditEvent.Kind.AUDIT_INCOMPLETE).with(AuditEvent.Detail.LOST, missing),
            new Origin(Actor.BROKER, null));
        LOG.errorf("%d audit events were lost: there was no room left to keep them", missing);
        missing = 0;
      }
    } finally {
      lost.addAndGet(missing);
    }
  }

  /** Writes rows to their table; all or none. */
  @FunctionalInterface
  private interface Insert<K> {
    void add(List<Counted<K>> rows) throws SQLException;
  }

  private static <K> void write(Tally<K> tally, Duration age, Insert<K> insert)
      throws SQLException {
    List<Counted<K>> counted = tally.collect(age.toNanos(), System.nanoTime());
    int written = 0;
    try {
      while (written < counted.size()) {
        int end = Math.min(written + BATCH, counted.size());
        insert.add(counted.subList(written, end));
        written = end;
      }
    } finally {
      tally.giveBack(counted.subList(written, counted.size()));
    }
  }
}
