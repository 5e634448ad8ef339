package org.tokenbroker.refresh;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.tokenbroker.active911.Unavailability;

/**
 * Counts and times every refresh token that this replica presents, by what came of it; and says
 * what it holds: leases, and answers that the database has still to take.
 */
@Startup
@Singleton
class RefreshMetrics {

  private static final Duration[] BUCKETS = {
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(20),
    Duration.ofSeconds(40)
  };

  private static final String DATABASE_UNAVAILABLE = "database_unavailable";

  private final MeterRegistry metrics;
  private final ConcurrentMap<String, Timer> timers = new ConcurrentHashMap<>();
  private final AtomicInteger leases = new AtomicInteger();
  private final AtomicInteger unanswered = new AtomicInteger();

  RefreshMetrics(MeterRegistry metrics, Settlement settlement, Journal journal) {
    this.metrics = metrics;
    // From the start, so that the first of its kind is seen as one more than none.
    outcomes().forEach(this::timer);
    Gauge.builder("token.broker.leases", leases, AtomicInteger::get)
        .description("Agencies whose refresh token this replica may present now")
        .register(metrics);
    Gauge.builder("token.broker.journal.entries", settlement, Settlement::waiting)
        .description("Answers of Active911 that the database has still to take")
        .register(metrics);
    Gauge.builder("token.broker.journal.writable", journal, file -> file.isWritable() ? 1 : 0)
        .description("Whether the last answer could be written to the journal")
        .register(metrics);
  }

  private static List<String> outcomes() {
    List<String> outcomes =
        new ArrayList<>(
            List.of(
                nameOf(new RefreshOutcome.Refreshed()),
                nameOf(new RefreshOutcome.ConsentGone()),
                nameOf(new RefreshOutcome.NotDue()),
                "invalid_client",
                "invalid_grant",
                "invalid_scope",
                "oauth_error",
                DATABASE_UNAVAILABLE));
    for (Unavailability reason : Unavailability.values()) {
      outcomes.add(Refresher.nameOf(reason));
    }
    return outcomes;
  }

  private Timer timer(String outcome) {
    return timers.computeIfAbsent(
        outcome,
        name ->
            Timer.builder("token.broker.refresh")
                .description("Refresh tokens presented, until the answer was settled")
                .tag("outcome", name)
                .serviceLevelObjectives(BUCKETS)
                .register(metrics));
  }

  /** What an outcome is called in metrics and traces. */
  static String nameOf(RefreshOutcome outcome) {
    return switch (outcome) {
      case RefreshOutcome.Refreshed() -> "refreshed";
      case RefreshOutcome.ConsentGone() -> "consent_gone";
      case RefreshOutcome.NotDue() -> "outdated";
      case RefreshOutcome.HeldElsewhere() -> "held_elsewhere";
      case RefreshOutcome.TooSoon(Instant _) -> "too_soon";
      case RefreshOutcome.Deferred(String error, Duration _) -> error;
    };
  }

  /**
   * A token was presented, and this came of it.
   *
   * @param began as of {@link System#nanoTime()}
   */
  void presented(RefreshOutcome outcome, long began) {
    record(nameOf(outcome), began);
  }

  /** A token was presented, and what came of it could not be written down. */
  void presentedWithoutDatabase(long began) {
    record(DATABASE_UNAVAILABLE, began);
  }

  /** How many calls in a row, until now, were answered by nothing that means anything. */
  int unansweredInARow() {
    return unanswered.get();
  }

  private void record(String outcome, long began) {
    if (outcome.startsWith(Refresher.UNANSWERED)) {
      unanswered.incrementAndGet();
    } else {
      unanswered.set(0);
    }
    timer(outcome).record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
  }

  void leaseTaken() {
    leases.incrementAndGet();
  }

  void leaseEnded() {
    leases.decrementAndGet();
  }
}
