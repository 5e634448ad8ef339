package org.tokenbroker.review;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditQuery;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.Problem.FieldError;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/** Reads what is asked for from an address's parameters. */
final class AuditParameters {

  /** The longest page. */
  static final int LARGEST_LIMIT = 1000;

  private static final String NAME =
      "must be 1 to " + AuditQuery.LONGEST_ACTOR + " characters, none of them a control character";
  private static final String TIME = "must be a time as in RFC 3339, such as 2026-11-24T17:58:49Z";
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");
  private static final Pattern LIMIT = Pattern.compile("1000|[1-9][0-9]{0,2}");

  private AuditParameters() {}

  /**
   * Reads what was sent.
   *
   * @throws org.tokenbroker.problem.ProblemException that names every parameter that is wrong
   */
  static AuditQuery parse(
      @Nullable String agency,
      @Nullable String caller,
      @Nullable String actor,
      @Nullable String event,
      @Nullable String from,
      @Nullable String to,
      @Nullable String after,
      @Nullable String limit) {
    List<FieldError> errors = new ArrayList<>();
    AuditQuery query =
        new AuditQuery(
            read("agency", agency, AuditParameters::slug, "must match " + Slug.REGEX, errors),
            read("caller", caller, AuditParameters::slug, "must match " + Slug.REGEX, errors),
            read("actor", actor, AuditParameters::name, NAME, errors),
            read("event", event, AuditParameters::kind, "must be one of " + kinds(), errors),
            read("from", from, AuditParameters::time, TIME, errors),
            read("to", to, AuditParameters::time, TIME, errors),
            read("after", after, AuditQuery.Position::parse, "must be the id of an item", errors),
            read(
                "limit",
                limit,
                AuditParameters::number,
                "must be a whole number from 1 to 1000",
                errors));
    if (query.from() != null && query.to() != null && query.to().isBefore(query.from())) {
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

  private static @Nullable String name(String text) {
    return AuditQuery.isActor(text) ? text : null;
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
