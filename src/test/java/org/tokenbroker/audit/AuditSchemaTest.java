package org.tokenbroker.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.testing.TestDatabase;

/** What the database itself sees to: who may do what to the audit trail, and where rows go. */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class AuditSchemaTest {

  private static final String GRANTS = "src/main/resources/db/application-role.sql";
  private static final String NOT_ALLOWED = "42501";

  private static final String AN_EVENT =
      "insert into audit_event (event, actor_kind) values ('signed_in', 'admin')";
  private static final String A_COUNT =
      """
      insert into handout_count (first_at, last_at, agency, caller, generation, hand_outs)
      values (clock_timestamp(), clock_timestamp(), 'a', 'c', 1, 1)
      """;

  private TestDatabase owner;
  private TestDatabase application;

  @BeforeEach
  void anOwnerAndAnApplication() throws SQLException, IOException {
    owner = TestDatabase.createWithPassword("owner").migrated();
    application = owner.asAnotherRole();
    owner.execute(
        "set broker.application_role = '"
            + application.user()
            + "';\n"
            + Files.readString(Path.of(GRANTS)));
  }

  private static void isRefused(TestDatabase role, String statement) {
    SQLException refusal = assertThrows(SQLException.class, () -> role.execute(statement));
    assertEquals(NOT_ALLOWED, refusal.getSQLState(), refusal::getMessage);
  }

  private long rows(String table) throws SQLException {
    return owner.number("select count(*) from " + table);
  }

  @Test
  void theApplicationAddsAndReads() throws SQLException {
    application.execute(AN_EVENT);
    application.execute(A_COUNT);

    assertEquals(1, application.number("select count(*) from audit_event"));
    assertEquals(1, application.number("select count(*) from handout_count"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "update audit_event set actor_name = 'x'",
        "delete from audit_event",
        "truncate audit_event",
        "drop table audit_event",
        "alter table audit_event disable trigger all",
        "update handout_count set hand_outs = 0",
        "delete from handout_count",
        "truncate handout_count",
        "delete from audit_event_default",
        "truncate handout_count_default",
        "insert into audit_event_default (event, actor_kind) values ('signed_in', 'admin')",
        "set broker.audit_purge = 'on'; delete from audit_event",
        "select audit_delete(clock_timestamp())",
        "select audit_drop_months(clock_timestamp())",
        "create table audit_event_2000_01 partition of audit_event"
            + " for values from ('2000-01-01') to ('2000-02-01')",
        "delete from flyway_schema_history",
        "update flyway_schema_history set success = true",
      })
  void theApplicationMayDoNothingElse(String statement) throws SQLException {
    owner.execute(AN_EVENT + ";" + A_COUNT);

    isRefused(application, statement);

    assertEquals(2, rows("audit_event") + rows("handout_count"));
  }

  @Test
  void theApplicationMayNotReachAMonthBesideItsTable() throws SQLException {
    owner.execute(AN_EVENT);
    String month = "audit_event_' || to_char(clock_timestamp() at time zone 'UTC', 'YYYY_MM')";

    for (String statement : new String[] {"delete from ", "truncate ", "drop table "}) {
      isRefused(application, "do $$ begin execute '" + statement + month + "; end $$");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "update audit_event set actor_name = 'x'",
        "delete from audit_event",
        "truncate audit_event",
        "update handout_count set hand_outs = 0",
        "delete from handout_count",
        "truncate handout_count",
      })
  void whereOneRoleDoesEverythingItCannotChangeRowsByMistake(String statement) throws SQLException {
    owner.execute(AN_EVENT + ";" + A_COUNT);

    isRefused(owner, statement);

    assertEquals(2, rows("audit_event") + rows("handout_count"));
  }

  @Test
  void theOwnerCannotEmptyAMonthByMistake() throws SQLException {
    isRefused(
        owner,
        "do $$ begin execute 'truncate handout_count_'"
            + " || to_char(clock_timestamp() at time zone 'UTC', 'YYYY_MM'); end $$");
  }

  @ParameterizedTest
  @ValueSource(strings = {"audit_event", "handout_count"})
  void thisMonthAndTheNextTwoAreThereFromTheBeginning(String table) throws SQLException {
    owner.execute(AN_EVENT + ";" + A_COUNT);

    // Three months and the net below them, in which nothing lies.
    assertEquals(
        4,
        owner.number(
            "select count(*) from pg_inherits where inhparent = '" + table + "'::regclass"));
    assertEquals(0, rows(table + "_default"));
  }

  @Test
  void theApplicationHasMissingMonthsMadeAndRowsMoveThere() throws SQLException {
    owner.execute(
        """
        do $$ begin
          execute 'drop table audit_event_'
              || to_char(clock_timestamp() at time zone 'UTC', 'YYYY_MM');
        end $$
        """);
    application.execute(AN_EVENT);
    assertEquals(1, rows("audit_event_default"));

    application.execute("select audit_create_partitions()");

    assertEquals(0, rows("audit_event_default"));
    assertEquals(1, rows("audit_event"));
    isRefused(owner, "delete from audit_event");
    isRefused(application, "delete from audit_event");
    application.execute(AN_EVENT);
    assertEquals(0, rows("audit_event_default"));
  }

  @Test
  void aLongReadOfOtherMonthsDoesNotKeepNewMonthsFromBeingMade() throws SQLException {
    owner.execute(
        """
        do $$ begin
          execute 'drop table audit_event_'
              || to_char((clock_timestamp() at time zone 'UTC') + interval '2 months', 'YYYY_MM');
        end $$
        """);
    long month =
        owner.number("select extract(epoch from date_trunc('month', now(), 'UTC'))::bigint");
    try (var connection = application.dataSource().getConnection();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      // Of one month only: the planner leaves the others out.
      statement.executeQuery(
          "select count(*) from audit_event where occurred_at >= to_timestamp(%d)".formatted(month)
              + " and occurred_at < to_timestamp(%d + 1000)".formatted(month));
      application.execute(AN_EVENT);

      application.execute("select audit_create_partitions()");
    }

    assertEquals(
        4,
        owner.number("select count(*) from pg_inherits where inhparent = 'audit_event'::regclass"));
  }

  @Test
  void whatIsTooOldIsPurgedToTheRow() throws SQLException {
    owner.execute(
        """
        create table audit_event_2020_01 partition of audit_event
            for values from ('2020-01-01Z') to ('2020-02-01Z');
        create table audit_event_2020_02 partition of audit_event
            for values from ('2020-02-01Z') to ('2020-03-01Z');
        insert into audit_event (occurred_at, event, actor_kind) values
            ('2020-01-31T23:59:59Z', 'a', 'admin'),
            ('2020-02-10T11:59:59Z', 'b', 'admin'),
            ('2020-02-10T12:00:00Z', 'c', 'admin'),
            ('2020-03-01T00:00:00Z', 'd', 'admin');
        """);

    assertEquals(1, owner.number("select audit_drop_months('2020-02-10T12:00:00Z')"));
    assertEquals(1, owner.number("select audit_delete('2020-02-10T12:00:00Z')"));

    assertEquals(0, owner.number("select count(*) from audit_event where event not in ('c', 'd')"));
    assertEquals(2, rows("audit_event"));
  }

  @Test
  void theGrantsAreForAnotherRoleThanTheOwners() throws IOException {
    String grants = Files.readString(Path.of(GRANTS));

    assertThrows(
        SQLException.class,
        () -> owner.execute("set broker.application_role = '" + owner.user() + "';\n" + grants));
  }
}
