package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.agency.Grants.Claim;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.DatabaseTime;
import org.tokenbroker.testing.MigratedDatabase;
import org.tokenbroker.testing.TestKeyset;

/**
 * Every arrow of the diagram at {@link ConnectionState}, on real PostgreSQL under a clock that the
 * tests set: each shortly before its moment and at it.
 */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class GrantTransitionsTest {

  @RegisterExtension static final MigratedDatabase DATABASE = new MigratedDatabase();

  private static final AtomicLong IDS = new AtomicLong();
  private static final Instant START = Instant.parse("2026-11-24T12:00:00Z");
  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final Duration GRACE = Duration.ofSeconds(90);
  private static final Duration REST = Duration.ofSeconds(30);
  private static final Duration MOMENT = Duration.ofMillis(1);

  private DatabaseTime time;
  private DatabaseTime.KeptConnection kept;
  private Grants grants;
  private long id;
  private String slug;

  @BeforeEach
  void anAgency() throws SQLException {
    time = DatabaseTime.of(DATABASE.database(), START);
    kept = time.keep("transitions");
    grants = new Grants(kept.dataSource(), new TokenCipher(TestKeyset.create()));
    id = IDS.incrementAndGet();
    slug = "agency-" + id;
    execute(
        "insert into agency (id, slug, name, scope_requested) values (%d, '%s', 'x', 'read_agency')"
            .formatted(id, slug));
    connect("refresh-1");
  }

  /** Or the next test would give up what this one waits for. */
  @AfterEach
  void deleteIt() throws SQLException {
    execute("delete from agency where id = " + id);
    kept.close();
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = kept.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void connect(String refreshToken) {
    grants.connect(
        id,
        UUID.nameUUIDFromBytes(Secret.of(refreshToken).sha256()),
        GrantKind.APPLICATION,
        new Active911Agency("123", "Springfield Fire"),
        tokens(refreshToken),
        time.now(),
        time.now().plusSeconds(3600));
  }

  private TokenSet tokens(String refreshToken) {
    return new TokenSet(
        Secret.of("access-of-" + refreshToken),
        START.plusSeconds(7200),
        Secret.of(refreshToken),
        START.plus(Duration.ofDays(365)),
        Scope.parse("read_agency"));
  }

  private Claim claim(String owner, long generation) {
    return claim(owner, generation, false, Duration.ZERO);
  }

  private Claim claim(String owner, long generation, boolean evenWithoutConsent, Duration rest) {
    Grants.Terms terms = new Grants.Terms(evenWithoutConsent, rest, false, true, true);
    return grants.claim(id, generation, terms, owner, LEASE);
  }

  private Lease won(String owner) {
    return lease(claim(owner, generation()));
  }

  private static Lease lease(Claim claim) {
    return assertInstanceOf(Claim.Won.class, claim).lease();
  }

  private boolean settle(Lease lease, String refreshToken) {
    return grants.settle(new Renewal(lease, tokens(refreshToken), time.now().plusSeconds(3600)));
  }

  private HandoutState state() {
    return grants.handoutState(slug).orElseThrow();
  }

  private long generation() {
    return Objects.requireNonNull(state().token()).generation();
  }

  private void assertStored(String refreshToken) {
    assertEquals(
        Optional.of(slug),
        grants.holderOf(Secret.of(refreshToken)),
        "the stored token is " + refreshToken);
  }

  private void assertState(ConnectionState expected) {
    assertEquals(expected, state().state());
  }

  /** One holder whose answer is not settled, and another whom Active911 refuses the same token. */
  private Lease refusedAfter(Duration silence) {
    time.pass(silence);
    Lease lease = won("two");
    assertFalse(grants.consentGone(lease, GRACE), "the rival's answer may be under way");
    return lease;
  }

  // --- free and leased ---

  @Test
  void leaseWonByOneIsHeldUntilItsEnd() {
    won("one");

    time.pass(LEASE.minus(MOMENT));
    assertEquals(new Claim.HeldElsewhere(null), claim("two", 1));

    time.pass(MOMENT);
    assertInstanceOf(Claim.Won.class, claim("two", 1));
  }

  @Test
  void leaseEndsWithItsAnswer() {
    settle(won("one"), "refresh-2");

    assertInstanceOf(Claim.Won.class, claim("two", 2));
  }

  @Test
  void leaseEndsWithItsFailure() {
    grants.deferred(won("one"), "upstream_timeout", Duration.ofMinutes(5));

    assertInstanceOf(Claim.Won.class, claim("two", 1));
  }

  @Test
  void leaseEndsWhenItIsGivenBack() {
    grants.release(won("one"));

    assertInstanceOf(Claim.Won.class, claim("two", 1));
  }

  @Test
  void lateAnswerLeavesTheNextLeaseToItsEnd() {
    Lease late = won("one");
    time.pass(LEASE);
    won("two");

    settle(late, "refresh-2");

    time.pass(LEASE.minus(MOMENT));
    assertEquals(new Claim.HeldElsewhere(null), claim("one", 2));
    time.pass(MOMENT);
    assertInstanceOf(Claim.Won.class, claim("one", 2));
  }

  @Test
  void lateFailureLeavesTheNextLeaseToItsEnd() {
    Lease late = won("one");
    time.pass(LEASE);
    won("two");

    grants.deferred(late, "upstream_timeout", Duration.ofMinutes(5));
    grants.release(late);

    time.pass(LEASE.minus(MOMENT));
    assertEquals(new Claim.HeldElsewhere(null), claim("one", 1));
  }

  @Test
  void failureLetsThoseWhoAskRestTwoSeconds() {
    grants.deferred(won("one"), "upstream_timeout", Duration.ofMinutes(5));
    Grants.Terms asking = new Grants.Terms(false, Duration.ZERO, true, true, true);

    time.pass(Duration.ofSeconds(2).minus(MOMENT));
    assertEquals(
        new Claim.FailedJustNow("upstream_timeout", MOMENT),
        grants.claim(id, 1, asking, "two", LEASE));

    time.pass(MOMENT);
    assertInstanceOf(Claim.Won.class, grants.claim(id, 1, asking, "two", LEASE));
  }

  // --- on request ---

  @Test
  void refreshOnRequestRestsThirtySecondsFromWhenTheLastWasClaimed() {
    Lease forced = lease(claim("one", 1, false, REST));
    time.pass(Duration.ofSeconds(5));
    settle(forced, "refresh-2");

    time.set(START.plus(REST).minus(MOMENT));
    assertEquals(new Claim.TooSoon(START), claim("one", 2, false, REST));

    time.set(START.plus(REST));
    assertInstanceOf(Claim.Won.class, claim("one", 2, false, REST));
  }

  @Test
  void refreshThatIsDueDoesNotRest() {
    settle(lease(claim("one", 1, false, REST)), "refresh-2");

    assertInstanceOf(Claim.Won.class, claim("one", 2));
  }

  @Test
  void refreshThatWasDueLetsTheNextOnRequestNotRest() {
    settle(won("one"), "refresh-2");

    assertInstanceOf(Claim.Won.class, claim("one", 2, false, REST));
  }

  // --- to and from NEEDS_CONSENT ---

  @Test
  void refusalCountsAtOnceWithoutARival() {
    assertTrue(grants.consentGone(won("one"), GRACE));

    assertState(ConnectionState.NEEDS_CONSENT);
    assertEquals(new Claim.NoConsent(), claim("two", 1));
    assertStored("refresh-1");
  }

  @Test
  void refusalCountsAtOnceWhenTheRivalsGraceIsOver() {
    won("one");
    time.pass(GRACE.minus(MOMENT));
    Lease before = won("two");
    assertFalse(grants.consentGone(before, GRACE));

    time.pass(MOMENT);
    assertFalse(grants.awaitRival(before, GRACE), "there is nothing to wait for any more");
    assertTrue(grants.consentGone(before, GRACE));

    assertState(ConnectionState.NEEDS_CONSENT);
  }

  @Test
  void refusalOfATokenThatWasReplacedDoesNotCount() {
    Lease late = won("one");
    time.pass(LEASE);
    settle(won("two"), "refresh-2");

    assertFalse(grants.consentGone(late, GRACE));
    assertFalse(grants.awaitRival(late, GRACE));

    assertState(ConnectionState.CONNECTED);
  }

  @Test
  void lateAnswerLeadsOutOfNeedsConsent() {
    Lease late = won("one");
    time.pass(GRACE);
    assertTrue(grants.consentGone(won("two"), GRACE));
    time.pass(Duration.ofHours(3));

    assertTrue(settle(late, "refresh-2"));

    assertState(ConnectionState.CONNECTED);
    assertStored("refresh-2");
  }

  @Test
  void answerWithANewTokenIsStoredAfterALateOneWithout() {
    Lease late = won("one");
    time.pass(LEASE);
    Lease next = won("two");
    settle(late, "refresh-1");

    assertTrue(settle(next, "refresh-2"));

    assertStored("refresh-2");
    assertEquals(3, generation());
  }

  @Test
  void answerWithoutANewTokenLeavesTheMarkersOfOthers() {
    Lease late = won("one");
    time.pass(LEASE);
    won("two");
    settle(late, "refresh-1");
    time.pass(LEASE);
    Lease third = won("three");

    assertFalse(grants.consentGone(third, GRACE), "the second's answer may be under way");
    settle(third, "refresh-1");
    assertFalse(grants.consentGone(won("four"), GRACE), "and still may");
  }

  @Test
  void adminsAttemptLeadsOutOfNeedsConsent() {
    grants.consentGone(won("one"), GRACE);
    Lease lease = lease(claim("two", 1, true, Duration.ZERO));
    assertState(ConnectionState.NEEDS_CONSENT);

    assertTrue(settle(lease, "refresh-2"));

    assertState(ConnectionState.CONNECTED);
  }

  @Test
  void failureOfAnAdminsAttemptLeavesItInNeedsConsent() {
    grants.consentGone(won("one"), GRACE);

    grants.deferred(
        lease(claim("two", 1, true, Duration.ZERO)), "upstream_timeout", Duration.ofSeconds(30));

    assertState(ConnectionState.NEEDS_CONSENT);
  }

  @Test
  void refusalInNeedsConsentCountsAtOnceThoughARivalMayCome() {
    grants.consentGone(won("one"), GRACE);
    Lease rival = lease(claim("two", 1, true, Duration.ZERO));
    time.pass(LEASE);

    assertTrue(grants.consentGone(lease(claim("three", 1, true, Duration.ZERO)), GRACE));

    assertInstanceOf(Claim.Won.class, claim("four", 1, true, Duration.ZERO));
    assertTrue(settle(rival, "refresh-2"), "whose answer is settled all the same");
  }

  @Test
  void whyAConsentIsGoneOutlivesAnAdminsAttempts() throws SQLException {
    won("one");
    time.pass(LEASE);
    grants.awaitRival(won("two"), GRACE);
    time.pass(GRACE.minus(LEASE));
    assertEquals(List.of(slug), grants.giveUpRivals());
    String lostAt = lastError();
    assertTrue(lostAt.startsWith("answer_lost "), lostAt);
    time.pass(LEASE);

    assertTrue(grants.consentGone(lease(claim("three", 1, true, Duration.ZERO)), GRACE));
    assertEquals(lostAt, lastError(), "after the same token was refused once more");

    grants.deferred(
        lease(claim("four", 1, true, Duration.ZERO)), "upstream_timeout", Duration.ofSeconds(30));
    assertEquals(lostAt, lastError(), "after an attempt that showed nothing");

    connect("refresh-2");
    assertTrue(grants.consentGone(won("five"), GRACE));
    assertEquals("invalid_grant", lastError().split(" ", 2)[0], "of another consent");
  }

  /** What an admin reads as the last error, and its time. */
  private String lastError() throws SQLException {
    try (Connection connection = kept.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select last_error || ' ' || last_error_at from agency_grant where agency_id = "
                    + id)) {
      assertTrue(row.next());
      return row.getString(1);
    }
  }

  @Test
  void reconnectLeadsOutOfNeedsConsent() {
    grants.consentGone(won("one"), GRACE);

    connect("refresh-new");

    assertState(ConnectionState.CONNECTED);
    assertInstanceOf(Claim.Won.class, claim("two", 2));
  }

  // --- grace ---

  @Test
  void graceEndsWithTheRivalsTimeAndTheRefusalCounts() {
    won("one");
    assertTrue(grants.awaitRival(refusedAfter(LEASE), GRACE));

    time.set(START.plus(GRACE).minus(MOMENT));
    assertEquals(List.of(), grants.giveUpRivals());
    assertEquals(new Claim.HeldElsewhere(null), claim("two", 1), "the token is not presented");
    assertState(ConnectionState.CONNECTED);

    time.set(START.plus(GRACE));
    assertEquals(new Claim.HeldElsewhere(null), claim("two", 1), "not even before it is given up");
    assertEquals(List.of(slug), grants.giveUpRivals());
    assertState(ConnectionState.NEEDS_CONSENT);
    assertEquals(List.of(), grants.giveUpRivals(), "once");
  }

  @Test
  void graceEndsWithTheRivalsAnswer() {
    Lease rival = won("one");
    grants.awaitRival(refusedAfter(LEASE), GRACE);

    assertTrue(settle(rival, "refresh-2"));

    assertInstanceOf(Claim.Won.class, claim("two", 2));
    time.pass(GRACE);
    assertEquals(List.of(), grants.giveUpRivals());
    assertState(ConnectionState.CONNECTED);
  }

  @Test
  void graceThatIsOverButNotGivenUpStillEndsWithTheRivalsAnswer() {
    Lease rival = won("one");
    grants.awaitRival(refusedAfter(LEASE), GRACE);
    time.pass(GRACE);

    assertTrue(settle(rival, "refresh-2"));

    assertEquals(List.of(), grants.giveUpRivals());
    assertState(ConnectionState.CONNECTED);
  }

  @Test
  void graceEndsWithAReconnect() {
    won("one");
    grants.awaitRival(refusedAfter(LEASE), GRACE);

    connect("refresh-new");

    time.pass(GRACE);
    assertEquals(List.of(), grants.giveUpRivals());
    assertInstanceOf(Claim.Won.class, claim("two", 2));
  }

  @Test
  void rivalsFailureDoesNotEndTheGrace() {
    Lease rival = won("one");
    grants.awaitRival(refusedAfter(LEASE), GRACE);

    grants.deferred(rival, "upstream_timeout", Duration.ofSeconds(30));

    assertEquals(new Claim.HeldElsewhere(null), claim("one", 1));
    time.set(START.plus(GRACE));
    assertEquals(List.of(slug), grants.giveUpRivals());
  }

  // --- markers ---

  @Test
  void markerIsKeptWhereTheHolderIsNeverHeardOfAgain() {
    won("one");

    refusedAfter(LEASE);
  }

  @Test
  void markerIsTakenAwayByTheHoldersFailure() {
    grants.deferred(won("one"), "upstream_timeout", Duration.ofSeconds(30));

    assertTrue(grants.consentGone(won("two"), GRACE));
  }

  @Test
  void rivalsMarkerOutlivesAFailure() {
    won("one");
    time.pass(LEASE);
    grants.deferred(won("two"), "upstream_timeout", Duration.ofSeconds(30));
    Lease third = won("three");

    assertFalse(grants.consentGone(third, GRACE));
    time.set(START.plus(GRACE));
    assertTrue(grants.consentGone(third, GRACE), "it is the rival's time that counts");
  }

  @Test
  void rivalsMarkerOutlivesALeaseGivenBack() {
    won("one");
    time.pass(LEASE);
    grants.release(won("two"));

    assertFalse(grants.consentGone(won("three"), GRACE));
  }

  @Test
  void markerGoesWithTheTokenItIsFor() {
    won("one");
    time.pass(LEASE);
    settle(won("two"), "refresh-2");

    assertTrue(grants.consentGone(won("three"), GRACE));
  }

  // --- the admin's ---

  @Test
  void reconnectDuringARefreshMakesItsAnswerCountForNothing() {
    Lease old = won("one");
    connect("refresh-new");

    assertFalse(settle(old, "refresh-2"));
    assertFalse(grants.consentGone(old, GRACE));
    assertFalse(grants.awaitRival(old, GRACE));
    grants.deferred(old, "upstream_timeout", Duration.ofSeconds(30));

    assertStored("refresh-new");
    assertEquals(2, generation());
    assertEquals(0, won("two").consecutiveFailures());
  }

  @Test
  void reconnectWithTheVerySameTokenIsAnotherConsentAllTheSame() {
    Lease old = won("one");
    grants.connect(
        id,
        UUID.fromString("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        GrantKind.APPLICATION,
        new Active911Agency("123", "Springfield Fire"),
        tokens("refresh-1"),
        time.now(),
        time.now().plusSeconds(3600));

    assertFalse(settle(old, "refresh-2"));

    assertStored("refresh-1");
  }

  @Test
  void reconnectDuringARefreshLetsTheNewConsentBeClaimedAtOnce() {
    won("one");

    connect("refresh-new");

    assertEquals(Secret.of("refresh-new"), won("two").refreshToken());
  }

  @Test
  void deleteDuringARefreshMakesItsAnswerCountForNothing() throws SQLException {
    Lease old = won("one");
    execute("delete from agency where id = " + id);

    assertFalse(settle(old, "refresh-2"));
    assertFalse(grants.consentGone(old, GRACE));
    assertFalse(grants.awaitRival(old, GRACE));
    grants.deferred(old, "upstream_timeout", Duration.ofSeconds(30));

    assertEquals(Optional.empty(), grants.handoutState(slug));
    assertEquals(new Claim.NoConsent(), claim("two", 1));
  }

  // --- what is due ---

  private List<String> due(String owner) {
    return grants.claimDue(10, 10, true, owner, LEASE).stream().map(Lease::slug).toList();
  }

  @Test
  void grantIsDueFromItsMomentOn() {
    time.set(START.plusSeconds(3600).minus(MOMENT));
    assertEquals(List.of(), due("one"));

    time.pass(MOMENT);
    assertEquals(List.of(slug), due("one"));
  }

  @Test
  void grantThatFailedIsDueWhenItsBackoffIsOver() {
    grants.deferred(won("one"), "upstream_timeout", Duration.ofMinutes(5));

    time.pass(Duration.ofMinutes(5).minus(MOMENT));
    assertEquals(List.of(), due("one"));
    time.pass(MOMENT);
    assertEquals(List.of(slug), due("one"));
  }

  @Test
  void grantOfALostHolderIsDueAgainAfterAQuarterOfAnHour() {
    time.set(START.plusSeconds(3600));
    due("one");

    time.pass(Duration.ofMinutes(15).minus(MOMENT));
    assertEquals(List.of(), due("two"));
    time.pass(MOMENT);
    assertEquals(List.of(slug), due("two"));
  }

  @Test
  void grantOfALostHolderIsDueAgainWhenTheLeaseEndsAndSoDoesTheAccessToken() {
    time.set(START.plusSeconds(7200).minus(Duration.ofMinutes(5)));
    due("one");

    time.pass(LEASE.minus(MOMENT));
    assertEquals(List.of(), due("two"));
    time.pass(MOMENT);
    assertEquals(List.of(slug), due("two"));
  }

  @Test
  void grantThatWaitsForARivalIsNeverDue() {
    won("one");
    grants.awaitRival(refusedAfter(LEASE), GRACE);

    time.pass(GRACE);
    assertEquals(List.of(), due("three"));
  }

  @Test
  void grantWhoseConsentIsGoneIsNeverDue() {
    grants.consentGone(won("one"), GRACE);

    time.pass(Duration.ofDays(1));
    assertEquals(List.of(), due("two"));
  }
}
