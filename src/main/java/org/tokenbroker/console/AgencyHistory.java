package org.tokenbroker.console;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.audit.AgencyActivity;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditQuery;
import org.tokenbroker.audit.AuditTrail;
import org.tokenbroker.audit.AuditTrail.Row;

/** What an agency's page says of the past. */
@Singleton
class AgencyHistory {

  private static final int SHOWN = 20;

  /** What went before decides in which words something is told. */
  private static final int LOOKED_AT = 60;

  private static final Duration WEEK = Duration.ofDays(7);
  private static final Duration DAY = Duration.ofDays(1);

  private static final Set<Kind> CONNECTED =
      Set.of(Kind.AGENCY_CONNECTED, Kind.CANDIDATE_CONFIRMED);
  private static final Set<Kind> FAILED = Set.of(Kind.REFRESH_FAILED, Kind.CONSENT_LOST);

  private final AuditTrail trail;
  private final AgencyActivity activity;
  private final DatabaseClock clock;

  AgencyHistory(AuditTrail trail, AgencyActivity activity, DatabaseClock clock) {
    this.trail = trail;
    this.activity = activity;
    this.clock = clock;
  }

  /**
   * Something that happened to the agency.
   *
   * @param tone as the style sheet names it
   */
  record Event(Moment at, String words, String tone, String actor, String details) {}

  /** A caller that read the agency's token. */
  record Reader(String caller, long today, long week, Moment last) {}

  /**
   * All of it.
   *
   * @param more whether there is more than is shown
   */
  record View(
      String slug, List<Event> events, boolean more, RefreshPlot plot, List<Reader> readers) {}

  View of(String slug) {
    Instant now = clock.instant();
    LocalDate today = now.atOffset(ZoneOffset.UTC).toLocalDate();
    List<Row> rows =
        trail.read(new AuditQuery(slug, null, null, null, null, null, null, null), LOOKED_AT);
    return new View(
        slug,
        timeline(rows, now),
        rows.size() > SHOWN,
        RefreshPlot.of(activity.days(slug, RefreshPlot.firstDay(today)), today),
        activity.readers(slug, now.minus(WEEK), now.minus(DAY)).stream()
            .map(
                reader ->
                    new Reader(
                        reader.caller(),
                        reader.lately(),
                        reader.all(),
                        Moment.at(reader.last(), now)))
            .toList());
  }

  /** The newest, each in the light of what went before it. */
  static List<Event> timeline(List<Row> rows, Instant now) {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < Math.min(SHOWN, rows.size()); i++) {
      Row row = rows.get(i);
      List<Row> before = rows.subList(i + 1, rows.size());
      String name = row.actorName();
      events.add(
          new Event(
              Moment.at(row.position().time(), now),
              words(row, before),
              tone(row),
              AuditWords.actor(row.actorKind(), name == null ? "" : name),
              AuditWords.details(row.detailsByName())));
    }
    return events;
  }

  private static String words(Row row, List<Row> before) {
    Kind kind = AuditWords.kind(row.event()).orElse(null);
    if (kind == Kind.TOKEN_REFRESHED && failedBefore(before)) {
      return "Recovered: token refreshed";
    }
    if (kind == Kind.AGENCY_CONNECTED
        && before.stream().anyMatch(earlier -> is(earlier, CONNECTED))) {
      return "Agency reconnected";
    }
    return AuditWords.of(row.event());
  }

  /** Whether the last word on refreshing was that it fails. */
  private static boolean failedBefore(List<Row> before) {
    for (Row row : before) {
      if (is(row, FAILED)) {
        return true;
      }
      if (is(row, CONNECTED) || is(row, Set.of(Kind.TOKEN_REFRESHED))) {
        return false;
      }
    }
    return false;
  }

  private static boolean is(Row row, Set<Kind> kinds) {
    return AuditWords.kind(row.event()).filter(kinds::contains).isPresent();
  }

  private static String tone(Row row) {
    if (is(row, CONNECTED) || is(row, Set.of(Kind.TOKEN_REFRESHED))) {
      return "good";
    }
    if (is(row, Set.of(Kind.CONSENT_LOST))) {
      return "bad";
    }
    return is(row, Set.of(Kind.REFRESH_FAILED, Kind.CANDIDATE_KEPT, Kind.ACCESS_FORBIDDEN))
        ? "warn"
        : "plain";
  }
}
