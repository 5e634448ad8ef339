package org.tokenbroker.console;

import jakarta.ws.rs.core.UriBuilder;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditQuery;
import org.tokenbroker.audit.AuditQuery.Position;
import org.tokenbroker.problem.Slug;

/**
 * What is asked of the audit trail on its page, as it stands in the address.
 *
 * @param agency and all others: empty where it does not matter
 * @param from and {@code to}: as a browser's field for date and time has it, in UTC
 * @param query what it means; where something is wrong, without that
 * @param faults by field, what is wrong with it, as a whole sentence
 */
record AuditFilter(
    String agency,
    String caller,
    String actor,
    String event,
    String from,
    String to,
    AuditQuery query,
    Map<String, String> faults) {

  static final String ADDRESS = "/console/audit";

  private static final DateTimeFormatter FIELD =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm[:ss]")
          .withResolverStyle(ResolverStyle.STRICT);
  private static final DateTimeFormatter SHOWN =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss").withZone(ZoneOffset.UTC);

  /** What the database can hold. */
  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");

  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

  AuditFilter {
    faults = Map.copyOf(faults);
  }

  static AuditFilter of(
      @Nullable String agency,
      @Nullable String caller,
      @Nullable String actor,
      @Nullable String event,
      @Nullable String from,
      @Nullable String to,
      @Nullable String after) {
    Map<String, String> faults = new HashMap<>();
    String agencyText = stripped(agency);
    String callerText = stripped(caller);
    String actorText = stripped(actor);
    if (!actorText.isEmpty() && !AuditQuery.isActor(actorText)) {
      faults.put("actor", "No name is so long, or has such characters in it.");
    }
    Instant fromTime = time("from", stripped(from), faults);
    Instant toTime = time("to", stripped(to), faults);
    if (fromTime != null && toTime != null && toTime.isBefore(fromTime)) {
      faults.put("to", "This lies before the time from which on to look.");
    }
    AuditEvent.Kind kind = AuditWords.kind(stripped(event)).orElse(null);
    if (kind == null && !stripped(event).isEmpty()) {
      faults.put("event", "There is no such event.");
    }
    AuditQuery query =
        new AuditQuery(
            slug("agency", agencyText, faults),
            slug("caller", callerText, faults),
            actorText.isEmpty() || faults.containsKey("actor") ? null : actorText,
            kind,
            fromTime,
            toTime,
            after == null ? null : Position.parse(after),
            null);
    return new AuditFilter(
        agencyText,
        callerText,
        actorText,
        kind == null ? "" : kind.toString(),
        fromTime == null ? stripped(from) : SHOWN.format(fromTime),
        toTime == null ? stripped(to) : SHOWN.format(toTime),
        query,
        faults);
  }

  private static @Nullable String slug(String field, String text, Map<String, String> faults) {
    if (text.isEmpty()) {
      return null;
    }
    if (!Slug.matches(text)) {
      faults.put(field, "This is no short name; those look like springfield-fd.");
      return null;
    }
    return text;
  }

  private static @Nullable Instant time(String field, String text, Map<String, String> faults) {
    if (text.isEmpty()) {
      return null;
    }
    try {
      Instant time =
          text.endsWith("Z")
              ? OffsetDateTime.parse(text).toInstant()
              : LocalDateTime.parse(text, FIELD).toInstant(ZoneOffset.UTC);
      if (!time.isBefore(EARLIEST) && !time.isAfter(LATEST)) {
        return time;
      }
    } catch (DateTimeException e) {
      // It is no time: said below.
    }
    faults.put(field, "This is no date and time; those look like 2026-11-24T17:58.");
    return null;
  }

  /** What is wrong with a field; null if nothing is. */
  public @Nullable String fault(String field) {
    return faults.get(field);
  }

  /** Whether anything is filtered at all. */
  public boolean filters() {
    return !(agency + caller + actor + event + from + to).isEmpty();
  }

  /** Whether the page does not begin with the newest. */
  public boolean older() {
    return query.after() != null;
  }

  /** The page's address with the newest of it. */
  public String newest() {
    return address(ADDRESS).build().toString();
  }

  /** The page's address with what is behind this row. */
  String behind(Position position) {
    return address(ADDRESS).queryParam("after", position).build().toString();
  }

  /** The page's address with all that somebody did, the newest of it. */
  static String ofActor(String actor) {
    UriBuilder address = UriBuilder.fromPath(ADDRESS);
    add(address, "actor", actor);
    return address.build().toString();
  }

  /** Where to get all of it, as a file in this format. */
  public String export(String format) {
    return address(ADDRESS + "/export").queryParam("format", format).build().toString();
  }

  private UriBuilder address(String path) {
    UriBuilder address = UriBuilder.fromPath(path);
    add(address, "agency", agency);
    add(address, "caller", caller);
    add(address, "actor", actor);
    add(address, "event", event);
    add(address, "from", from);
    add(address, "to", to);
    return address;
  }

  private static void add(UriBuilder address, String name, String value) {
    if (!value.isEmpty()) {
      address.queryParam(name, "{" + name + "}").resolveTemplate(name, value);
    }
  }

  private static String stripped(@Nullable String field) {
    return field == null ? "" : field.strip();
  }
}
