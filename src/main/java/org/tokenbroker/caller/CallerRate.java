package org.tokenbroker.caller;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * How many requests a caller may make, counted by each replica for itself: it is to keep one caller
 * from taking all of a replica's time, not to measure anybody's use. Off unless configured.
 */
@Singleton
class CallerRate {

  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final LongSupplier nanoTime;
  private final @Nullable LoadingCache<String, TokenBucket> buckets;

  @Inject
  CallerRate(@ConfigProperty(name = "broker.caller-rate") Optional<Integer> perSecond) {
    this(perSecond, System::nanoTime);
  }

  CallerRate(Optional<Integer> perSecond, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.buckets =
        perSecond
            .map(
                rate ->
                    Caffeine.newBuilder()
                        .expireAfterAccess(Duration.ofMinutes(1))
                        .<String, TokenBucket>build(
                            _ -> new TokenBucket(rate, PERIOD, nanoTime.getAsLong())))
            .orElse(null);
  }

  /**
   * Counts a request, unless there are too many. Does not block.
   *
   * @return how long until there is room for one more; zero if it was counted
   */
  Duration take(AuthenticatedCaller caller) {
    return buckets == null ? Duration.ZERO : buckets.get(caller.name()).take(nanoTime.getAsLong());
  }

  /** The same, but refuses what is too much. */
  void count(AuthenticatedCaller caller) {
    Duration wait = take(caller);
    if (!wait.isZero()) {
      throw Problem.of(
              ProblemType.TOO_MANY_REQUESTS,
              "This caller makes more requests than it may; it should keep its tokens until they"
                  + " expire.")
          .retryAfter(wait.plusSeconds(1))
          .toException();
    }
  }
}
