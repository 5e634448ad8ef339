package org.tokenbroker.refresh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@NullMarked
class BackoffTest {

  private static final Duration EXPIRED = Duration.ofSeconds(-1);

  /** Draws always the same. */
  private static RandomGenerator drawing(double value) {
    return new RandomGenerator() {
      @Override
      public long nextLong() {
        throw new AssertionError("only doubles are drawn");
      }

      @Override
      public double nextDouble() {
        return value;
      }
    };
  }

  @ParameterizedTest
  @CsvSource({"0,30", "1,60", "2,120", "6,1920", "7,3600", "1000,3600"})
  void theLongestPauseDoublesUpToAnHour(int failures, long seconds) {
    Duration longest = Backoff.after(failures, EXPIRED, drawing(Math.nextDown(1.0)));

    assertEquals(seconds, Math.round(longest.toMillis() / 1000.0));
  }

  @Test
  void theShortestPauseIs30Seconds() {
    assertEquals(Duration.ofSeconds(30), Backoff.after(1000, EXPIRED, drawing(0)));
  }

  @Test
  void beforeATokenExpiresItIsTriedAgain() {
    assertEquals(Duration.ofMinutes(5), Backoff.after(1000, Duration.ofMinutes(10), drawing(0.9)));
  }

  @Test
  void shortlyBeforeATokenExpiresItIsNotTriedInALoop() {
    assertEquals(Duration.ofSeconds(5), Backoff.after(1000, Duration.ofSeconds(1), drawing(0.9)));
  }

  @Test
  void pausesAreSpread() {
    Duration early = Backoff.after(3, EXPIRED, drawing(0.1));
    Duration late = Backoff.after(3, EXPIRED, drawing(0.9));

    assertTrue(late.minus(early).compareTo(Duration.ofMinutes(2)) > 0);
  }
}
