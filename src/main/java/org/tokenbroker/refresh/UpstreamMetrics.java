package org.tokenbroker.refresh;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;

/**
 * How the gate to Active911 stands. It is the fleet's, so every replica says the same; where the
 * database cannot be asked it is not known, and is not a number.
 */
@Startup
@Singleton
class UpstreamMetrics {

  private final UpstreamGate gate;
  private volatile @Nullable Look look;

  /**
   * What was found.
   *
   * @param queue for how long the next call has to wait for its turn
   */
  private record Look(UpstreamGate.State state, Duration queue) {}

  UpstreamMetrics(UpstreamGate gate, MeterRegistry metrics) {
    this.gate = gate;
    Gauge.builder("token.broker.upstream.client.refused", this, UpstreamMetrics::clientRefused)
        .description("Whether Active911 refuses our client id or secret")
        .register(metrics);
    Gauge.builder("token.broker.upstream.paused", this, UpstreamMetrics::pausedFor)
        .baseUnit("seconds")
        .description("For how long nobody may call Active911, which has asked for it")
        .register(metrics);
    Gauge.builder("token.broker.upstream.queue", this, UpstreamMetrics::queue)
        .baseUnit("seconds")
        .description("For how long the next call has to wait for its turn at the configured rate")
        .register(metrics);
  }

  @Scheduled(every = "15s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void look() {
    try {
      look = new Look(gate.state(), gate.queue());
    } catch (DatabaseUnavailableException e) {
      look = null;
    }
  }

  /** Whether Active911 refuses our client, as far as is known. */
  boolean isClientRefused() {
    Look now = look;
    return now != null && now.state().clientRefused();
  }

  /** Whether Active911 has asked to be left alone for now, as far as is known. */
  boolean isPaused() {
    Look now = look;
    return now != null && now.state().pausedFor().isPositive();
  }

  private double clientRefused() {
    Look now = look;
    return now == null ? Double.NaN : now.state().clientRefused() ? 1 : 0;
  }

  private double pausedFor() {
    Look now = look;
    return now == null ? Double.NaN : seconds(now.state().pausedFor());
  }

  private double queue() {
    Look now = look;
    return now == null ? Double.NaN : seconds(now.queue());
  }

  private static double seconds(Duration time) {
    return time.toMillis() / 1000.0;
  }
}
