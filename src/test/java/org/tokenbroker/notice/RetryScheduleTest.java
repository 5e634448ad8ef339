package org.tokenbroker.notice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

@NullMarked
class RetryScheduleTest {

  private final SplittableRandom random = new SplittableRandom(1);

  private Duration pause(int attempts) {
    return RetrySchedule.pauseAfter(attempts, null, random).orElseThrow();
  }

  @Test
  void pausesGrowAndTheTenthIsTheLast() {
    for (int attempts = 1; attempts < 10; attempts++) {
      assertTrue(pause(attempts).compareTo(pause(attempts + 1)) < 0, "after " + attempts);
    }
    assertTrue(pause(1).compareTo(Duration.ofSeconds(6)) <= 0);
    assertEquals(Optional.empty(), RetrySchedule.pauseAfter(11, null, random));
  }

  @Test
  void aWishForALongerPauseIsGrantedUpToADay() {
    assertEquals(
        Optional.of(Duration.ofMinutes(7)),
        RetrySchedule.pauseAfter(1, Duration.ofMinutes(7), random));
    assertEquals(
        Optional.of(Duration.ofHours(24)),
        RetrySchedule.pauseAfter(1, Duration.ofDays(400), random));
  }

  @Test
  void aWishForAShorterPauseIsNot() {
    Duration pause = RetrySchedule.pauseAfter(4, Duration.ZERO, random).orElseThrow();

    assertTrue(pause.compareTo(Duration.ofMinutes(30)) >= 0, pause::toString);
  }
}
