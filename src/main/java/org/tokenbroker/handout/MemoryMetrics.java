package org.tokenbroker.handout;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.HandoutState.CurrentToken;

/**
 * How the fleet's agencies and tokens stand, as this replica's memory has them: no statement is
 * needed, and it goes on while the database is away. Every replica says the same, so that they are
 * not to be added up.
 */
@Startup
@Singleton
class MemoryMetrics {

  /** Of a token's life, by when it is to be renewed at the latest. */
  private static final double LATEST = 0.9;

  /** How a connected agency's token stands. */
  enum TokenState {
    /** Its time to be renewed has not come. */
    FRESH,
    /** It is to be renewed. */
    DUE,
    /** Nine tenths of its life are over, and it still is the one. */
    LATE,
    /** It has expired. */
    EXPIRED;

    static TokenState of(CurrentToken token, Instant now) {
      if (!now.isBefore(token.expiresAt())) {
        return EXPIRED;
      }
      Duration life = Duration.between(token.issuedAt(), token.expiresAt());
      Duration lived = Duration.between(token.issuedAt(), now);
      if (lived.toMillis() >= life.toMillis() * LATEST) {
        return LATE;
      }
      return now.isBefore(token.nextRefreshAt()) ? FRESH : DUE;
    }
  }

  /** What was found at one look. */
  static final class Sample {
    private final Map<ConnectionState, Integer> agencies = new EnumMap<>(ConnectionState.class);
    private final Map<TokenState, Integer> tokens = new EnumMap<>(TokenState.class);
    private int paused;
    private double earliestExpiry = Double.NaN;

    /**
     * Looks at all.
     *
     * @param all calls back with each
     * @param now on the database's clock
     */
    static Sample of(Consumer<Consumer<Handout>> all, Instant now) {
      Sample sample = new Sample();
      all.accept(handout -> sample.add(handout, now));
      return sample;
    }

    private void add(Handout handout, Instant now) {
      ConnectionState state = handout.state().state();
      agencies.merge(state, 1, Integer::sum);
      if (handout.state().paused()) {
        paused++;
      }
      CurrentToken token = handout.state().token();
      if (state == ConnectionState.CONNECTED && token != null) {
        tokens.merge(TokenState.of(token, now), 1, Integer::sum);
        double left = Duration.between(now, token.expiresAt()).toMillis() / 1000.0;
        earliestExpiry = Double.isNaN(earliestExpiry) ? left : Math.min(earliestExpiry, left);
      }
    }

    int agencies(ConnectionState state) {
      return agencies.getOrDefault(state, 0);
    }

    int tokens(TokenState state) {
      return tokens.getOrDefault(state, 0);
    }

    int paused() {
      return paused;
    }

    /** Seconds until the first connected agency's token expires; negative if one has; or NaN. */
    double earliestExpiry() {
      return earliestExpiry;
    }
  }

  private final TokenCache cache;
  private final DatabaseClock clock;
  private volatile Sample sample = new Sample();

  MemoryMetrics(
      TokenCache cache,
      CacheFeed feed,
      ChangeBell bell,
      DatabaseClock clock,
      MeterRegistry metrics) {
    this.cache = cache;
    this.clock = clock;
    for (ConnectionState state : ConnectionState.values()) {
      Gauge.builder("token.broker.agencies", this, memory -> memory.sample.agencies(state))
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .description("Agencies by the state of their consent")
          .register(metrics);
    }
    for (TokenState state : TokenState.values()) {
      Gauge.builder("token.broker.tokens", this, memory -> memory.sample.tokens(state))
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .description("Access tokens of connected agencies by how far their life has gone")
          .register(metrics);
    }
    Gauge.builder("token.broker.agencies.paused", this, memory -> memory.sample.paused())
        .description("Agencies that an admin has paused")
        .register(metrics);
    Gauge.builder("token.broker.earliest.expiry", this, memory -> memory.sample.earliestExpiry())
        .baseUnit("seconds")
        .description("Until the first token of a connected agency expires")
        .register(metrics);
    Gauge.builder("token.broker.feed.age", feed, CacheFeed::secondsSinceLook)
        .baseUnit("seconds")
        .description("Since memory has last caught up with the database")
        .register(metrics);
    Gauge.builder("token.broker.feed.listening", bell, ear -> ear.isListening() ? 1 : 0)
        .description("Whether changes of other replicas are heard of at once, or asked for")
        .register(metrics);
  }

  @Scheduled(every = "15s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void look() {
    sample = Sample.of(cache::forEach, clock.instant());
  }
}
