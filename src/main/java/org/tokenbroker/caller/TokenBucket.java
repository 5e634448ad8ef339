package org.tokenbroker.caller;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets so many through in a time, all of them at once if need be (the generic cell rate algorithm).
 * Takes no lock.
 */
final class TokenBucket {

  private final long intervalNanos;
  private final long burstNanos;

  /** When, on the monotonic clock, it would be full again. */
  private final AtomicLong full;

  /**
   * A full one.
   *
   * @param count how many it holds
   * @param period in what time an empty one fills
   * @param now monotonic time
   */
  TokenBucket(int count, Duration period, long now) {
    this.intervalNanos = Math.max(1, period.toNanos() / count);
    this.burstNanos = intervalNanos * count;
    this.full = new AtomicLong(now);
  }

  /**
   * Takes one.
   *
   * @param now monotonic time
   * @return zero if there was one; otherwise how long to wait for the next
   */
  Duration take(long now) {
    while (true) {
      long before = full.get();
      Duration wait = untilNext(before, now);
      if (!wait.isZero()) {
        return wait;
      }
      long after = Math.max(before - now, 0) + now + intervalNanos;
      if (full.compareAndSet(before, after)) {
        return Duration.ZERO;
      }
    }
  }

  /** How long to wait until there is one; zero if there is. */
  Duration untilNext(long now) {
    return untilNext(full.get(), now);
  }

  private Duration untilNext(long before, long now) {
    long missing = Math.max(before - now, 0) + intervalNanos - burstNanos;
    return missing <= 0 ? Duration.ZERO : Duration.ofNanos(missing);
  }
}
