package org.tokenbroker.console;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A time as a page shows it: how far away it is, and on a closer look exactly when.
 *
 * @param words such as "in 5 hours"
 * @param exact date and time in UTC, for people
 * @param iso the same for programs (RFC 3339)
 */
record Moment(String words, String exact, String iso) {

  private static final DateTimeFormatter EXACT =
      DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm:ss 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private static final Duration SHORT = Duration.ofSeconds(60);
  private static final long MINUTES_LIMIT = 120;
  private static final long HOURS_LIMIT = 72;

  /** The moment as seen from now; null if there is none. */
  static @Nullable Moment of(@Nullable Instant time, Instant now) {
    return time == null ? null : at(time, now);
  }

  /** The moment as seen from now. */
  static Moment at(Instant time, Instant now) {
    return new Moment(
        words(Duration.between(now, time)),
        exact(time),
        time.truncatedTo(ChronoUnit.SECONDS).toString());
  }

  /** Date and time in UTC, for people. */
  static String exact(Instant time) {
    return EXACT.format(time);
  }

  private static String words(Duration ahead) {
    boolean past = ahead.isNegative();
    Duration away = ahead.abs();
    if (away.compareTo(SHORT) < 0) {
      return past ? "just now" : "in less than a minute";
    }
    String amount = amount(away);
    return past ? amount + " ago" : "in " + amount;
  }

  private static String amount(Duration away) {
    if (away.toMinutes() < MINUTES_LIMIT) {
      return away.toMinutes() == 1 ? "1 minute" : away.toMinutes() + " minutes";
    }
    return away.toHours() < HOURS_LIMIT ? away.toHours() + " hours" : away.toDays() + " days";
  }
}
