package org.tokenbroker.handout;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;

/**
 * Counts and times every read, by what came of it. It is called for each of them on the event loop:
 * so all meters exist from the start, and measuring looks nothing up, makes nothing and waits for
 * nobody.
 */
@Startup
@Singleton
class HandoutMetrics {

  /** From what memory answers at once to the longest that a read may wait. */
  private static final Duration[] BUCKETS = {
    Duration.ofNanos(100_000),
    Duration.ofNanos(250_000),
    Duration.ofMillis(1),
    Duration.ofNanos(2_500_000),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10),
    Duration.ofSeconds(20)
  };

  /** How a token was handed out. */
  enum Source {
    /** Memory held one that will do. */
    MEMORY,
    /** The caller has it already: 304. */
    NOT_MODIFIED,
    /** Memory held none: it was read from the database, renewed, or waited for. */
    RENEWED
  }

  private final Map<Source, Timer> answered = new EnumMap<>(Source.class);
  private final Map<ProblemType, Timer> refused = new EnumMap<>(ProblemType.class);
  private final Counter tooShort;

  HandoutMetrics(MeterRegistry metrics) {
    for (Source source : Source.values()) {
      answered.put(source, timer(source, metrics));
    }
    for (ProblemType problem :
        new ProblemType[] {
          ProblemType.FORBIDDEN,
          ProblemType.INVALID_REQUEST,
          ProblemType.AGENCY_UNKNOWN,
          ProblemType.CONSENT_REQUIRED,
          ProblemType.AGENCY_PAUSED,
          ProblemType.TTL_UNAVAILABLE,
          ProblemType.PRECONDITION_REQUIRED,
          ProblemType.TOO_MANY_REQUESTS,
          ProblemType.UPSTREAM_UNAVAILABLE,
          ProblemType.DATABASE_UNAVAILABLE,
          ProblemType.INTERNAL_ERROR
        }) {
      refused.put(problem, timer(problem, metrics));
    }
    tooShort =
        Counter.builder("token.broker.handouts.below.min.ttl")
            .description("Tokens handed out that were good for less than was asked for")
            .register(metrics);
  }

  private static Timer timer(Enum<?> outcome, MeterRegistry metrics) {
    return Timer.builder("token.broker.handout")
        .description("Reads of tokens by what came of them, from authentication to the answer")
        .tag("outcome", nameOf(outcome))
        .serviceLevelObjectives(BUCKETS)
        .register(metrics);
  }

  /**
   * A token was handed out.
   *
   * @param began as of {@link System#nanoTime()}
   */
  void answered(Source source, long began) {
    timer(source).record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
  }

  private Timer timer(Source source) {
    return known(answered.get(source));
  }

  /**
   * What was handed out lives for so long.
   *
   * <p>It was long enough when it was chosen, a moment ago: a second may have ended since.
   */
  void lives(long seconds, int minTtl) {
    if (seconds < minTtl - 1) {
      tooShort.increment();
    }
  }

  /** No token was handed out, for this reason. */
  void refused(Throwable failure, long began) {
    Timer timer = refused.get(typeOf(failure));
    (timer == null ? known(refused.get(ProblemType.INTERNAL_ERROR)) : timer)
        .record(System.nanoTime() - began, TimeUnit.NANOSECONDS);
  }

  /** What an outcome is called in metrics and traces. */
  static String nameOf(Enum<?> outcome) {
    return outcome.name().toLowerCase(Locale.ROOT);
  }

  /** The kind of answer that a failure is given. */
  static ProblemType typeOf(Throwable failure) {
    return switch (failure) {
      case ProblemException problem -> problem.problem().type();
      case DatabaseUnavailableException _ -> ProblemType.DATABASE_UNAVAILABLE;
      default -> ProblemType.INTERNAL_ERROR;
    };
  }

  private static Timer known(@Nullable Timer timer) {
    if (timer == null) {
      throw new IllegalStateException("every outcome has its timer");
    }
    return timer;
  }
}
