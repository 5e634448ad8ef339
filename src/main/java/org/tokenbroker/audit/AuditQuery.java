package org.tokenbroker.audit;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.Problem.FieldError;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/**
 * What is asked of the audit trail. Null: no matter which.
 *
 * @param from the earliest time
 * @param to the time before which
 * @param after the row behind which the answer begins, going back in time
 * @param limit how many at most; null: not said
 */
record AuditQuery(
    @Nullable String agency,
    @Nullable String caller,
    AuditEvent.@Nullable Kind event,
    @Nullable Instant from,
    @Nullable Instant to,
    @Nullable Position after,
    @Nullable Integer limit) {

  static final int LARGEST_LIMIT = 1000;

  private static final String TIME = "must be a time as in RFC 3339, such as 2026-11-24T17:58:49Z";
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");
  private static final Pattern LIMIT = Pattern.compile("1000|[1-9][0-9]{0,2}");

  /**
   * A row's place in the order of all, which never changes; written as {@code <microseconds since
   * 1970>-<id>}.
   */
  record Position(Instant time, long id) {

    private static final Pattern FORM = Pattern.compile("([0-9]{1,17})-([0-9]{1,18})");

    static @Nullable Position parse(String text) {
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
  AuditQuery after(Position position) {
    return new AuditQuery(agency, caller, event, from, to, position, limit);
  }

  /**
   * Reads what was sent.
   *
   * @throws org.tokenbroker.problem.ProblemException that names every parameter that is wrong
   */
  static AuditQuery parse(
      @Nullable String agency,
      @Nullable String caller,
      @Nullable String event,
      @Nullable String from,
      @Nullable String to,
      @Nullable String after,
      @Nullable String limit) {
    List<FieldError> errors = new ArrayList<>();
    AuditQuery query =
        new AuditQuery(
            read("agency", agency, AuditQuery::slug, "must match " + Slug.REGEX, errors),
            read("caller", caller, AuditQuery::slug, "must match " + Slug.REGEX, errors),
            read("event", event, AuditQuery::kind, "must be one of " + kinds(), errors),
            read("from", from, AuditQuery::time, TIME, errors),
            read("to", to, AuditQuery::time, TIME, errors),
            read("after", after, Position::parse, "must be the id of an item", errors),
            read(
                "limit",
                limit,
                AuditQuery::number,
                "must be a whole number from 1 to 1000",
                errors));
    if (query.from != null && query.to != null && query.to.isBefore(query.from)) {
      errors.add(new FieldError("to", "must not lie before from"));
    }
    if (!errors.isEmpty()) {
      throw new Problem(
              ProblemType.INVALID_REQUEST,
              errors.size() == 1
                  ? "One field is not valid."
                  : errors.size() + " fields are not valid.",
              null,
              null,
              errors,
              null)
          .toException();
    }
    return query;
  }

  private static <T> @Nullable T read(
      String field,
      @Nullable String text,
      Function<String, @Nullable T> reader,
      String expectation,
      List<FieldError> errors) {
    if (text == null) {
      return null;
    }
    T value = reader.apply(text);
    if (value == null) {
      errors.add(new FieldError(field, expectation));
    }
    return value;
  }

  private static @Nullable String slug(String text) {
    return Slug.matches(text) ? text : null;
  }

  private static AuditEvent.@Nullable Kind kind(String text) {
    return Arrays.stream(AuditEvent.Kind.values())
        .filter(kind -> kind.toString().equals(text))
        .findFirst()
        .orElse(null);
  }

  private static String kinds() {
    return Arrays.stream(AuditEvent.Kind.values())
        .map(AuditEvent.Kind::toString)
        .collect(Collectors.joining(", "));
  }

  private static @Nullable Instant time(String text) {
    try {
      Instant time = OffsetDateTime.parse(text).toInstant();
      // What PostgreSQL cannot hold was never written either.
      return time.isBefore(EARLIEST) || time.isAfter(LATEST) ? null : time;
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static @Nullable Integer number(String text) {
    return LIMIT.matcher(text).matches() ? Integer.valueOf(text) : null;
  }
}
