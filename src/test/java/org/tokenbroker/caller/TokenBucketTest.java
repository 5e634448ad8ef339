package org.tokenbroker.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

@NullMarked
class TokenBucketTest {

  private static final long START = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();

  private final TokenBucket bucket = new TokenBucket(10, Duration.ofSeconds(1), START);

  private int taken(long now) {
    int taken = 0;
    while (taken < 100 && bucket.take(now).isZero()) {
      taken++;
    }
    return taken;
  }

  @Test
  void aFullOneGivesAllAtOnce() {
    assertEquals(10, taken(START));
  }

  @Test
  void anEmptyOneSaysHowLongToWait() {
    taken(START);

    assertEquals(Duration.ofMillis(100), bucket.take(START));
    assertEquals(Duration.ofMillis(40), bucket.take(START + Duration.ofMillis(60).toNanos()));
  }

  @Test
  void itFillsSteadily() {
    taken(START);

    assertEquals(3, taken(START + Duration.ofMillis(350).toNanos()));
  }

  @Test
  void itHoldsNoMoreThanItCan() {
    assertEquals(10, taken(START + Duration.ofHours(1).toNanos()));
  }

  @Test
  void waitingTakesNothing() {
    taken(START);
    long later = START + Duration.ofMillis(100).toNanos();

    assertEquals(Duration.ZERO, bucket.untilNext(later));
    assertEquals(1, taken(later));
    assertEquals(Duration.ofMillis(100), bucket.untilNext(later));
  }
}
