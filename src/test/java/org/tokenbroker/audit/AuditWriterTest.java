package org.tokenbroker.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditQuery.Position;
import org.tokenbroker.audit.AuditTrail.Row;
import org.tokenbroker.audit.CurrentOrigin.Origin;
import org.tokenbroker.testing.MigratedDatabase;

/** What is written behind, on real PostgreSQL, and what becomes of it while that is away. */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class AuditWriterTest {

  @RegisterExtension final MigratedDatabase database = new MigratedDatabase();

  private static final Origin ORIGIN = new Origin(Actor.admin("ann"), "request-1");

  private volatile boolean away;

  /** What a connection takes until it is there, on the database's clock. */
  private volatile Duration onTheWay = Duration.ZERO;

  private volatile Instant connected = Instant.MAX;
  private AuditWriter writer;
  private AuditTrail trail;

  @BeforeEach
  void aWriter() {
    writer = new AuditWriter(new AuditTables(source()));
    trail = new AuditTrail(database.dataSource());
  }

  /** The database, unless it is away. */
  private DataSource source() {
    return (DataSource)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              if (away) {
                throw new SQLException("away", "08001");
              }
              if (!onTheWay.isZero()) {
                waitFor(onTheWay);
              }
              return method.invoke(database.dataSource(), arguments);
            });
  }

  private List<Row> rows(Kind kind) {
    return trail.read(new AuditQuery(null, null, null, kind, null, null, null, null), 1000);
  }

  private static int number(Row row, String detail) {
    return (int) Objects.requireNonNull(row.detailsByName().get(detail));
  }

  private Instant now() throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select clock_timestamp()")) {
      row.next();
      return row.getObject(1, OffsetDateTime.class).toInstant();
    }
  }

  @Test
  void aNotedEventIsWrittenWithItsTime() throws SQLException {
    Instant before = now();
    writer.note(
        AuditEvent.of(Kind.TOKEN_REFRESHED).agency("a-fd").with(Detail.REASON, "due"), ORIGIN);
    Instant after = now();
    now(); // some time more until it is written
    writer.writeAll();

    Row row = rows(Kind.TOKEN_REFRESHED).getFirst();
    assertEquals("admin", row.actorKind());
    assertEquals("ann", row.actorName());
    assertEquals("a-fd", row.agency());
    assertNull(row.caller());
    assertEquals("request-1", row.requestId());
    assertEquals(Map.of("reason", "due"), row.detailsByName());
    // Dated back by the age that it has when the statement is sent: as exact as its way there is
    // short.
    Duration tolerance = Duration.ofSeconds(5);
    assertTrue(!row.position().time().isBefore(before.minus(tolerance)));
    assertTrue(!row.position().time().isAfter(after.plus(tolerance)));
  }

  private void waitFor(Duration time) throws SQLException {
    Instant end = now().plus(time);
    do {
      connected = now();
    } while (connected.isBefore(end));
  }

  @Test
  void whatWaitsForAConnectionIsDatedBeforeWhatHappensMeanwhile() {
    onTheWay = Duration.ofMillis(300);

    writer.note(AuditEvent.of(Kind.TOKEN_REFRESHED).agency("a-fd"), ORIGIN);
    assertIsWrittenWithATimeBeforeTheConnections(Kind.TOKEN_REFRESHED);

    writer.refused(Kind.AUTHENTICATION_FAILED, "192.0.2.1");
    assertIsWrittenWithATimeBeforeTheConnections(Kind.AUTHENTICATION_FAILED);
  }

  private void assertIsWrittenWithATimeBeforeTheConnections(Kind kind) {
    writer.writeAll();

    Instant dated = rows(kind).getFirst().position().time();
    assertTrue(dated.isBefore(connected), () -> dated + ", and the connection of " + connected);
  }

  @Test
  void refusalsAreCountedByAddress() {
    writer.refused(Kind.AUTHENTICATION_FAILED, "192.0.2.1");
    writer.refused(Kind.AUTHENTICATION_FAILED, "192.0.2.1");
    writer.refused(Kind.SIGN_IN_FAILED, "192.0.2.1");
    writer.refused(Kind.AUTHENTICATION_FAILED, "2001:db8::1");
    writer.writeAll();

    assertEquals(
        Map.of("192.0.2.1", 2, "2001:db8::1", 1),
        rows(Kind.AUTHENTICATION_FAILED).stream()
            .map(Row::detailsByName)
            .collect(Collectors.toMap(one -> one.get("address"), one -> one.get("count"))));
    Row signIn = rows(Kind.SIGN_IN_FAILED).getFirst();
    assertEquals("unknown", signIn.actorKind());
    assertEquals(1, signIn.detailsByName().get("count"));
    Instant last = Instant.parse((String) signIn.detailsByName().get("last_at"));
    assertTrue(!last.isBefore(signIn.position().time()));
  }

  @Test
  void aFloodFromEverywhereFillsNoDisk() {
    for (int i = 0; i < 10_000; i++) {
      writer.refused(Kind.AUTHENTICATION_FAILED, "2001:db8::" + i);
    }
    writer.writeAll();

    List<Row> rows = rows(Kind.AUTHENTICATION_FAILED);
    assertTrue(rows.size() <= 101, () -> rows.size() + " rows");
    assertEquals(10_000, rows.stream().mapToInt(row -> number(row, "count")).sum());
  }

  @Test
  void forbiddenReadsAreCountedByCallerAndAgency() {
    writer.forbidden(Actor.caller("board"), "a-fd");
    writer.forbidden(Actor.caller("board"), "a-fd");
    writer.forbidden(Actor.caller("board"), null);
    writer.writeAll();

    List<Row> ofAgency =
        trail.read(new AuditQuery("a-fd", "board", null, null, null, null, null, null), 10);
    assertEquals(1, ofAgency.size());
    assertEquals("access_forbidden", ofAgency.getFirst().event());
    assertEquals(2, ofAgency.getFirst().detailsByName().get("count"));
    assertEquals(2, rows(Kind.ACCESS_FORBIDDEN).size());
  }

  @Test
  void handoutsAreCountedByCallerAgencyAndToken() {
    for (int i = 0; i < 1000; i++) {
      writer.handedOut("board", "a-fd", 7);
    }
    writer.handedOut("board", "a-fd", 8);
    writer.handedOut("board", "b-fd", 7);
    writer.handedOut("other", "a-fd", 7);
    writer.writeAll();

    Map<Object, Object> ofBoard =
        trail
            .read(new AuditQuery("a-fd", "board", null, Kind.HANDOUT, null, null, null, null), 10)
            .stream()
            .map(Row::detailsByName)
            .collect(Collectors.toMap(one -> one.get("generation"), one -> one.get("count")));
    assertEquals(Map.of(7, 1000, 8, 1), ofBoard);
    assertEquals(4, rows(Kind.HANDOUT).size());
  }

  @Test
  void whatIsCountedIsNotWrittenAtOnce() {
    writer.handedOut("board", "a-fd", 7);
    writer.writeWhatIsDue();

    assertEquals(0, rows(Kind.HANDOUT).size());
  }

  @Test
  void whileTheDatabaseIsAwayEverythingIsKept() {
    away = true;
    for (int minute = 0; minute < 100; minute++) {
      writer.note(AuditEvent.of(Kind.TOKEN_REFRESHED), ORIGIN);
      writer.handedOut("board", "a-fd", 7);
      writer.refused(Kind.AUTHENTICATION_FAILED, "192.0.2.1");
      writer.writeAll();
    }
    assertEquals(0, rows(Kind.TOKEN_REFRESHED).size());

    away = false;
    writer.writeAll();

    assertEquals(100, rows(Kind.TOKEN_REFRESHED).size());
    assertEquals(1, rows(Kind.HANDOUT).size());
    assertEquals(100, rows(Kind.HANDOUT).getFirst().detailsByName().get("count"));
    assertEquals(100, rows(Kind.AUTHENTICATION_FAILED).getFirst().detailsByName().get("count"));
  }

  @Test
  void whereThereIsNoRoomLeftTheTrailSaysSo() throws SQLException {
    away = true;
    for (int i = 0; i < 25_000; i++) {
      writer.note(AuditEvent.of(Kind.TOKEN_REFRESHED), ORIGIN);
      if (i == 12_000) {
        writer.writeAll();
      }
    }
    away = false;
    writer.writeAll();
    writer.writeAll();

    List<Row> incomplete = rows(Kind.AUDIT_INCOMPLETE);
    assertEquals(1, incomplete.size());
    int lost = number(incomplete.getFirst(), "lost");
    assertEquals(
        25_000,
        lost
            + database
                .database()
                .number("select count(*) from audit_event where event = 'token_refreshed'"));
  }

  @Test
  void pagesDoNotMoveWhileRowsAreAdded() {
    for (int i = 0; i < 25; i++) {
      writer.note(AuditEvent.of(Kind.AGENCY_PAUSED).agency("agency-" + i), ORIGIN);
    }
    writer.writeAll();
    List<String> whole = rows(Kind.AGENCY_PAUSED).stream().map(Row::agency).toList();

    AuditQuery query = new AuditQuery(null, null, null, Kind.AGENCY_PAUSED, null, null, null, null);
    List<String> paged = new ArrayList<>();
    List<Row> page = trail.read(query, 4);
    while (!page.isEmpty()) {
      page.forEach(row -> paged.add(String.valueOf(row.agency())));
      writer.note(AuditEvent.of(Kind.AGENCY_PAUSED).agency("later"), ORIGIN);
      writer.writeAll();
      Position last = page.getLast().position();
      page = trail.read(query.after(last), 4);
    }

    assertEquals(25, paged.size());
    assertEquals(whole, paged);
    assertEquals("agency-24", paged.getFirst());
  }
}
