package org.tokenbroker.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.CurrentOrigin.Origin;
import org.tokenbroker.audit.Tally.Counted;

/**
 * Adds rows to the audit trail; nothing here, or elsewhere in the application, changes one. All
 * times are the database's: what is written some time after it happened is dated back by its age.
 */
@Singleton
class AuditTables {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long NANOS_PER_MICROSECOND = 1000;

  private final DataSource dataSource;

  AuditTables(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * An event that is written after it happened.
   *
   * @param nanoTime when it happened, as of {@link System#nanoTime()}
   */
  record Past(AuditEvent event, Origin origin, long nanoTime) {}

  /** What hand-outs are told apart by; no agency: more than could be told apart. */
  record Handed(String caller, @Nullable String agency, long generation) {

    /** Written out: each read compares one, and what records bring along for it is not inlined. */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Handed that
          && generation == that.generation
          && Objects.equals(agency, that.agency)
          && caller.equals(that.caller);
    }

    @Override
    public int hashCode() {
      return (31 * Objects.hashCode(agency) + caller.hashCode()) * 31 + Long.hashCode(generation);
    }
  }

  /** What refusals are told apart by. */
  record Refusal(
      AuditEvent.Kind kind, Actor actor, @Nullable String agency, @Nullable String address) {}

  /** Adds an event that happens now, in the transaction that is under way, if there is one. */
  void add(AuditEvent event, Origin origin) throws SQLException {
    String insert =
        """
        insert into audit_event (event, actor_kind, actor_name, agency, caller, request_id, details)
        values (?, ?, ?, ?, ?, ?, ?::jsonb)
        """;
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(insert)) {
      statement.setString(1, event.kind().toString());
      statement.setString(2, origin.actor().kind().toString());
      statement.setString(3, origin.actor().name());
      statement.setString(4, event.agency());
      statement.setString(5, event.caller());
      statement.setString(6, origin.requestId());
      statement.setString(7, json(event));
      statement.executeUpdate();
    }
  }

  /** Adds all of these events, or none. */
  void addPast(List<Past> events) throws SQLException {
    String insert =
        """
        insert into audit_event
               (occurred_at, event, actor_kind, actor_name, agency, caller, request_id, details)
        select statement_timestamp() - age * interval '1 microsecond',
               event, actor_kind, actor_name, agency, caller, request_id, details::jsonb
          from unnest(?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
                      ?::text[], ?::text[])
            as row (age, event, actor_kind, actor_name, agency, caller, request_id, details)
        """;
    addAll(
        insert,
        events,
        List.of(Past::nanoTime),
        List.of(
            past -> past.event().kind().toString(),
            past -> past.origin().actor().kind().toString(),
            past -> past.origin().actor().name(),
            past -> past.event().agency(),
            past -> past.event().caller(),
            past -> past.origin().requestId(),
            past -> json(past.event())));
  }

  /** Adds all of these refusals, or none; each dated by its first one. */
  void addRefusals(List<Counted<Refusal>> refusals) throws SQLException {
    String insert =
        """
        insert into audit_event
               (occurred_at, event, actor_kind, actor_name, agency, caller, details)
        select statement_timestamp() - first * interval '1 microsecond',
               event, actor_kind, actor_name, agency,
               case when actor_kind = 'caller' then actor_name end,
               jsonb_strip_nulls(jsonb_build_object('address', address, 'count', count, 'last_at',
                   to_char((statement_timestamp() - last * interval '1 microsecond')
                               at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')))
          from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::text[],
                      ?::text[], ?::text[])
            as row (first, last, count, event, actor_kind, actor_name, agency, address)
        """;
    addAll(
        insert,
        refusals,
        List.of(Counted::first, Counted::last),
        List.of(
            refusal -> refusal.count(),
            refusal -> refusal.key().kind().toString(),
            refusal -> refusal.key().actor().kind().toString(),
            refusal -> refusal.key().actor().name(),
            refusal -> refusal.key().agency(),
            refusal -> refusal.key().address()));
  }

  /** Adds all of these hand-outs, or none. */
  void addHandouts(List<Counted<Handed>> handouts) throws SQLException {
    String insert =
        """
        insert into handout_count (first_at, last_at, generation, hand_outs, agency, caller)
        select statement_timestamp() - first * interval '1 microsecond',
               statement_timestamp() - last * interval '1 microsecond',
               generation, hand_outs, agency, caller
          from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[], ?::text[])
            as row (first, last, generation, hand_outs, agency, caller)
        """;
    addAll(
        insert,
        handouts,
        List.of(Counted::first, Counted::last),
        List.of(
            handout -> handout.key().generation(),
            handout -> handout.count(),
            handout -> handout.key().agency(),
            handout -> handout.key().caller()));
  }

  private static String json(AuditEvent event) {
    try {
      return JSON.writeValueAsString(event.details());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("details are numbers, texts and lists of texts", e);
    }
  }

  /**
   * One statement for all rows, which takes each column as an array.
   *
   * @param moments of {@link System#nanoTime()}: the first columns, each given as its age in
   *     microseconds. Taken last: whatever went before it, a wait for a connection above all, would
   *     date the rows too late, and behind what happened after them
   */
  private <R> void addAll(
      String insert,
      List<R> rows,
      List<ToLongFunction<R>> moments,
      List<Function<R, @Nullable Object>> columns)
      throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(insert)) {
      for (int i = 0; i < columns.size(); i++) {
        Object[] values = rows.stream().map(columns.get(i)).toArray();
        boolean numbers = values[0] instanceof Long;
        statement.setArray(
            moments.size() + i + 1, connection.createArrayOf(numbers ? "bigint" : "text", values));
      }
      long now = System.nanoTime();
      for (int i = 0; i < moments.size(); i++) {
        ToLongFunction<R> moment = moments.get(i);
        Object[] ages =
            rows.stream()
                .map(row -> Math.max(0, now - moment.applyAsLong(row)) / NANOS_PER_MICROSECOND)
                .toArray();
        statement.setArray(i + 1, connection.createArrayOf("bigint", ages));
      }
      statement.executeUpdate();
    }
  }
}
