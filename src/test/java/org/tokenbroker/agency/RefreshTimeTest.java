package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

@NullMarked
class RefreshTimeTest {

  private static final Instant ISSUED = Instant.parse("2026-11-24T12:00:00Z");

  @Test
  void aTokenIsDueBetween70And80PercentOfItsLife() {
    Random random = new Random(1);
    Instant earliest = Instant.MAX;
    Instant latest = Instant.MIN;
    for (int i = 0; i < 1000; i++) {
      Instant due = RefreshTime.dueAt(ISSUED, ISSUED.plusSeconds(1000), random);
      assertFalse(due.isBefore(ISSUED.plusSeconds(700)), due.toString());
      assertFalse(due.isAfter(ISSUED.plusSeconds(800)), due.toString());
      earliest = due.isBefore(earliest) ? due : earliest;
      latest = due.isAfter(latest) ? due : latest;
    }
    assertTrue(Duration.between(earliest, latest).compareTo(Duration.ofSeconds(90)) > 0);
  }

  @Test
  void aTokenThatCameExpiredIsNotAskedForInALoop() {
    assertEquals(
        ISSUED.plusSeconds(30), RefreshTime.dueAt(ISSUED, ISSUED.minusSeconds(5), new Random(1)));
  }
}
