package org.tokenbroker.notice;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** When a notice that did not arrive is sent again; docs/notices.md shows it. */
final class RetrySchedule {

  /** After the first attempt, the second, and so on; after the last of these no more. */
  private static final List<Duration> PAUSES =
      List.of(
          Duration.ofSeconds(5),
          Duration.ofMinutes(1),
          Duration.ofMinutes(5),
          Duration.ofMinutes(30),
          Duration.ofHours(2),
          Duration.ofHours(5),
          Duration.ofHours(10),
          Duration.ofHours(14),
          Duration.ofHours(20),
          Duration.ofHours(24));

  /**
   * Up to so much of a pause is added to it, so that what failed at once is not repeated at once.
   */
  private static final double JITTER = 0.2;

  /** A receiver that wants to be left alone for longer is asked all the same. */
  private static final Duration LONGEST_WISH = Duration.ofHours(24);

  private RetrySchedule() {}

  /**
   * How long to wait; empty: it is given up.
   *
   * @param attempts how many there were
   * @param retryAfter how long the receiver wants to be left alone; null: he did not say
   */
  static Optional<Duration> pauseAfter(
      int attempts, @Nullable Duration retryAfter, RandomGenerator random) {
    if (attempts > PAUSES.size()) {
      return Optional.empty();
    }
    Duration pause = PAUSES.get(attempts - 1);
    Duration jittered = pause.plusMillis((long) (pause.toMillis() * JITTER * random.nextDouble()));
    if (retryAfter == null) {
      return Optional.of(jittered);
    }
    Duration wish = retryAfter.compareTo(LONGEST_WISH) > 0 ? LONGEST_WISH : retryAfter;
    return Optional.of(wish.compareTo(jittered) > 0 ? wish : jittered);
  }
}
