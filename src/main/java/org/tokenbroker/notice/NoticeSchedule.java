package org.tokenbroker.notice;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import org.jboss.logging.Logger;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;

/**
 * When to look for what is to be said, and when to send it. Each replica does so by itself; while
 * the database is away nothing is done, and nothing is lost.
 */
@Singleton
class NoticeSchedule {

  private static final Logger LOG = Logger.getLogger(NoticeSchedule.class);

  private final Watch watch;
  private final Deliveries deliveries;
  private final Outbox outbox;
  private final NoticeMetrics metrics;

  NoticeSchedule(Watch watch, Deliveries deliveries, Outbox outbox, NoticeMetrics metrics) {
    this.watch = watch;
    this.deliveries = deliveries;
    this.outbox = outbox;
    this.metrics = metrics;
  }

  @FunctionalInterface
  private interface Work {
    void run() throws SQLException, InterruptedException;
  }

  @Scheduled(
      every = "30s",
      delayed = "10s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void look() throws SQLException, InterruptedException {
    unlessAway(watch::look);
  }

  @Scheduled(
      every = "5s",
      delayed = "10s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void deliver() throws SQLException, InterruptedException {
    unlessAway(deliveries::deliver);
  }

  @Scheduled(every = "15s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void count() throws SQLException, InterruptedException {
    unlessAway(metrics::look);
  }

  @Scheduled(
      every = "10m",
      delayed = "1m",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void tidy() throws SQLException, InterruptedException {
    unlessAway(() -> outbox.tidy().forEach(metrics::givenUp));
  }

  /** A failure of the database itself is said by others; any other is a bug, and is logged. */
  private static void unlessAway(Work work) throws SQLException, InterruptedException {
    try {
      work.run();
    } catch (SQLException | RuntimeException e) {
      if (!DatabaseUnavailableException.isCauseOf(e)) {
        throw e;
      }
      LOG.debug("No notices now: the database cannot be reached");
    }
  }
}
