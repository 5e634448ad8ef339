package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.Grants.Claim;
import org.tokenbroker.agency.TokenCipher.UndecipherableException;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.DatabaseTime;
import org.tokenbroker.testing.MigratedDatabase;
import org.tokenbroker.testing.TestKeyset;

/** Each statement that changes a grant, on real PostgreSQL. */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class GrantsTest {

  @RegisterExtension static final MigratedDatabase DATABASE = new MigratedDatabase();

  private static final String KEYSET = TestKeyset.create();
  private static final AtomicLong IDS = new AtomicLong();
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Duration GRACE = Duration.ofMinutes(2);
  private static final Grants.Terms ORDINARY =
      new Grants.Terms(false, Duration.ZERO, false, true, true);
  private static final Grants.Terms EVEN_GONE =
      new Grants.Terms(true, Duration.ZERO, false, true, true);
  private static final Grants.Terms PATIENT =
      new Grants.Terms(false, Duration.ZERO, true, false, true);
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  private DatabaseTime time;
  private Grants grants;
  private long id;
  private String slug;

  @BeforeEach
  void anAgencyThatIsConnected() throws SQLException {
    time = DatabaseTime.of(DATABASE.database(), NOW);
    grants = new Grants(time.dataSource(), new TokenCipher(KEYSET));
    id = newAgency();
    slug = "agency-" + id;
    connect(id, tokens("access-1", "refresh-1"));
  }

  private static long newAgency() throws SQLException {
    long id = IDS.incrementAndGet();
    execute(
        "insert into agency (id, slug, name, scope_requested) values ("
            + id
            + ", 'agency-"
            + id
            + "', 'x', 'read_agency')");
    return id;
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void connect(long agencyId, TokenSet tokens) {
    grants.connect(
        agencyId,
        UUID.nameUUIDFromBytes(tokens.refreshToken().sha256()),
        GrantKind.APPLICATION,
        new Active911Agency("123", "Springfield Fire"),
        tokens,
        NOW,
        NOW.plusSeconds(3600));
  }

  private TokenSet tokens(String access, String refresh) {
    return new TokenSet(
        Secret.of(access + "-" + id),
        NOW.plusSeconds(7200),
        Secret.of(refresh + "-" + id),
        NOW.plus(Duration.ofDays(365)),
        Scope.parse("read_agency"));
  }

  private Claim claim(long generation) {
    return grants.claim(id, generation, ORDINARY, "me", LEASE);
  }

  private static Grants.Terms forced(Duration rest) {
    return new Grants.Terms(false, rest, false, true, true);
  }

  private Lease won(long generation, Duration length) {
    return assertInstanceOf(Claim.Won.class, grants.claim(id, generation, ORDINARY, "me", length))
        .lease();
  }

  /** A lease that has ended by now. */
  private Lease wonLongAgo(long generation) {
    Lease lease = won(generation, LEASE);
    time.pass(LEASE);
    return lease;
  }

  private HandoutState state() {
    return grants.handoutState(slug).orElseThrow();
  }

  private HandoutState.CurrentToken token() {
    return Objects.requireNonNull(state().token());
  }

  // --- claim ---

  @Test
  void aFreeLeaseIsWonWithTheStoredToken() {
    Lease lease = won(1, LEASE);

    assertEquals(Secret.of("refresh-1-" + id), lease.refreshToken());
    assertEquals(slug, lease.slug());
    assertEquals(1, lease.generation());
    assertEquals(1, lease.number());
  }

  @Test
  void aLeaseThatRunsIsNotWon() {
    won(1, LEASE);

    assertEquals(new Claim.HeldElsewhere(null), claim(1));
  }

  @Test
  void aLeaseThatHasEndedIsWonAnew() {
    wonLongAgo(1);

    assertEquals(2, won(1, LEASE).number());
  }

  @Test
  void aNewerTokenNeedsNoLease() {
    grants.settle(new Renewal(won(1, LEASE), tokens("access-2", "refresh-2"), NOW));

    assertEquals(new Claim.Newer(), claim(1));
  }

  @Test
  void whatIsNotThereCannotBeClaimed() throws SQLException {
    long unconnected = newAgency();

    assertEquals(new Claim.NoConsent(), grants.claim(unconnected, 1, ORDINARY, "me", LEASE));
  }

  @Test
  void aConsentThatIsGoneIsClaimedOnlyOnPurpose() {
    grants.consentGone(won(1, LEASE), GRACE);

    assertEquals(new Claim.NoConsent(), claim(1));
    assertInstanceOf(Claim.Won.class, grants.claim(id, 1, EVEN_GONE, "me", LEASE));
  }

  @Test
  void aRefreshOnRequestRestsForAWhile() {
    Duration rest = Duration.ofSeconds(30);
    Lease forced =
        assertInstanceOf(Claim.Won.class, grants.claim(id, 1, forced(rest), "me", LEASE)).lease();
    grants.settle(new Renewal(forced, tokens("access-2", "refresh-2"), NOW));

    assertInstanceOf(Claim.TooSoon.class, grants.claim(id, 2, forced(rest), "me", LEASE));
    assertInstanceOf(Claim.Won.class, claim(2), "one that is due does not rest");
  }

  @Test
  void aRefreshOnRequestThatFailedDoesNotCount() {
    Duration rest = Duration.ofSeconds(30);
    Lease forced =
        assertInstanceOf(Claim.Won.class, grants.claim(id, 1, forced(rest), "me", LEASE)).lease();
    grants.deferred(forced, "upstream_timeout", Duration.ofSeconds(30));

    assertInstanceOf(Claim.Won.class, grants.claim(id, 1, forced(rest), "me", LEASE));
  }

  @Test
  void ofManyClaimsAtOnceOneWins() throws Exception {
    for (int round = 0; round < 20; round++) {
      long generation = token().generation();
      List<Claim> outcomes = new ArrayList<>();
      try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
        List<Callable<Claim>> claims = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          claims.add(() -> claim(generation));
        }
        for (Future<Claim> outcome : threads.invokeAll(claims)) {
          outcomes.add(outcome.get());
        }
      }
      List<Claim> wins = outcomes.stream().filter(Claim.Won.class::isInstance).toList();
      assertEquals(1, wins.size(), outcomes.toString());
      assertTrue(
          grants.settle(
              new Renewal(
                  ((Claim.Won) wins.getFirst()).lease(),
                  tokens("access-" + generation + 1, "refresh-" + generation + 1),
                  NOW)));
    }
  }

  // --- settle ---

  /** A lease on the token of another agency. */
  private Lease wonOfAnother() throws SQLException {
    long other = newAgency();
    connect(other, tokens("access-1-of-" + other, "refresh-1-of-" + other));
    return assertInstanceOf(Claim.Won.class, grants.claim(other, 1, ORDINARY, "me", LEASE)).lease();
  }

  @Test
  void severalAnswersAreStoredTogether() throws SQLException {
    Lease other = wonOfAnother();

    assertEquals(
        List.of(true, true),
        grants.settleTogether(
            List.of(
                new Renewal(other, tokens("access-3", "refresh-3"), NOW),
                new Renewal(won(1, LEASE), tokens("access-2", "refresh-2"), NOW))));

    assertEquals(Secret.of("access-2-" + id), token().accessToken());
    HandoutState otherState = grants.handoutState(other.slug()).orElseThrow();
    assertEquals(
        Secret.of("access-3-" + id), Objects.requireNonNull(otherState.token()).accessToken());
    assertInstanceOf(Claim.Won.class, claim(2));
  }

  @Test
  void anAnswerThatIsOutdatedHoldsUpNoOther() throws SQLException {
    Lease other = wonOfAnother();
    grants.settle(new Renewal(other, tokens("access-3", "refresh-3"), NOW));

    assertEquals(
        List.of(false, true),
        grants.settleTogether(
            List.of(
                new Renewal(other, tokens("access-4", "refresh-4"), NOW),
                new Renewal(won(1, LEASE), tokens("access-2", "refresh-2"), NOW))));
  }

  @Test
  void ofTwoAnswersTogetherForOneTokenTheFirstIsStored() {
    Lease first = wonLongAgo(1);
    Lease second = won(1, LEASE);

    assertEquals(
        List.of(true, false),
        grants.settleTogether(
            List.of(
                new Renewal(first, tokens("access-2", "refresh-2"), NOW),
                new Renewal(second, tokens("access-3", "refresh-3"), NOW))));

    assertEquals(Secret.of("access-2-" + id), token().accessToken());
  }

  @Test
  void whatCannotBeStoredTogetherIsNotStoredInPart() throws SQLException {
    Lease other = wonOfAnother();
    Lease lease = won(1, LEASE);

    // Later than PostgreSQL can write.
    Instant never = Instant.parse("+300000-01-01T00:00:00Z");
    assertThrows(
        DatabaseUnavailableException.class,
        () ->
            grants.settleTogether(
                List.of(
                    new Renewal(lease, tokens("access-2", "refresh-2"), NOW),
                    new Renewal(other, tokens("access-3", "refresh-3"), never))));

    assertEquals(1, token().generation());
    assertTrue(grants.settle(new Renewal(lease, tokens("access-2", "refresh-2"), NOW)));
  }

  @Test
  void anAnswerIsStored() {
    Lease lease = won(1, LEASE);

    assertTrue(
        grants.settle(new Renewal(lease, tokens("access-2", "refresh-2"), NOW.plusSeconds(5))));

    assertEquals(Secret.of("access-2-" + id), token().accessToken());
    assertEquals(2, token().generation());
    assertEquals(NOW.plusSeconds(7200), token().expiresAt());
    assertEquals(NOW.plusSeconds(5), token().nextRefreshAt());
    assertEquals(Secret.of("refresh-2-" + id), won(2, LEASE).refreshToken());
  }

  @Test
  void anAnswerThatComesLateIsStored() {
    Lease late = wonLongAgo(1);
    won(1, LEASE);

    assertTrue(grants.settle(new Renewal(late, tokens("access-2", "refresh-2"), NOW)));
  }

  @Test
  void ofTwoAnswersForOneTokenTheFirstIsStored() {
    Lease first = wonLongAgo(1);
    Lease second = won(1, LEASE);

    assertTrue(grants.settle(new Renewal(second, tokens("access-2", "refresh-1"), NOW)));
    assertFalse(grants.settle(new Renewal(first, tokens("access-3", "refresh-1"), NOW)));

    assertEquals(Secret.of("access-2-" + id), token().accessToken());
  }

  @Test
  void aLateAnswerLeavesTheNextLeaseAlone() {
    Lease late = wonLongAgo(1);
    won(1, LEASE);

    grants.settle(new Renewal(late, tokens("access-2", "refresh-2"), NOW));

    assertEquals(new Claim.HeldElsewhere(null), claim(2));
  }

  @Test
  void anAnswerForAnOlderConsentChangesNothing() {
    Lease old = won(1, LEASE);
    connect(id, tokens("access-new", "refresh-new"));

    assertFalse(grants.settle(new Renewal(old, tokens("access-2", "refresh-2"), NOW)));

    assertEquals(Secret.of("access-new-" + id), token().accessToken());
  }

  @Test
  void anAnswerForADeletedAgencyChangesNothing() throws SQLException {
    Lease lease = won(1, LEASE);
    execute("delete from agency where id = " + id);

    assertFalse(grants.settle(new Renewal(lease, tokens("access-2", "refresh-2"), NOW)));

    assertEquals(Optional.empty(), grants.handoutState(slug));
  }

  @Test
  void aLateAnswerProvesThatAConsentIsNotGone() {
    Lease late = wonLongAgo(1);
    grants.consentGone(won(1, LEASE), GRACE);

    assertTrue(grants.settle(new Renewal(late, tokens("access-2", "refresh-2"), NOW)));

    assertEquals(ConnectionState.CONNECTED, state().state());
  }

  @Test
  void theTokenBeforeIsKeptUntilTheNextSuccess() throws SQLException {
    grants.settle(new Renewal(won(1, LEASE), tokens("access-2", "refresh-2"), NOW));
    assertTrue(isSet("previous_refresh_token"));

    grants.settle(new Renewal(won(2, LEASE), tokens("access-3", "refresh-2"), NOW));
    assertFalse(isSet("previous_refresh_token"));
  }

  private boolean isSet(String column) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "select " + column + " is not null from agency_grant where agency_id = ?")) {
      statement.setLong(1, id);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  // --- what went wrong ---

  @Test
  void aRefusedConsentIsGoneAndItsTokenStays() {
    assertTrue(grants.consentGone(won(1, LEASE), GRACE));

    assertEquals(ConnectionState.NEEDS_CONSENT, state().state());
    assertEquals(Secret.of("access-1-" + id), token().accessToken());
  }

  @Test
  void aRefusalOfAnOlderTokenProvesNothing() {
    Lease late = wonLongAgo(1);
    grants.settle(new Renewal(won(1, LEASE), tokens("access-2", "refresh-2"), NOW));

    assertFalse(grants.consentGone(late, GRACE));

    assertEquals(ConnectionState.CONNECTED, state().state());
  }

  @Test
  void aRefusalProvesNothingWhileSomebodyElseHasTheLease() {
    Lease late = wonLongAgo(1);
    won(1, LEASE);

    assertFalse(grants.consentGone(late, GRACE));

    assertEquals(ConnectionState.CONNECTED, state().state());
  }

  @Test
  void aRefusalOfAnOlderConsentProvesNothing() {
    Lease old = won(1, LEASE);
    connect(id, tokens("access-new", "refresh-new"));

    assertFalse(grants.consentGone(old, GRACE));

    assertEquals(ConnectionState.CONNECTED, state().state());
  }

  @Test
  void aRefusalWaitsForSomebodyElsesAnswerToTheSameToken() {
    wonLongAgo(1); // whose answer never came
    Lease lease = won(1, LEASE);

    assertFalse(grants.consentGone(lease, GRACE));
    assertTrue(grants.awaitRival(lease, GRACE));

    assertEquals(ConnectionState.CONNECTED, state().state());
    assertEquals(new Claim.HeldElsewhere(null), claim(1));
    assertEquals(List.of(), grants.giveUpRivals());
  }

  @Test
  void whenTheWaitIsOverTheRefusalCounts() {
    wonLongAgo(1);
    grants.awaitRival(won(1, LEASE), GRACE);
    time.pass(GRACE);
    assertEquals(new Claim.HeldElsewhere(null), claim(1), "it is not presented again");

    assertTrue(grants.giveUpRivals().contains(slug));

    assertEquals(ConnectionState.NEEDS_CONSENT, state().state());
  }

  @Test
  void theAnswerThatIsWaitedForIsStored() {
    Lease late = wonLongAgo(1);
    grants.awaitRival(won(1, LEASE), GRACE);

    assertTrue(grants.settle(new Renewal(late, tokens("access-2", "refresh-2"), NOW)));

    assertEquals(ConnectionState.CONNECTED, state().state());
    assertInstanceOf(Claim.Won.class, claim(2), "and nothing is waited for any more");
  }

  @Test
  void withoutARivalNothingIsWaitedFor() {
    Lease lease = won(1, LEASE);

    assertFalse(grants.awaitRival(lease, GRACE));
    assertTrue(grants.consentGone(lease, GRACE));
  }

  @Test
  void aFailureOfOursIsNoRival() {
    grants.deferred(won(1, LEASE), "upstream_timeout", Duration.ofMinutes(5));

    assertTrue(grants.consentGone(won(1, LEASE), GRACE));
  }

  @Test
  void aFailureBetweenDoesNotHideARival() {
    wonLongAgo(1);
    grants.deferred(won(1, LEASE), "upstream_timeout", Duration.ofMinutes(5));

    assertFalse(grants.consentGone(won(1, LEASE), GRACE));
  }

  // --- changes ---

  /**
   * The number of the agency's last change that is seen from a position. Whatever else runs on this
   * server may keep older changes in sight, so that only another number says that there was one.
   */
  private @Nullable Long change(long position) {
    return grants.changesSince(position).agencies().get(slug);
  }

  @Test
  void everyChangeThatMemoryHoldsIsFound() throws SQLException {
    long position = grants.position();
    assertFalse(grants.changesSince(position).agencies().containsKey("never"));
    Set<Long> found = new HashSet<>();
    Long connected = change(position);
    if (connected != null) {
      found.add(connected);
    }

    grants.settle(new Renewal(won(1, LEASE), tokens("access-2", "refresh-2"), NOW));
    assertTrue(found.add(Objects.requireNonNull(change(position))));

    position = grants.position();
    execute("update agency set paused = true where id = " + id);
    assertTrue(found.add(Objects.requireNonNull(change(position))));

    position = grants.position();
    execute("delete from agency where id = " + id);
    assertTrue(found.add(Objects.requireNonNull(change(position))));
  }

  @Test
  void aChangeCommittedAfterALaterOneIsFound() throws SQLException {
    long other = newAgency();
    long position = grants.position();
    Long before = change(position);
    try (Connection slow = DATABASE.dataSource().getConnection()) {
      slow.setAutoCommit(false);
      try (Statement statement = slow.createStatement()) {
        statement.execute("update agency set paused = true where id = " + id);
      }
      execute("update agency set paused = true where id = " + other);
      Grants.Changes early = grants.changesSince(position);
      assertEquals(before, early.agencies().get(slug), "it is not committed yet");
      slow.commit();

      assertNotEquals(before, Objects.requireNonNull(change(early.position())));
    }
  }

  @Test
  void whatComesFromAServerThatHasCountedFurtherCountsAsChangedNow() throws SQLException {
    execute(
        """
        set session_replication_role = replica;
        update agency set changed_xid = (pg_current_xact_id()::text::bigint + 1000000)::text::xid8
         where id = %1$d;
        update agency_grant set changed_xid = (pg_current_xact_id()::text::bigint + 1000000)::text::xid8
         where agency_id = %1$d
        """
            .formatted(id));

    assertEquals(2, grants.adoptRestored());

    HandoutState held = grants.handoutState(slug).orElseThrow();
    execute("update agency set paused = true where id = " + id);
    assertTrue(held.updatedBy(grants.handoutState(slug).orElseThrow()).paused());
    assertEquals(0, grants.adoptRestored());
  }

  @Test
  void aClaimIsNoChange() {
    long position = grants.position();
    Long before = change(position);

    won(1, LEASE);

    assertEquals(before, change(position));
  }

  @Test
  void aFailureIsCountedAndTheLeaseGivenBack() throws SQLException {
    grants.deferred(won(1, LEASE), "upstream_timeout", Duration.ofMinutes(5));

    assertEquals(1, won(1, LEASE).consecutiveFailures());
    assertTrue(isSet("last_error"));
  }

  @Test
  void aSuccessEndsTheCount() throws SQLException {
    grants.deferred(won(1, LEASE), "upstream_timeout", Duration.ofMinutes(5));
    grants.settle(new Renewal(won(1, LEASE), tokens("access-2", "refresh-2"), NOW));

    assertEquals(0, won(2, LEASE).consecutiveFailures());
    assertFalse(isSet("last_error"));
  }

  @Test
  void aFailureThatIsNotTheAgencysIsNotCounted() throws SQLException {
    grants.release(won(1, LEASE));

    assertEquals(0, won(1, LEASE).consecutiveFailures());
    assertFalse(isSet("last_error"));
  }

  @Test
  void aLateFailureLeavesTheNextLeaseAlone() {
    Lease late = wonLongAgo(1);
    won(1, LEASE);

    grants.deferred(late, "upstream_timeout", Duration.ofMinutes(5));

    assertEquals(new Claim.HeldElsewhere(null), claim(1));
  }

  @Test
  void aReleasedLeaseLeavesNoTrace() throws SQLException {
    String before = row();

    grants.release(won(1, LEASE));

    assertEquals(before, row());
  }

  private String row() throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select (to_jsonb(g) - 'lease_generation' - 'presented_by')::text"
                    + " from agency_grant g where agency_id = "
                    + id)) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void afterAFailureThoseWhoAskWaitForAWhile() {
    grants.deferred(won(1, LEASE), "upstream_timeout", Duration.ofMinutes(5));
    Grants.Terms rested = new Grants.Terms(false, Duration.ZERO, true, true, true);

    assertEquals(
        new Claim.FailedJustNow("upstream_timeout", Duration.ofSeconds(2)),
        grants.claim(id, 1, rested, "other", LEASE));

    time.pass(Duration.ofSeconds(2));
    assertInstanceOf(Claim.Won.class, grants.claim(id, 1, rested, "other", LEASE));
  }

  @Test
  void theWaitAfterFailuresGrowsToHalfAMinute() throws SQLException {
    grants.deferred(won(1, LEASE), "upstream_timeout", Duration.ofMinutes(5));
    execute("update agency_grant set consecutive_failures = 50 where agency_id = " + id);
    time.pass(Duration.ofSeconds(25));

    assertEquals(
        new Claim.FailedJustNow("upstream_timeout", Duration.ofSeconds(5)),
        grants.claim(
            id, 1, new Grants.Terms(false, Duration.ZERO, true, true, true), "other", LEASE));
  }

  @Test
  void aTokenThatSomebodyMayHaveUsedUpIsLeftAloneForAQuarterOfAnHour() {
    wonLongAgo(1);

    assertEquals(new Claim.HeldElsewhere(null), grants.claim(id, 1, PATIENT, "other", LEASE));
    wonLongAgo(1); // an admin may
    time.pass(Duration.ofMinutes(14).minusMillis(1));
    assertEquals(new Claim.HeldElsewhere(null), grants.claim(id, 1, PATIENT, "other", LEASE));
    time.pass(Duration.ofMillis(1));
    assertInstanceOf(Claim.Won.class, grants.claim(id, 1, PATIENT, "other", LEASE));
  }

  @Test
  void aTokenThatSomebodyMayHaveUsedUpIsNotLeftAloneWhenTheAccessTokenEnds() {
    time.pass(Duration.ofMinutes(114));
    wonLongAgo(1);

    time.set(NOW.plus(Duration.ofMinutes(115)).minusMillis(1));
    assertEquals(new Claim.HeldElsewhere(null), grants.claim(id, 1, PATIENT, "other", LEASE));
    time.pass(Duration.ofMillis(1));
    assertInstanceOf(Claim.Won.class, grants.claim(id, 1, PATIENT, "other", LEASE));
  }

  @Test
  void whileTheClientIsRefusedOnlyPersonalGrantsAreClaimed() throws SQLException {
    Grants.Terms personalOnly = new Grants.Terms(false, Duration.ZERO, true, true, false);

    assertEquals(new Claim.NoApplications(), grants.claim(id, 1, personalOnly, "me", LEASE));

    execute("update agency_grant set kind = 'PERSONAL' where agency_id = " + id);
    assertInstanceOf(Claim.Won.class, grants.claim(id, 1, personalOnly, "me", LEASE));
  }

  @Test
  void aRefreshTokenShowsWhoseItIs() {
    assertEquals(Optional.of(slug), grants.holderOf(Secret.of("refresh-1-" + id)));
    assertEquals(Optional.empty(), grants.holderOf(Secret.of("refresh-0-" + id)));
  }

  // --- encryption ---

  @Test
  void noTokenIsReadableInTheDatabase() throws SQLException {
    grants.settle(new Renewal(won(1, LEASE), tokens("access-2", "refresh-2"), NOW));
    try (Connection connection = DATABASE.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select convert_from(convert_to(g::text, 'UTF8'), 'UTF8'),"
                    + " encode(refresh_token, 'escape'), encode(access_token, 'escape'),"
                    + " encode(previous_refresh_token, 'escape') from agency_grant g"
                    + " where agency_id = "
                    + id)) {
      row.next();
      for (int column = 1; column <= 4; column++) {
        assertFalse(row.getString(column).contains("access-"), row.getString(column));
        assertFalse(row.getString(column).contains("refresh-"), row.getString(column));
      }
    }
  }

  @Test
  void aTokenMovedToAnotherRowCannotBeRead() throws SQLException {
    long other = newAgency();
    connect(other, tokens("access-other", "refresh-other"));
    execute(
        "update agency_grant set access_token = (select access_token from agency_grant where"
            + " agency_id = "
            + other
            + ") where agency_id = "
            + id);

    assertThrows(UndecipherableException.class, this::state);
  }

  @Test
  void aTokenMovedToAnotherColumnCannotBeRead() throws SQLException {
    execute("update agency_grant set access_token = refresh_token where agency_id = " + id);

    assertThrows(UndecipherableException.class, this::state);
  }

  @Test
  void withAnotherKeysetNothingCanBeRead() {
    Grants other = new Grants(DATABASE.dataSource(), new TokenCipher(TestKeyset.create()));

    assertThrows(UndecipherableException.class, () -> other.handoutState(slug));
  }
}
