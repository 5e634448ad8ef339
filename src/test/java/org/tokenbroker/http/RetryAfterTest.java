package org.tokenbroker.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class RetryAfterTest {

  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "120, 120",
    "' 120 ', 120",
    "-3, 0",
    "9223372036854775807, 9223372036854775807",
    "'Tue, 24 Nov 2026 13:00:00 GMT', 3600",
    "' Tue, 24 Nov 2026 13:00:00 GMT', 3600",
    "'Tue, 24 Nov 2026 11:00:00 GMT', 0",
  })
  void itComesInSecondsOrAsADate(String header, long seconds) {
    assertEquals(Duration.ofSeconds(seconds), RetryAfter.read(header, NOW));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "soon", "1.5", "99999999999999999999", "Tue, 31 Nov 2026 13:00:00 GMT"})
  void whatIsNeitherIsNone(String header) {
    assertNull(RetryAfter.read(header, NOW));
  }

  @Test
  void noHeaderIsNone() {
    assertNull(RetryAfter.read(null, NOW));
  }
}
