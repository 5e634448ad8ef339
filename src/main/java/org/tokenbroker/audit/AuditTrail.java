package org.tokenbroker.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditLog.AuditFailedException;
import org.tokenbroker.audit.AuditQuery.Position;

/** Reads what was written, newest first. */
@Singleton
public class AuditTrail {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, Object>> DETAILS = new TypeReference<>() {};

  private static final String EVENTS =
      """
      select occurred_at, id, event, actor_kind, actor_name, agency, caller, request_id,
             details::text
        from audit_event where true\
      """;

  private static final String HANDOUTS =
      """
      select first_at, id, 'handout', 'caller', caller, agency, caller, null,
             jsonb_build_object('count', hand_outs, 'generation', generation, 'last_at',
                 to_char(last_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
        from handout_count where true\
      """;

  /** As the index has it. */
  private static final String ACTOR = "coalesce(actor_name, actor_kind)";

  private final DataSource dataSource;

  AuditTrail(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** One row. */
  public record Row(
      Position position,
      String event,
      String actorKind,
      @Nullable String actorName,
      @Nullable String agency,
      @Nullable String caller,
      @Nullable String requestId,
      String details) {

    /** The details, read. */
    public Map<String, Object> detailsByName() {
      try {
        return JSON.readValue(details, DETAILS);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("the database keeps only JSON here", e);
      }
    }
  }

  /**
   * The newest rows that are asked for. Hand-outs are many, and are read only by their own name.
   *
   * @param limit how many at most, whatever the query says of it
   */
  public List<Row> read(AuditQuery query, int limit) {
    boolean handouts = query.event() == AuditEvent.Kind.HANDOUT;
    String time = handouts ? "first_at" : "occurred_at";
    StringBuilder sql = new StringBuilder(handouts ? HANDOUTS : EVENTS);
    List<Object> values = new ArrayList<>();
    if (query.agency() != null) {
      sql.append(" and agency = ?");
      values.add(query.agency());
    }
    if (query.caller() != null) {
      sql.append(" and caller = ?");
      values.add(query.caller());
    }
    if (query.actor() != null) {
      sql.append(" and ").append(handouts ? "caller" : ACTOR).append(" = ?");
      values.add(query.actor());
    }
    if (query.event() != null && !handouts) {
      sql.append(" and event = ?");
      values.add(query.event().toString());
    }
    if (query.from() != null) {
      sql.append(" and ").append(time).append(" >= ?");
      values.add(offset(query.from()));
    }
    if (query.to() != null) {
      sql.append(" and ").append(time).append(" < ?");
      values.add(offset(query.to()));
    }
    Position after = query.after();
    if (after != null) {
      // The first condition is in the second one, but tells the planner which months to look at.
      sql.append(" and %1$s <= ? and (%1$s, id) < (?, ?)".formatted(time));
      values.add(offset(after.time()));
      values.add(offset(after.time()));
      values.add(after.id());
    }
    sql.append(" order by %1$s desc, id desc limit ?".formatted(time));
    values.add(limit);
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql.toString())) {
      for (int i = 0; i < values.size(); i++) {
        statement.setObject(i + 1, values.get(i));
      }
      List<Row> rows = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          rows.add(
              new Row(
                  new Position(row.getObject(1, OffsetDateTime.class).toInstant(), row.getLong(2)),
                  row.getString(3),
                  row.getString(4),
                  row.getString(5),
                  row.getString(6),
                  row.getString(7),
                  row.getString(8),
                  row.getString(9)));
        }
      }
      return rows;
    } catch (SQLException e) {
      throw new AuditFailedException(e);
    }
  }

  private static OffsetDateTime offset(Instant time) {
    return time.atOffset(ZoneOffset.UTC);
  }
}
