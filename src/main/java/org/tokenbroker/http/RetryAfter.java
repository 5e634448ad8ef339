package org.tokenbroker.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** The header {@code Retry-After} (RFC 9110 §10.2.3), as others send it to us. */
public final class RetryAfter {

  private RetryAfter() {}

  /**
   * How long the sender wants to be left alone.
   *
   * @param header the header's value, in seconds or as a date; null: there was none
   * @param now to which a date is relative
   * @return never negative, and as long as the sender wrote, so to be cut by whoever waits; null
   *     where there is no header, or it is neither
   */
  public static @Nullable Duration read(@Nullable String header, Instant now) {
    if (header == null) {
      return null;
    }
    String value = header.strip();
    Duration wait;
    try {
      wait = Duration.ofSeconds(Long.parseLong(value));
    } catch (NumberFormatException notSeconds) {
      try {
        wait =
            Duration.between(now, ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME));
      } catch (DateTimeException neither) {
        return null;
      }
    }
    return wait.isNegative() ? Duration.ZERO : wait;
  }
}
