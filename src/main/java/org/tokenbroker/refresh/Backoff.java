package org.tokenbroker.refresh;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to leave an agency alone after a refresh that failed. */
final class Backoff {

  private static final Duration FIRST = Duration.ofSeconds(30);
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final Duration SHORTEST = Duration.ofSeconds(5);
  private static final int DOUBLINGS = 7;

  private Backoff() {}

  /**
   * Exponential with full jitter, between 30 s and 1 h; but never so long that a token still valid
   * would expire before half of what is left of its life has been tried in.
   *
   * @param failures how many refreshes in a row have failed before this one
   * @param untilExpiry what is left of the access token's life; not positive if it has expired
   */
  static Duration after(int failures, Duration untilExpiry, RandomGenerator random) {
    long ceiling = Math.min(LONGEST.toMillis(), FIRST.toMillis() << Math.min(failures, DOUBLINGS));
    long delay = FIRST.toMillis() + (long) ((ceiling - FIRST.toMillis()) * random.nextDouble());
    if (untilExpiry.isPositive()) {
      delay = Math.min(delay, Math.max(SHORTEST.toMillis(), untilExpiry.toMillis() / 2));
    }
    return Duration.ofMillis(delay);
  }
}
