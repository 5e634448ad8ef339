package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.MigratedDatabase;
import org.tokenbroker.testing.TestKeyset;

/** How the schedule finds and claims what is due, on a database of its own. */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class DueGrantsTest {

  @RegisterExtension final MigratedDatabase database = new MigratedDatabase();

  private static final Duration LEASE = Duration.ofMinutes(1);
  private final Instant now = Instant.now();
  private static final TokenCipher CIPHER = new TokenCipher(TestKeyset.create());

  private Grants grants;

  @BeforeEach
  void grants() {
    grants = new Grants(database.dataSource(), CIPHER);
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** An agency that is due, and whose token expires so many seconds from now. */
  private void due(long id, int expiresIn) throws SQLException {
    execute(
        "insert into agency (id, slug, name, scope_requested) values (%1$d, 'a-%1$d', 'x', 'read_agency')"
            .formatted(id));
    grants.connect(
        id,
        new UUID(0, id),
        GrantKind.APPLICATION,
        new Active911Agency("" + id, "x"),
        new TokenSet(
            Secret.of("access-" + id),
            now.plusSeconds(expiresIn),
            Secret.of("refresh-" + id),
            now.plus(Duration.ofDays(365)),
            Scope.parse("read_agency")),
        now.minusSeconds(3600),
        now.minusSeconds(1));
  }

  private List<Long> claim(int limit, int failing) {
    return ids(grants.claimDue(limit, failing, true, "me", LEASE));
  }

  private static List<Long> ids(List<Lease> leases) {
    return leases.stream().map(Lease::agencyId).sorted().toList();
  }

  @Test
  void thoseThatExpireFirstAreClaimedFirst() throws SQLException {
    due(1, 300);
    due(2, 100);
    due(3, 200);

    assertEquals(List.of(2L, 3L), claim(2, 2));
    assertEquals(List.of(1L), claim(2, 2));
    assertEquals(List.of(), claim(2, 2));
  }

  @Test
  void aBatchBringsWhatIsNeededToPresentEach() throws SQLException {
    due(7, 300);

    Lease lease = grants.claimDue(5, 5, true, "me", LEASE).getFirst();

    assertEquals("a-7", lease.slug());
    assertEquals(Secret.of("refresh-7"), lease.refreshToken());
    assertEquals("me", lease.owner());
    assertTrue(
        grants.settle(
            new Renewal(
                lease,
                new TokenSet(
                    Secret.of("access-new"),
                    now.plusSeconds(9000),
                    Secret.of("refresh-new"),
                    now.plus(Duration.ofDays(365)),
                    Scope.parse("read_agency")),
                now.plusSeconds(7000))));
    assertFalse(grants.isAnyDue());
  }

  @Test
  void whatIsNotDueHeldWaitingOrGoneIsLeftAlone() throws SQLException {
    for (long id = 1; id <= 6; id++) {
      due(id, 100);
    }
    execute(
        "update agency_grant set next_refresh_at = now() + interval '1 hour' where agency_id = 1");
    execute("update agency_grant set state = 'NEEDS_CONSENT' where agency_id = 2");
    execute(
        "update agency_grant set lease_owner = 'x', lease_until = now() + interval '1 hour'"
            + " where agency_id = 3");
    execute(
        "update agency_grant set lease_owner = 'grace', lease_until = now() - interval '1 hour'"
            + " where agency_id = 4");
    execute(
        "update agency_grant set lease_owner = 'x', lease_until = now() - interval '1 second'"
            + " where agency_id = 5");

    assertEquals(List.of(5L, 6L), claim(10, 10));
  }

  @Test
  void whatSomebodyMayHaveUsedUpWaitsWhileTheAccessTokenIsGood() throws SQLException {
    due(1, 3600);
    due(2, 60);
    due(3, 3600);
    grants.claimDue(3, 3, true, "other", Duration.ofSeconds(-1));
    execute(
        "update agency_grant set presented_at = now() - interval '15 minutes' where agency_id = 3");

    assertEquals(List.of(2L, 3L), claim(10, 10));
  }

  @Test
  void thoseThatFailTakeNoMoreThanTheirShare() throws SQLException {
    for (long id = 1; id <= 6; id++) {
      due(id, 100 + (int) id);
    }
    execute("update agency_grant set consecutive_failures = 3 where agency_id <= 4");

    assertEquals(List.of(1L, 5L, 6L), claim(4, 1));
    assertEquals(List.of(), claim(4, 0));
    assertEquals(List.of(2L, 3L, 4L), claim(4, 4));
  }

  @Test
  void whileTheClientIsRefusedOnlyPersonalGrantsAreClaimed() throws SQLException {
    due(1, 100);
    due(2, 100);
    execute("update agency_grant set kind = 'PERSONAL' where agency_id = 2");

    assertEquals(List.of(2L), ids(grants.claimDue(10, 10, false, "me", LEASE)));
  }

  @Test
  void replicasThatClaimAtOnceShareTheWork() throws Exception {
    for (long id = 1; id <= 60; id++) {
      due(id, 100);
    }
    List<Long> claimed = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Callable<List<Long>>> claims = new ArrayList<>();
      for (int replica = 0; replica < 4; replica++) {
        String owner = "replica-" + replica;
        claims.add(
            () -> {
              List<Long> mine = new ArrayList<>();
              for (int batch = 0; batch < 5; batch++) {
                mine.addAll(ids(grants.claimDue(3, 3, true, owner, LEASE)));
              }
              return mine;
            });
      }
      for (Future<List<Long>> mine : threads.invokeAll(claims)) {
        claimed.addAll(mine.get());
      }
    }
    Set<Long> different = new HashSet<>(claimed);
    assertEquals(claimed.size(), different.size(), "none was claimed twice");
    assertEquals(60, different.size(), "none was passed over for good");
  }

  @Test
  void rowsThatAnotherIsJustClaimingArePassedOver() throws SQLException {
    due(1, 100);
    due(2, 200);
    try (Connection other = database.dataSource().getConnection()) {
      other.setAutoCommit(false);
      try (Statement statement = other.createStatement()) {
        statement.execute("select 1 from agency_grant where agency_id = 1 for update");
      }

      assertEquals(List.of(2L), claim(2, 2), "without waiting for the other");
    }
  }

  /** Many connected agencies, the next refresh of each so far from now. */
  private void many(String dueIn) throws SQLException {
    execute(
        "insert into agency (id, slug, name, scope_requested)"
            + " select n, 'b-' || n, 'x', 'read_agency' from generate_series(1, 5000) n");
    execute(
        "insert into agency_grant (agency_id, connection_id, kind, state, active911_id,"
            + " active911_name, scope_granted, refresh_token, refresh_token_hash, access_token,"
            + " generation, access_token_expires_at, refresh_token_expires_at, connected_at,"
            + " last_refreshed_at, next_refresh_at)"
            + " select n, gen_random_uuid(), 'APPLICATION', 'CONNECTED', n, 'x', 'read_agency',"
            + " '', '', '', 1, now(), now(), now(), now(), now() + interval '"
            + dueIn
            + "' from generate_series(1, 5000) n");
    execute("vacuum analyze agency");
    execute("vacuum analyze agency_grant");
  }

  private String plan(String query, @Nullable Object... arguments) throws SQLException {
    StringBuilder plan = new StringBuilder();
    try (Connection connection = database.dataSource().getConnection();
        PreparedStatement statement =
            connection.prepareStatement("explain (analyze, buffers off, timing off) " + query)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      try (ResultSet lines = statement.executeQuery()) {
        while (lines.next()) {
          plan.append(lines.getString(1)).append('\n');
        }
      }
    }
    return plan.toString();
  }

  private static double mostRows(String plan) {
    return Pattern.compile("actual rows=([0-9.]+) |Rows Removed by .*: ([0-9]+)")
        .matcher(plan)
        .results()
        .map(rows -> rows.group(1) == null ? rows.group(2) : rows.group(1))
        .mapToDouble(Double::parseDouble)
        .max()
        .orElseThrow();
  }

  @Test
  void lookingWhetherAnythingIsDueReadsAnIndexOnly() throws SQLException {
    many("1 hour");

    String plan = plan(Grants.IS_ANY_DUE);

    assertTrue(plan.contains("Index Only Scan using agency_grant_due"), plan);
    assertTrue(plan.contains("Index Cond: (next_refresh_at"), plan);
    assertTrue(plan.contains("Heap Fetches: 0"), plan);
  }

  @Test
  void aClaimReadsNoMoreThanAWindowHoweverManyAreDue() throws SQLException {
    many("-1 second");

    String plan =
        plan(
            Grants.CLAIM_DUE,
            true,
            true,
            16,
            true,
            true,
            8,
            16,
            "me",
            LEASE.toMillis(),
            null,
            "me");

    assertTrue(mostRows(plan) <= 1000, plan);
  }

  @Test
  void lookingForChangesReadsOnlyTheseHoweverManyAgenciesThereAre() throws SQLException {
    many("1 hour");
    // Not grants.position(): what else runs on this server may keep all of them in sight of it.
    long afterAll = database.database().number("select pg_current_xact_id()::text::bigint");
    String since = Long.toString(afterAll);
    execute("update agency_grant set consecutive_failures = 1 where agency_id <= 5");

    String plan = plan(Grants.CHANGES, since, since, since);

    assertTrue(mostRows(plan) <= 10, plan);
  }
}
