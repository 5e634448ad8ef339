package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;

/**
 * What reads and refreshes cost the database, as it counts that itself. Of refreshes, where many
 * are due: every statement of the packaged broker, from before it finds the first one due until the
 * last one is in the audit trail. Claims, the gate, settling, telling other replicas, looking for
 * what they have changed and the audit are among them, and so is whatever is asked by the clock
 * meanwhile; BEGIN and COMMIT are not.
 */
class StatementsIT {

  /** So many that what is asked by the clock, a few times a second, makes no difference. */
  private static final int AGENCIES = 300;

  private static final int FOR_EACH = 3;

  private static final int DUE = 10;
  private static final int READS = 20;

  private static final String REFRESHED =
      "select count(*) from audit_event where event = 'token_refreshed'";

  @TempDir Path directory;

  private record Counted(long calls, String statement) {}

  /** By an agency's id, as for somebody who waits: the schedule claims by what is due. */
  private static final Pattern CLAIM_OF_ONE =
      Pattern.compile("set lease_owner = \\$.*where g\\.agency_id = \\$", Pattern.DOTALL);

  @Test
  void aReadOfATokenThatIsDueButGoodClaimsNothing() throws SQLException {
    TestDatabase database = TestDatabase.create();
    try (Fleet fleet = new Fleet(directory, database)) {
      List<Subject> subjects = fleet.connect(DUE, Life.due(Duration.ofDays(1)));
      // So that the schedule has nothing to do with them while they are read.
      database.execute(
          """
          update agency_grant
             set lease_owner = 'another', lease_until = clock_timestamp() + interval '1 hour',
                 lease_generation = lease_generation + 1
          """);
      fleet.start(1);
      TestDatabase observer = observer(database);

      for (int i = 0; i < READS; i++) {
        for (Subject subject : subjects) {
          assertTrue(fleet.read(fleet.replica(0), subject).isOk(), fleet::logs);
        }
      }

      assertEquals(
          List.of(),
          countedByOthersThan(observer).stream()
              .filter(each -> CLAIM_OF_ONE.matcher(each.statement()).find())
              .toList());
      assertEquals(0, fleet.refreshes());
    }
  }

  /** Under a name of its own, so that its statements can be told from the broker's. */
  private static TestDatabase observer(TestDatabase database) throws SQLException {
    TestDatabase observer = database.asAnotherRole();
    database.execute("alter role " + observer.user() + " superuser");
    observer.execute("create extension pg_stat_statements");
    return observer;
  }

  @Test
  void aRefreshTakesThreeStatementsAtMost() throws SQLException {
    TestDatabase database = TestDatabase.create();
    try (Fleet fleet = new Fleet(directory, database)) {
      fleet.connect(AGENCIES, Life.whole());
      fleet.start(1);
      TestDatabase observer = observer(database);

      observer.execute(
          """
          select pg_stat_statements_reset(0, oid, 0)
            from pg_database where datname = current_database();
          update agency_grant set next_refresh_at = clock_timestamp()
          """);
      Eventually.isTrue(
          "all are refreshed, and that is in the audit trail",
          () -> number(observer, REFRESHED) == AGENCIES,
          fleet::logs);

      List<Counted> counted = countedByOthersThan(observer);
      long calls = counted.stream().mapToLong(Counted::calls).sum();
      Proof.say("%d statements for %d refreshes".formatted(calls, AGENCIES));
      assertEquals(AGENCIES, fleet.refreshes());
      assertTrue(calls >= AGENCIES, counted::toString);
      assertTrue(calls <= AGENCIES * FOR_EACH, counted::toString);
    }
  }

  private static long number(TestDatabase database, String query) {
    try {
      return database.number(query);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Counted> countedByOthersThan(TestDatabase observer) throws SQLException {
    try (Connection connection = observer.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                """
                select s.calls, s.query
                  from pg_stat_statements s
                  join pg_database d on d.oid = s.dbid
                  join pg_roles r on r.oid = s.userid
                 where d.datname = current_database() and r.rolname <> current_user
                   and s.query !~* '^(begin|commit)'
                 order by s.calls desc
                """)) {
      List<Counted> counted = new ArrayList<>();
      while (row.next()) {
        counted.add(new Counted(row.getLong(1), row.getString(2)));
      }
      return counted;
    }
  }
}
