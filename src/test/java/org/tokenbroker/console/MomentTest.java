package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@NullMarked
class MomentTest {

  private static final Instant NOW = Instant.parse("2026-11-24T17:58:49Z");

  @ParameterizedTest
  @CsvSource({
    "PT0S, in less than a minute",
    "PT59S, in less than a minute",
    "-PT59S, just now",
    "PT60S, in 1 minute",
    "-PT119M, 119 minutes ago",
    "PT2H, in 2 hours",
    "-PT71H59M, 71 hours ago",
    "PT72H, in 3 days",
    "P365D, in 365 days"
  })
  void sayHowFarAwayATimeIs(Duration away, String words) {
    Moment moment = Moment.of(NOW.plus(away), NOW);

    assertEquals(words, moment == null ? "none" : moment.words());
  }

  @Test
  void sayExactlyWhenItIs() {
    assertEquals(
        new Moment("just now", "24 November 2026, 17:58:48 UTC", "2026-11-24T17:58:48Z"),
        Moment.of(NOW.minusSeconds(1), NOW));
  }

  @Test
  void noTimeIsNoMoment() {
    assertNull(Moment.of(null, NOW));
  }
}
