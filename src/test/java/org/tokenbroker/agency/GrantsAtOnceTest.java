package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
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
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.MigratedDatabase;
import org.tokenbroker.testing.TestKeyset;

/**
 * Two connections at a time: the second meets a row that the first has changed and not committed
 * yet. It waits, and then judges by what the first has left.
 */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class GrantsAtOnceTest {

  @RegisterExtension static final MigratedDatabase DATABASE = new MigratedDatabase();

  private static final AtomicLong IDS = new AtomicLong();
  private static final Instant START = Instant.parse("2026-11-24T12:00:00Z");
  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final Duration GRACE = Duration.ofSeconds(90);

  private final TokenCipher cipher = new TokenCipher(TestKeyset.create());
  private DatabaseTime time;
  private Grants grants;
  private long id;
  private String slug;

  @BeforeEach
  void anAgencyThatIsConnected() throws SQLException {
    time = DatabaseTime.of(DATABASE.database(), START);
    grants = new Grants(time.dataSource(), cipher);
    id = IDS.incrementAndGet();
    slug = "agency-" + id;
    execute(
        "insert into agency (id, slug, name, scope_requested) values (%d, '%s', 'x', 'read_agency')"
            .formatted(id, slug));
    connect(grants, "refresh-1");
  }

  /** Or the next test would give up what this one waits for. */
  @AfterEach
  void deleteIt() throws SQLException {
    execute("delete from agency where id = " + id);
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = DATABASE.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Stands for a statement that returns nothing. */
  private boolean connect(Grants by, String refreshToken) {
    by.connect(
        id,
        UUID.nameUUIDFromBytes(Secret.of(refreshToken).sha256()),
        GrantKind.APPLICATION,
        new Active911Agency("123", "Springfield Fire"),
        tokens(refreshToken),
        time.now(),
        time.now().plusSeconds(3600));
    return true;
  }

  private static TokenSet tokens(String refreshToken) {
    return new TokenSet(
        Secret.of("access-of-" + refreshToken),
        START.plusSeconds(7200),
        Secret.of(refreshToken),
        START.plus(Duration.ofDays(365)),
        Scope.parse("read_agency"));
  }

  private Claim claim(Grants by, String owner) {
    return by.claim(id, 1, new Grants.Terms(false, Duration.ZERO, false, true, true), owner, LEASE);
  }

  private Lease won(String owner) {
    return assertInstanceOf(Claim.Won.class, claim(grants, owner)).lease();
  }

  private boolean settle(Grants by, Lease lease, String refreshToken) {
    return by.settle(new Renewal(lease, tokens(refreshToken), time.now().plusSeconds(3600)));
  }

  private boolean deferred(Grants by, Lease lease) {
    by.deferred(lease, "upstream_timeout", Duration.ofMinutes(5));
    return true;
  }

  /** What came of two statements of which the first was not committed when the second began. */
  private record Both<A, B>(A first, B second) {}

  private <A, B> Both<A, B> both(Function<Grants, A> first, Function<Grants, B> second)
      throws Exception {
    String name = "second-" + id;
    try (DatabaseTime.KeptConnection transaction = time.keep("first-" + id);
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      transaction.begin();
      A one = first.apply(new Grants(transaction.dataSource(), cipher));
      Grants other = new Grants(time.dataSource(name), cipher);
      Future<B> two = thread.submit(() -> second.apply(other));
      Eventually.isTrue(
          "the second waits for the first", () -> isBlocked(name) || two.isDone(), () -> name);
      assertTrue(!two.isDone(), "the second did not wait for the first");
      transaction.commit();
      return new Both<>(one, two.get());
    }
  }

  private static boolean isBlocked(String name) {
    try (Connection connection = DATABASE.dataSource().getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "select exists (select 1 from pg_stat_activity a join pg_locks l using (pid)"
                    + " where a.application_name = ? and not l.granted)")) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private HandoutState state() {
    return grants.handoutState(slug).orElseThrow();
  }

  private void assertNow(ConnectionState state, long generation, String refreshToken) {
    assertEquals(state, state().state());
    assertEquals(generation, Objects.requireNonNull(state().token()).generation());
    assertEquals(Optional.of(slug), grants.holderOf(Secret.of(refreshToken)));
  }

  // --- settleTogether ---

  @Test
  void answersTogetherPassOverARowThatSomebodyHasLocked() throws Exception {
    Lease lease = won("one");
    Renewal renewal = new Renewal(lease, tokens("refresh-2"), time.now().plusSeconds(3600));
    try (DatabaseTime.KeptConnection transaction = time.keep("first-" + id)) {
      transaction.begin();
      new Grants(transaction.dataSource(), cipher).deferred(lease, "upstream_timeout", GRACE);

      assertEquals(List.of(false), grants.settleTogether(List.of(renewal)));

      transaction.commit();
    }
    assertEquals(List.of(true), grants.settleTogether(List.of(renewal)));
    assertNow(ConnectionState.CONNECTED, 2, "refresh-2");
  }

  // --- claim ---

  @Test
  void ofTwoClaimsOneIsWon() throws Exception {
    Both<Claim, Claim> both = both(by -> claim(by, "one"), by -> claim(by, "two"));

    assertInstanceOf(Claim.Won.class, both.first());
    assertEquals(new Claim.HeldElsewhere(null), both.second());
  }

  @Test
  void ofTwoClaimsOfAnEndedLeaseOneIsWon() throws Exception {
    won("gone");
    time.pass(LEASE);

    Both<Claim, Claim> both = both(by -> claim(by, "one"), by -> claim(by, "two"));

    assertEquals(2, assertInstanceOf(Claim.Won.class, both.first()).lease().number());
    assertEquals(new Claim.HeldElsewhere(null), both.second());
  }

  @Test
  void aClaimSeesTheAnswerThatWasJustSettled() throws Exception {
    Lease late = won("one");
    time.pass(LEASE);

    Both<Boolean, Claim> both = both(by -> settle(by, late, "refresh-2"), by -> claim(by, "two"));

    assertTrue(both.first());
    assertEquals(new Claim.Newer(), both.second());
  }

  @Test
  void aClaimSeesTheConsentThatIsJustGone() throws Exception {
    Lease lease = won("one");
    time.pass(LEASE);

    Both<Boolean, Claim> both = both(by -> by.consentGone(lease, GRACE), by -> claim(by, "two"));

    assertTrue(both.first());
    assertEquals(new Claim.NoConsent(), both.second());
  }

  @Test
  void aClaimSeesTheLeaseThatWasJustGivenBack() throws Exception {
    Lease lease = won("one");
    time.pass(LEASE);

    Both<Boolean, Claim> both = both(by -> deferred(by, lease), by -> claim(by, "two"));

    Lease second = assertInstanceOf(Claim.Won.class, both.second()).lease();
    assertEquals(1, second.consecutiveFailures());
  }

  @Test
  void aClaimSeesTheWaitThatHasJustBegun() throws Exception {
    won("one");
    time.pass(LEASE);
    Lease refused = won("two");
    time.pass(LEASE);
    Duration grace = GRACE.multipliedBy(2); // or it would be over before the second lease

    Both<Boolean, Claim> both = both(by -> by.awaitRival(refused, grace), by -> claim(by, "three"));

    assertTrue(both.first());
    assertEquals(new Claim.HeldElsewhere(null), both.second());
  }

  @Test
  void aClaimSeesTheConnectionThatWasJustMade() throws Exception {
    Both<Boolean, Claim> both = both(by -> connect(by, "refresh-new"), by -> claim(by, "two"));

    assertEquals(new Claim.Newer(), both.second());
  }

  /** They do not even wait, so {@link #both} is not for them. */
  @Test
  void ofTwoClaimsOfWhatIsDueOneIsWon() {
    time.pass(Duration.ofHours(1));
    try (DatabaseTime.KeptConnection transaction = time.keep("first-" + id)) {
      transaction.begin();
      Grants first = new Grants(transaction.dataSource(), cipher);

      assertEquals(1, first.claimDue(10, 10, true, "one", LEASE).size());
      assertEquals(List.of(), grants.claimDue(10, 10, true, "two", LEASE));
      transaction.commit();

      assertEquals(List.of(), grants.claimDue(10, 10, true, "two", LEASE));
    }
  }

  @Test
  void aClaimSeesThatItsAgencyWasJustClaimedAsDue() throws Exception {
    time.pass(Duration.ofHours(1));

    Both<List<Lease>, Claim> both =
        both(by -> by.claimDue(10, 10, true, "one", LEASE), by -> claim(by, "two"));

    assertEquals(1, both.first().size());
    assertEquals(new Claim.HeldElsewhere(null), both.second());
  }

  // --- settle ---

  @Test
  void ofTwoAnswersForOneTokenTheFirstIsStored() throws Exception {
    Lease one = won("one");
    time.pass(LEASE);
    Lease two = won("two");

    Both<Boolean, Boolean> both =
        both(by -> settle(by, one, "refresh-one"), by -> settle(by, two, "refresh-two"));

    assertEquals(new Both<>(true, false), both);
    assertNow(ConnectionState.CONNECTED, 2, "refresh-one");
  }

  @Test
  void ofTwoAnswersWithTheSameTokenTheFirstIsStored() throws Exception {
    Lease one = won("one");
    time.pass(LEASE);
    Lease two = won("two");

    Both<Boolean, Boolean> both =
        both(by -> settle(by, two, "refresh-1"), by -> settle(by, one, "refresh-1"));

    assertEquals(new Both<>(true, false), both);
    assertNow(ConnectionState.CONNECTED, 2, "refresh-1");
  }

  @Test
  void oneAnswerThatIsSettledTwiceIsStoredOnce() throws Exception {
    Lease lease = won("one");

    Both<Boolean, Boolean> both =
        both(by -> settle(by, lease, "refresh-2"), by -> settle(by, lease, "refresh-2"));

    assertEquals(new Both<>(true, false), both);
    assertNow(ConnectionState.CONNECTED, 2, "refresh-2");
  }

  @Test
  void aLateAnswerIsStoredAlthoughTheLeaseWasJustWon() throws Exception {
    Lease late = won("one");
    time.pass(LEASE);

    Both<Claim, Boolean> both = both(by -> claim(by, "two"), by -> settle(by, late, "refresh-2"));

    assertInstanceOf(Claim.Won.class, both.first());
    assertTrue(both.second());
    assertNow(ConnectionState.CONNECTED, 2, "refresh-2");
  }

  @Test
  void aLateAnswerIsStoredAlthoughTheConsentIsJustGone() throws Exception {
    Lease late = won("one");
    time.pass(GRACE);
    Lease refused = won("two");

    Both<Boolean, Boolean> both =
        both(by -> by.consentGone(refused, GRACE), by -> settle(by, late, "refresh-2"));

    assertEquals(new Both<>(true, true), both);
    assertNow(ConnectionState.CONNECTED, 2, "refresh-2");
  }

  @Test
  void aLateAnswerIsStoredAlthoughItWasJustGivenUp() throws Exception {
    Lease late = won("one");
    time.pass(LEASE);
    grants.awaitRival(won("two"), GRACE);
    time.pass(GRACE);

    Both<List<String>, Boolean> both =
        both(Grants::giveUpRivals, by -> settle(by, late, "refresh-2"));

    assertEquals(List.of(slug), both.first());
    assertTrue(both.second());
    assertNow(ConnectionState.CONNECTED, 2, "refresh-2");
  }

  @Test
  void anAnswerChangesNothingOnceTheAgencyIsConnectedAnew() throws Exception {
    Lease old = won("one");

    Both<Boolean, Boolean> both =
        both(by -> connect(by, "refresh-new"), by -> settle(by, old, "refresh-2"));

    assertEquals(false, both.second());
    assertNow(ConnectionState.CONNECTED, 2, "refresh-new");
  }

  @Test
  void aConnectionThatIsMadeReplacesTheAnswerThatWasJustSettled() throws Exception {
    Lease old = won("one");

    Both<Boolean, Boolean> both =
        both(by -> settle(by, old, "refresh-2"), by -> connect(by, "refresh-new"));

    assertTrue(both.first());
    assertNow(ConnectionState.CONNECTED, 3, "refresh-new");
  }

  // --- refusals ---

  @Test
  void aRefusalDoesNotCountOnceTheAnswerIsSettled() throws Exception {
    Lease late = won("one");
    time.pass(GRACE);
    Lease refused = won("two");

    Both<Boolean, Boolean> both =
        both(by -> settle(by, late, "refresh-2"), by -> by.consentGone(refused, GRACE));

    assertEquals(new Both<>(true, false), both);
    assertNow(ConnectionState.CONNECTED, 2, "refresh-2");
  }

  @Test
  void nothingIsWaitedForOnceTheAnswerIsSettled() throws Exception {
    Lease late = won("one");
    time.pass(LEASE);
    Lease refused = won("two");

    Both<Boolean, Boolean> both =
        both(by -> settle(by, late, "refresh-2"), by -> by.awaitRival(refused, GRACE));

    assertEquals(new Both<>(true, false), both);
    assertNow(ConnectionState.CONNECTED, 2, "refresh-2");
  }

  @Test
  void aRefusalDoesNotCountOnceTheLeaseHasPassedOn() throws Exception {
    Lease late = won("one");
    time.pass(LEASE);

    Both<Claim, Boolean> both = both(by -> claim(by, "two"), by -> by.consentGone(late, GRACE));

    assertInstanceOf(Claim.Won.class, both.first());
    assertEquals(false, both.second());
    assertNow(ConnectionState.CONNECTED, 1, "refresh-1");
  }

  @Test
  void aWaitThatIsOverIsGivenUpOnce() throws Exception {
    won("one");
    time.pass(LEASE);
    grants.awaitRival(won("two"), GRACE);
    time.pass(GRACE);

    Both<List<String>, List<String>> both = both(Grants::giveUpRivals, Grants::giveUpRivals);

    assertEquals(List.of(slug), both.first());
    assertEquals(List.of(), both.second());
  }

  @Test
  void aWaitIsNotGivenUpOnceTheAnswerIsSettled() throws Exception {
    Lease late = won("one");
    time.pass(LEASE);
    grants.awaitRival(won("two"), GRACE);
    time.pass(GRACE);

    Both<Boolean, List<String>> both =
        both(by -> settle(by, late, "refresh-2"), Grants::giveUpRivals);

    assertTrue(both.first());
    assertEquals(List.of(), both.second());
    assertNow(ConnectionState.CONNECTED, 2, "refresh-2");
  }

  @Test
  void aFailureIsNotCountedOnceTheLeaseHasPassedOn() throws Exception {
    Lease late = won("one");
    time.pass(LEASE);

    Both<Claim, Boolean> both = both(by -> claim(by, "two"), by -> deferred(by, late));

    assertInstanceOf(Claim.Won.class, both.first());
    assertEquals(new Claim.HeldElsewhere(null), claim(grants, "three"));
  }

  @Test
  void aDeletedAgencyIsNotBroughtBackByAnAnswer() throws Exception {
    Lease old = won("one");
    String name = "second-" + id;
    try (Connection connection = DATABASE.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ExecutorService thread = Executors.newSingleThreadExecutor()) {
      connection.setAutoCommit(false);
      statement.execute("delete from agency where id = " + id);
      Grants other = new Grants(time.dataSource(name), cipher);
      Future<Boolean> second = thread.submit(() -> settle(other, old, "refresh-2"));
      Eventually.isTrue("the answer waits for the deletion", () -> isBlocked(name), () -> name);
      connection.commit();

      assertEquals(false, second.get());
    }
    assertEquals(Optional.empty(), grants.handoutState(slug));
  }
}
