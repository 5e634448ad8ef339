package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.DatabaseTime;
import org.tokenbroker.testing.MigratedDatabase;
import org.tokenbroker.testing.TestKeyset;

/**
 * The statements of {@link Grants} on real PostgreSQL do what {@link GrantModel} does: the whole
 * row and the answer are compared after each step of random sequences. Two owners hold leases,
 * which they use long after they have ended, too; the clock likes to stop at the very end of a
 * lease and of a grace period.
 */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class GrantModelTest {

  @RegisterExtension static final MigratedDatabase DATABASE = new MigratedDatabase();

  private static final int SEQUENCES = 40;
  private static final int STEPS = 40;

  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final Duration GRACE = Duration.ofSeconds(90);
  private static final Duration REST = Duration.ofSeconds(30);
  private static final Instant START = Instant.parse("2026-11-24T12:00:00Z");

  private static final String ROW =
      """
      select connection_id, state, encode(refresh_token_hash, 'hex'), generation,
             access_token_expires_at, next_refresh_at,
             consecutive_failures, last_error, last_error_at, lease_owner, lease_until,
             lease_generation, encode(presented_hash, 'hex'), presented_at, presented_by,
             rival_presented_at, forced_at
        from agency_grant where agency_id = ?
      """;

  private enum Operation {
    CLAIM(8),
    CLAIM_DUE(2),
    SETTLE(2),
    CONSENT_GONE(1),
    AWAIT_RIVAL(1),
    GIVE_UP_RIVALS(1),
    DEFERRED(1),
    RELEASE(1),
    CONNECT(1),
    DELETE(0),
    TIME(10);

    private final int weight;

    Operation(int weight) {
      this.weight = weight;
    }
  }

  /** A lease as both sides know it. */
  private record Pair(Lease real, GrantModel.Held model) {}

  private final DatabaseTime time = DatabaseTime.of(DATABASE.database(), START);
  private final Map<Operation, Integer> effects = new EnumMap<>(Operation.class);
  private DatabaseTime.KeptConnection kept;
  private Grants grants;
  private Random random;
  private long id;
  private int connections;
  private int tokens;
  private List<Pair> leases;
  private @Nullable GrantModel model;

  @BeforeEach
  void statementsUnderASettableClock() {
    kept = time.keep("statements");
    grants = new Grants(kept.dataSource(), new TokenCipher(TestKeyset.create()));
  }

  @AfterEach
  void close() {
    kept.close();
  }

  @Test
  void theStatementsDoWhatTheModelDoes() throws SQLException {
    long seed = ThreadLocalRandom.current().nextLong();
    int sequences = 0;
    while (sequences < SEQUENCES || effects.size() < Operation.values().length) {
      run(seed + sequences++);
      assertTrue(sequences < 10 * SEQUENCES, () -> "only these ever held: " + effects);
    }
    System.out.println("GrantModelTest: seed " + seed + ", held so often: " + effects);
  }

  private void run(long seed) throws SQLException {
    random = new Random(seed);
    id = Math.abs(seed) % 1_000_000_000_000L + 1;
    leases = new ArrayList<>();
    execute(
        "insert into agency (id, slug, name, scope_requested) values (?, ?, 'x', 'read_agency')",
        id,
        slug());
    connect();
    List<String> steps = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      boolean last = i == STEPS - 3; // what comes too late for a deleted agency is tried as well
      Operation operation = last ? Operation.DELETE : choose();
      GrantModel before = model;
      String step = operation + " " + step(operation);
      steps.add(step);
      if (operation == Operation.TIME || !Objects.equals(before, model)) {
        effects.merge(operation, 1, Integer::sum);
      }
      assertEquals(model, stored(), () -> "seed " + seed + ": " + String.join("\n", steps));
    }
  }

  private String slug() {
    return "agency-" + id;
  }

  private Operation choose() {
    GrantModel row = model;
    if (row != null && row.rivalPresentedAt() != null && random.nextInt(3) == 0) {
      // Random steps alone would hardly ever come this far.
      boolean waits = GrantModel.GRACE.equals(row.leaseOwner());
      return waits && random.nextBoolean()
          ? Operation.TIME
          : waits ? Operation.GIVE_UP_RIVALS : Operation.AWAIT_RIVAL;
    }
    int all = 0;
    for (Operation operation : Operation.values()) {
      all += operation.weight;
    }
    int chosen = random.nextInt(all);
    for (Operation operation : Operation.values()) {
      chosen -= operation.weight;
      if (chosen < 0) {
        return operation;
      }
    }
    throw new IllegalStateException("weights add up");
  }

  private String step(Operation operation) throws SQLException {
    GrantModel row = model;
    long now = time.now().toEpochMilli();
    switch (operation) {
      case CLAIM -> {
        return claim(row, now);
      }
      case CLAIM_DUE -> {
        return claimDue(row, now);
      }
      case CONNECT -> {
        if (row != null) {
          connect();
        }
        return "";
      }
      case DELETE -> {
        execute("delete from agency where id = ?", id);
        model = null;
        return "";
      }
      case GIVE_UP_RIVALS -> {
        GrantModel after = row == null ? null : row.giveUpRivals(now);
        boolean expected = !Objects.equals(row, after);
        assertEquals(expected ? List.of(slug()) : List.of(), grants.giveUpRivals());
        model = after;
        return "";
      }
      case TIME -> {
        time.set(laterThan(row, now));
        return time.now().toString();
      }
      case SETTLE, CONSENT_GONE, AWAIT_RIVAL, DEFERRED, RELEASE -> {
        if (leases.isEmpty()) {
          return "";
        }
        // Mostly the last, often the one before it, sometimes any.
        int back = random.nextInt(4) == 0 ? random.nextInt(leases.size()) : random.nextInt(2);
        Pair pair = leases.get(Math.max(0, leases.size() - 1 - back));
        return operation + " " + answer(operation, pair, row, now);
      }
    }
    throw new IllegalStateException(operation.name());
  }

  private String answer(Operation operation, Pair pair, @Nullable GrantModel row, long now) {
    Lease real = pair.real();
    GrantModel.Held held = pair.model();
    Duration grace = random.nextInt(8) == 0 ? Duration.ZERO : GRACE;
    Duration retryIn = Duration.ofSeconds(random.nextInt(120));
    boolean holds;
    GrantModel after;
    switch (operation) {
      case SETTLE -> {
        int token = random.nextBoolean() ? held.refreshToken() : ++tokens;
        Instant next = time.now().plusSeconds(random.nextInt(200) - 50);
        TokenSet answer = tokens(token);
        Renewal renewal = new Renewal(real, answer, next);
        // Nobody else has the row locked here, so that they do the same.
        holds =
            random.nextBoolean()
                ? grants.settle(renewal)
                : grants.settleTogether(List.of(renewal)).getFirst();
        after =
            row == null
                ? null
                : row.settle(
                    held, token, answer.accessTokenExpiresAt().toEpochMilli(), next.toEpochMilli());
      }
      case CONSENT_GONE -> {
        holds = grants.consentGone(real, grace);
        after = row == null ? null : row.consentGone(now, held, grace.toMillis());
      }
      case AWAIT_RIVAL -> {
        holds = grants.awaitRival(real, grace);
        after = row == null ? null : row.awaitRival(now, held, grace.toMillis());
      }
      case DEFERRED -> {
        grants.deferred(real, "upstream_timeout", retryIn);
        after =
            row == null ? null : row.deferred(now, held, "upstream_timeout", retryIn.toMillis());
        holds = !Objects.equals(after, row);
      }
      case RELEASE -> {
        grants.release(real);
        after = row == null ? null : row.release(held);
        holds = !Objects.equals(after, row);
      }
      default -> throw new IllegalStateException(operation.name());
    }
    assertEquals(!Objects.equals(after, row), holds, operation.name());
    model = after;
    return held + " " + holds;
  }

  private String claim(@Nullable GrantModel row, long now) {
    long stored = row == null ? 1 : row.generation();
    long seen = random.nextInt(8) == 0 ? stored - 1 : stored;
    Grants.Terms terms =
        new Grants.Terms(
            random.nextInt(3) == 0,
            random.nextInt(3) == 0 ? REST : Duration.ZERO,
            random.nextInt(3) == 0,
            random.nextInt(3) > 0,
            random.nextInt(8) > 0);
    String owner = owner();
    Grants.Claim real = grants.claim(id, seen, terms, owner, LEASE);
    if (row == null) {
      assertEquals(new Grants.Claim.NoConsent(), real);
      return real.toString();
    }
    GrantModel.Claimed claimed = row.claim(now, seen, terms, owner, LEASE.toMillis());
    model = claimed.row();
    GrantModel.Claim outcome =
        switch (real) {
          case Grants.Claim.Won(Lease lease) -> {
            won(lease, claimed);
            yield GrantModel.Claim.WON;
          }
          case Grants.Claim.HeldElsewhere(String _) -> GrantModel.Claim.HELD_ELSEWHERE;
          case Grants.Claim.Newer() -> GrantModel.Claim.NEWER;
          case Grants.Claim.TooSoon(Instant forcedAt) -> {
            assertEquals(row.forcedAt(), forcedAt.toEpochMilli());
            yield GrantModel.Claim.TOO_SOON;
          }
          case Grants.Claim.NoConsent() -> GrantModel.Claim.NO_CONSENT;
          case Grants.Claim.FailedJustNow(String error, Duration retryIn) -> {
            assertEquals(row.lastError(), error);
            assertTrue(retryIn.isPositive());
            yield GrantModel.Claim.FAILED_JUST_NOW;
          }
          case Grants.Claim.NoApplications() -> GrantModel.Claim.NO_APPLICATIONS;
        };
    assertEquals(claimed.outcome(), outcome);
    return "%s sees %d, %s: %s".formatted(owner, seen, terms, outcome);
  }

  private String claimDue(@Nullable GrantModel row, long now) {
    String owner = owner();
    List<Lease> real = grants.claimDue(5, 5, true, owner, LEASE);
    GrantModel.Claimed claimed = row == null ? null : row.claimDue(now, owner, LEASE.toMillis());
    if (claimed == null) {
      assertEquals(List.of(), real);
      return "of nothing";
    }
    assertEquals(1, real.size());
    won(real.getFirst(), claimed);
    model = claimed.row();
    return owner;
  }

  private String owner() {
    return random.nextBoolean() ? "one" : "two";
  }

  private void won(Lease lease, GrantModel.Claimed claimed) {
    GrantModel.Held held =
        new GrantModel.Held(
            lease.number(),
            (int) lease.connectionId().getLeastSignificantBits(),
            Integer.parseInt(lease.refreshToken().value()),
            lease.generation(),
            lease.claimedAt().toEpochMilli(),
            lease.forced());
    assertEquals(claimed.lease(), held);
    leases.add(new Pair(lease, held));
  }

  private void connect() {
    int connection = ++connections;
    int token = ++tokens;
    TokenSet won = tokens(token);
    Instant next = time.now().plusSeconds(random.nextInt(100));
    grants.connect(
        id,
        new UUID(0, connection),
        GrantKind.APPLICATION,
        new Active911Agency("123", "Springfield Fire"),
        won,
        time.now(),
        next);
    long expiresAt = won.accessTokenExpiresAt().toEpochMilli();
    model =
        model == null
            ? GrantModel.connected(connection, token, expiresAt, next.toEpochMilli())
            : model.connect(connection, token, expiresAt, next.toEpochMilli());
  }

  /** Often at one of the moments that a condition of a statement depends on, or just before. */
  private Instant laterThan(@Nullable GrantModel row, long now) {
    List<Long> moments = new ArrayList<>();
    if (row != null) {
      if (row.leaseUntil() != null) {
        moments.add(row.leaseUntil());
        moments.add(row.leaseUntil());
      }
      if (row.rivalPresentedAt() != null) {
        moments.add(row.rivalPresentedAt() + GRACE.toMillis());
      }
      if (random.nextInt(4) == 0) {
        moments.add(row.accessTokenExpiresAt() - 5 * 60_000);
      }
      if (random.nextInt(4) == 0 && row.presentedAt() != null) {
        moments.add(row.presentedAt() + 15 * 60_000);
      }
      if (row.lastErrorAt() != null) {
        moments.add(row.lastErrorAt() + 2000);
      }
      if (row.nextRefreshAt() < now + 100_000) {
        moments.add(row.nextRefreshAt());
      }
      if (row.forcedAt() != null) {
        moments.add(row.forcedAt() + REST.toMillis());
      }
    }
    moments.add(now + 1 + random.nextInt(40_000));
    long moment = moments.get(random.nextInt(moments.size())) - random.nextInt(2);
    return Instant.ofEpochMilli(Math.max(now, moment));
  }

  private TokenSet tokens(int refreshToken) {
    return new TokenSet(
        Secret.of("access"),
        time.now().plusSeconds(random.nextInt(7200)),
        Secret.of(Integer.toString(refreshToken)),
        START.plus(Duration.ofDays(365)),
        Scope.parse("read_agency"));
  }

  private void execute(String sql, Object... arguments) throws SQLException {
    try (Connection connection = kept.dataSource().getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      statement.execute();
    }
  }

  private @Nullable GrantModel stored() throws SQLException {
    try (Connection connection = kept.dataSource().getConnection();
        PreparedStatement statement = connection.prepareStatement(ROW)) {
      statement.setLong(1, id);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return null;
        }
        Integer refreshToken = token(row, 3);
        Long accessTokenExpiresAt = millis(row, 5);
        Long nextRefreshAt = millis(row, 6);
        if (refreshToken == null || accessTokenExpiresAt == null || nextRefreshAt == null) {
          throw new AssertionError("a column that is never null is");
        }
        return new GrantModel(
            (int) row.getObject(1, UUID.class).getLeastSignificantBits(),
            ConnectionState.valueOf(row.getString(2)),
            refreshToken,
            row.getLong(4),
            accessTokenExpiresAt,
            nextRefreshAt,
            row.getInt(7),
            row.getString(8),
            millis(row, 9),
            row.getString(10),
            millis(row, 11),
            row.getLong(12),
            token(row, 13),
            millis(row, 14),
            row.getString(15),
            millis(row, 16),
            millis(row, 17));
      }
    }
  }

  private static @Nullable Long millis(ResultSet row, int column) throws SQLException {
    OffsetDateTime moment = row.getObject(column, OffsetDateTime.class);
    return moment == null ? null : moment.toInstant().toEpochMilli();
  }

  private @Nullable Integer token(ResultSet row, int column) throws SQLException {
    String hash = row.getString(column);
    if (hash == null) {
      return null;
    }
    for (int token = 1; token <= tokens; token++) {
      Secret secret = Secret.of(Integer.toString(token));
      if (HexFormat.of().formatHex(secret.sha256()).equals(hash)) {
        return token;
      }
    }
    throw new AssertionError("the hash of a token that was never issued: " + hash);
  }
}
