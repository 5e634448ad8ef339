package org.tokenbroker.audit;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the audit trail. Null: no matter which.
 *
 * @param actor the name of who did it, whatever its kind; of those without a name the kind, such as
 *     {@code broker}
 * @param from the earliest time
 * @param to the time before which
 * @param after the row behind which the answer begins, going back in time
 * @param limit how many at most; null: not said
 */
public record AuditQuery(
    @Nullable String agency,
    @Nullable String caller,
    @Nullable String actor,
    AuditEvent.@Nullable Kind event,
    @Nullable Instant from,
    @Nullable Instant to,
    @Nullable Position after,
    @Nullable Integer limit) {

  /** The longest name of an actor that can be asked for, in characters. */
  public static final int LONGEST_ACTOR = 255;

  /** Whether an actor could be called so. */
  public static boolean isActor(String name) {
    return !name.isEmpty()
        && name.length() <= LONGEST_ACTOR
        && name.chars().noneMatch(Character::isISOControl);
  }

  /**
   * A row's place in the order of all, which never changes; written as {@code <microseconds since
   * 1970>-<id>}.
   */
  public record Position(Instant time, long id) {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,17})-([0-9]{1,18})");

    /** Reads what was written so; null if it is not. */
    public static @Nullable Position parse(String text) {
      Matcher parts = FORM.matcher(text);
      return parts.matches()
          ? new Position(
              Instant.EPOCH.plus(Long.parseLong(parts.group(1)), ChronoUnit.MICROS),
              Long.parseLong(parts.group(2)))
          : null;
    }

    @Override
    public String toString() {
      return ChronoUnit.MICROS.between(Instant.EPOCH, time) + "-" + id;
    }
  }

  /** The same, but behind this row. */
  public AuditQuery after(Position position) {
    return new AuditQuery(agency, caller, actor, event, from, to, position, limit);
  }
}
