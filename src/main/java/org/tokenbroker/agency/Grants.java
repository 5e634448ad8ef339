package org.tokenbroker.agency;

import jakarta.inject.Singleton;
import jakarta.transaction.Transactional;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.HandoutState.CurrentToken;
import org.tokenbroker.agency.TokenCipher.Place;
import org.tokenbroker.agency.TokenCipher.UndecipherableException;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.trace.Traces;

/**
 * The single owner of the stored grants: no other class writes that table, but for {@link
 * Reencryption}, which replaces a ciphertext by another of the same token. Each change is one
 * statement whose condition says which state it may follow, so that it holds with any number of
 * replicas; and each is committed before the method returns, unless the caller's transaction spans
 * it. Plain JDBC, because the conditions are the point.
 */
@Singleton
public class Grants {

  private static final Logger LOG = Logger.getLogger(Grants.class);

  private final DataSource dataSource;
  private final TokenCipher cipher;

  Grants(DataSource dataSource, TokenCipher cipher) {
    this.dataSource = dataSource;
    this.cipher = cipher;
  }

  /** What became of an attempt to win the lease on an agency's refresh token. */
  public sealed interface Claim {
    /** It is ours until it ends. */
    record Won(Lease lease) implements Claim {}

    /**
     * Somebody else's lease is running.
     *
     * @param traceparent the span that won it, if it was won in one; see {@link Traces#current}
     */
    record HeldElsewhere(@Nullable String traceparent) implements Claim {}

    /** There is nothing to do: the stored access token is newer than the one that was seen. */
    record Newer() implements Claim {}

    /**
     * Somebody had it refreshed only a moment ago.
     *
     * @param forcedAt when, on the database's clock
     */
    record TooSoon(Instant forcedAt) implements Claim {}

    /** There is no grant to refresh, or its consent is gone and was not to be tried. */
    record NoConsent() implements Claim {}

    /**
     * Somebody's attempt has failed only a moment ago, and it is too soon for another.
     *
     * @param error our name for what was wrong
     * @param retryIn when it is worth asking again
     */
    record FailedJustNow(String error, Duration retryIn) implements Claim {}

    /** It is an application grant, and none of those may be presented now. */
    record NoApplications() implements Claim {}
  }

  /**
   * On what terms a lease may be won.
   *
   * @param evenWithoutConsent whether to try a consent that was found gone once more
   * @param restSince if the stored token is still valid and is refreshed only because somebody asks
   *     for it: how long ago the last such refresh must be; else zero
   * @param restAfterFailure whether a failure makes the next attempt wait: 2 s after the first, up
   *     to 30 s, whoever asks and wherever
   * @param evenUnsettled whether to present a token that somebody else set out to present and was
   *     not heard of since; see {@link #SETTLED}
   * @param applications whether application grants may be presented now; personal ones always may
   */
  public record Terms(
      boolean evenWithoutConsent,
      Duration restSince,
      boolean restAfterFailure,
      boolean evenUnsettled,
      boolean applications) {}

  /**
   * Nobody has set out to present the stored token without being heard of since; or that is long
   * ago, or the access token ends soon. Whoever it was may hold the token that took its place, in
   * memory or journal, and only be cut off from the database; then presenting the old one may make
   * Active911 revoke both (RFC 9700 §4.14.2). While the access token is good, nothing is lost by
   * giving him time.
   */
  private static final String SETTLED =
      """
      (g.presented_hash is distinct from g.refresh_token_hash
       or g.presented_at <= clock_timestamp() - interval '15 minutes'
       or g.access_token_expires_at <= clock_timestamp() + interval '5 minutes')
      """;

  /** What a claim does to the row. */
  private static final String CLAIM =
      """
      update agency_grant g
         set lease_owner = ?, lease_until = clock_timestamp() + ? * interval '1 millisecond',
             lease_generation = g.lease_generation + 1, lease_traceparent = ?,
             rival_presented_at =
                 case when g.presented_hash = g.refresh_token_hash then g.presented_at end,
             presented_hash = g.refresh_token_hash, presented_at = clock_timestamp(),
             presented_by = ?
      """;

  /** What a claim brings; read by {@link #lease}. */
  private static final String CLAIMED =
      """
      returning g.agency_id, a.slug, g.lease_generation, g.connection_id, g.kind, g.refresh_token,
                g.refresh_token_expires_at, g.scope_granted, g.generation,
                g.consecutive_failures, g.access_token_expires_at, g.presented_at
      """;

  /** When a failure is long enough ago for another attempt that somebody waits for. */
  private static final String RESTED =
      "g.last_error_at + least(30, power(2, least(g.consecutive_failures, 5))) * interval '1 second'";

  /**
   * Wins the lease on an agency's refresh token, if it is free, and records which token its holder
   * is about to present. One committed statement: nothing is held while Active911 is called.
   *
   * @param agencyId whose
   * @param seenGeneration the access token that the claimant knows and wants replaced
   * @param owner names the claimant in the lease
   * @param length how long it may hold the lease; longer than the call to Active911 can take
   */
  public Claim claim(
      long agencyId, long seenGeneration, Terms terms, String owner, Duration length) {
    String claim =
        CLAIM
            + """
              from agency a
             where g.agency_id = ? and a.id = g.agency_id and g.generation = ?
               and (g.lease_until is null or g.lease_until <= clock_timestamp())
               and g.lease_owner is distinct from 'grace'
               and (g.state = 'CONNECTED' or ?)
               and (g.kind = 'PERSONAL' or ?)
               and (g.forced_at is null
                    or g.forced_at <= clock_timestamp() - ? * interval '1 millisecond')
               and (g.last_error_at is null or not ? or %s <= clock_timestamp())
               and (? or %s)
            """
                .formatted(RESTED, SETTLED)
            + CLAIMED;
    try (Connection connection = dataSource.getConnection()) {
      try (PreparedStatement statement = connection.prepareStatement(claim)) {
        bind(
            statement,
            owner,
            length.toMillis(),
            Traces.current(),
            owner,
            agencyId,
            seenGeneration,
            terms.evenWithoutConsent(),
            terms.applications(),
            terms.restSince().toMillis(),
            terms.restAfterFailure(),
            terms.evenUnsettled());
        try (ResultSet row = statement.executeQuery()) {
          if (row.next()) {
            return new Claim.Won(lease(row, owner, terms.restSince().isPositive()));
          }
        }
      }
      return whyNotClaimed(connection, agencyId, seenGeneration, terms);
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  private Lease lease(ResultSet row, String owner, boolean forced) throws SQLException {
    long agencyId = row.getLong(1);
    return new Lease(
        agencyId,
        row.getString(2),
        owner,
        row.getLong(3),
        row.getObject(4, UUID.class),
        GrantKind.valueOf(row.getString(5)),
        cipher.decrypt(row.getBytes(6), Place.ofGrant(agencyId, "refresh_token")),
        instant(row, 7),
        Scope.parse(row.getString(8)),
        row.getLong(9),
        row.getInt(10),
        instant(row, 11),
        instant(row, 12),
        forced);
  }

  private static Claim whyNotClaimed(
      Connection connection, long agencyId, long seenGeneration, Terms terms) throws SQLException {
    String why =
        """
        select g.generation, g.lease_until > clock_timestamp() or g.lease_owner = 'grace', g.state,
               g.kind, coalesce(g.last_error, ''),
               (extract(epoch from %s - clock_timestamp()) * 1000)::bigint,
               case when g.forced_at > clock_timestamp() - ? * interval '1 millisecond'
                    then g.forced_at end,
               g.lease_traceparent
          from agency_grant g where g.agency_id = ?
        """
            .formatted(RESTED);
    try (PreparedStatement statement = connection.prepareStatement(why)) {
      bind(statement, terms.restSince().toMillis(), agencyId);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return new Claim.NoConsent();
        }
        if (row.getLong(1) != seenGeneration) {
          return new Claim.Newer();
        }
        if (row.getBoolean(2)) {
          return new Claim.HeldElsewhere(row.getString(8));
        }
        if (ConnectionState.valueOf(row.getString(3)) == ConnectionState.NEEDS_CONSENT
            && !terms.evenWithoutConsent()) {
          return new Claim.NoConsent();
        }
        if (GrantKind.valueOf(row.getString(4)) == GrantKind.APPLICATION && !terms.applications()) {
          return new Claim.NoApplications();
        }
        long rest = row.getLong(6);
        if (terms.restAfterFailure() && rest > 0) {
          return new Claim.FailedJustNow(row.getString(5), Duration.ofMillis(rest));
        }
        OffsetDateTime forcedAt = row.getObject(7, OffsetDateTime.class);
        return forcedAt == null
            // It was free a moment ago, or is now, or may be used up: worth another look.
            ? new Claim.HeldElsewhere(null)
            : new Claim.TooSoon(forcedAt.toInstant());
      }
    }
  }

  /** Due: its time to refresh has come, and nobody holds it. */
  private static final String DUE =
      """
      g.state = 'CONNECTED' and g.next_refresh_at <= (select clock_timestamp())
      and (g.lease_until is null or g.lease_until <= clock_timestamp())
      and g.lease_owner is distinct from 'grace' and (g.kind = 'PERSONAL' or ?) and
      """
          + SETTLED;

  /** Of how many due agencies those that expire first are looked for, when very many are due. */
  private static final int WINDOW = 1000;

  /**
   * The order has the planner read the index and not hope to meet a due row early in the table; it
   * would be left aside below {@code exists}. Without a parameter, since with one it would plan
   * anew each time, which takes longer than the look itself.
   */
  static final String IS_ANY_DUE =
      """
      select count(*) > 0 from (
          select 1 from agency_grant
           where state = 'CONNECTED' and next_refresh_at <= (select clock_timestamp())
           order by next_refresh_at limit 1) due
      """;

  /**
   * Whether any agency's time to refresh has come; those that somebody holds at the moment count
   * too. One look at an index, however many agencies there are.
   */
  public boolean isAnyDue() {
    return query(IS_ANY_DUE, row -> row.getBoolean(1)).getFirst();
  }

  static final String CLAIM_DUE =
      """
      with healthy as (%s), failing as (%s), chosen as (
          select * from (select * from healthy union all select * from failing) due
           order by access_token_expires_at limit ?
      )
      """
              .formatted(
                  firstDue("g.consecutive_failures = 0"), firstDue("g.consecutive_failures > 0"))
          + CLAIM
          + """
            from chosen c join agency a on a.id = c.agency_id
           where g.agency_id = c.agency_id
          """
          + CLAIMED;

  /**
   * Wins the leases on agencies whose time to refresh has come, earliest expiry first. Replicas
   * that do so at the same time win different ones: rows that another is just claiming are passed
   * over.
   *
   * @param limit how many at most
   * @param failing how many at most of those whose last refresh failed: these may take long, and
   *     must leave room for the others
   * @param applications whether application grants may be presented now; personal ones always may
   */
  public List<Lease> claimDue(
      int limit, int failing, boolean applications, String owner, Duration length) {
    return query(
        CLAIM_DUE,
        row -> lease(row, owner, false),
        applications,
        applications,
        limit,
        applications,
        applications,
        failing,
        limit,
        owner,
        length.toMillis(),
        Traces.current(),
        owner);
  }

  /**
   * Locks those that expire first of the agencies that are due, but for those that another has
   * locked. However many are due, it reads no more than a window of them, and no more of that again
   * than are taken.
   */
  private static String firstDue(String which) {
    return """
        select g.agency_id, g.access_token_expires_at
          from (select d.agency_id
                  from (select g.agency_id, g.access_token_expires_at from agency_grant g
                         where %1$s and %2$s order by g.next_refresh_at limit %3$d) d
                 order by d.access_token_expires_at) first,
               lateral (select g.agency_id, g.access_token_expires_at from agency_grant g
                         where g.agency_id = first.agency_id and %1$s
                           for update skip locked) g
         limit ?
        """
        .formatted(DUE, which, WINDOW);
  }

  /** The row of an agency, waited for if another transaction has it locked. */
  private static final String ITS_ROW = "cast(? as bigint)";

  /** The same, but for none where it would have to be waited for. */
  private static final String ITS_FREE_ROW =
      "(select g.agency_id from agency_grant g where g.agency_id = ? for update skip locked)";

  /**
   * Where the refresh token changes, no marker is for the one that is stored now. Where it stays,
   * somebody else's marker does: their answer may hold another one.
   *
   * @param row {@link #ITS_ROW} or {@link #ITS_FREE_ROW}
   */
  private static String settling(String row) {
    return """
        update agency_grant
           set state = 'CONNECTED', access_token = ?, access_token_expires_at = ?,
               refresh_token = ?, refresh_token_hash = ?, refresh_token_expires_at = ?,
               previous_refresh_token = ?, scope_granted = ?,
               generation = generation + 1, last_refreshed_at = ?, next_refresh_at = ?,
               consecutive_failures = 0, last_error = null, last_error_at = null,
               forced_at = case when ? then ? else forced_at end,
               lease_until =
                   case when lease_generation = held.number or lease_owner = 'grace' then null
                        else lease_until end,
               lease_owner =
                   case when lease_generation = held.number or lease_owner = 'grace' then null
                        else lease_owner end,
               presented_hash =
                   case when held.rotated then null
                        when lease_generation = held.number and rival_presented_at is null then null
                        else presented_hash end,
               presented_at =
                   case when held.rotated then null
                        when lease_generation = held.number then rival_presented_at
                        else presented_at end,
               presented_by = case when held.rotated then null else presented_by end,
               rival_presented_at =
                   case when held.rotated or lease_generation = held.number then null
                        else rival_presented_at end
          from (select cast(? as bigint) as number, cast(? as boolean) as rotated) held
         where agency_id = %s and connection_id = ? and refresh_token_hash = ?
           and (generation = ? or held.rotated)
        """
        .formatted(row);
  }

  private static final String SETTLE = settling(ITS_ROW);
  private static final String SETTLE_IF_FREE = settling(ITS_FREE_ROW);

  private @Nullable Object[] settled(Renewal renewal) {
    Lease lease = renewal.lease();
    TokenSet tokens = renewal.tokens();
    boolean rotated = !tokens.refreshToken().equals(lease.refreshToken());
    return new @Nullable Object[] {
      cipher.encrypt(tokens.accessToken(), Place.ofGrant(lease.agencyId(), "access_token")),
      tokens.accessTokenExpiresAt(),
      cipher.encrypt(tokens.refreshToken(), Place.ofGrant(lease.agencyId(), "refresh_token")),
      tokens.refreshToken().sha256(),
      tokens.refreshTokenExpiresAt(),
      // The token before stays until the next success, for the case that the new one was lost on
      // its way; nothing to keep where it is still the same.
      rotated
          ? cipher.encrypt(
              lease.refreshToken(), Place.ofGrant(lease.agencyId(), "previous_refresh_token"))
          : null,
      tokens.scope().toString(),
      lease.claimedAt(),
      renewal.nextRefreshAt(),
      lease.forced(),
      lease.claimedAt(),
      lease.number(),
      rotated,
      lease.agencyId(),
      lease.connectionId(),
      lease.refreshToken().sha256(),
      lease.generation()
    };
  }

  /**
   * Stores what a refresh won. Holds where the connection is the one that the lease was won for,
   * its refresh token still is the one that was presented, and no newer access token was stored
   * since, unless the answer holds the refresh token that took the stored one's place; even if the
   * lease has ended, and even if the consent was found gone meanwhile: the answer may hold the only
   * live token.
   *
   * @return whether it was stored; if not, something newer is
   */
  public boolean settle(Renewal renewal) {
    return update(SETTLE, settled(renewal)) > 0;
  }

  /**
   * Stores what several refreshes won, as {@link #settle} does, but by one commit: it is what costs
   * most. A row that another transaction has locked is passed over, so that it holds up no other.
   *
   * @return for each, in their order, whether it was stored; if not, {@link #settle} tells why
   * @throws DatabaseUnavailableException if none is known to be stored
   */
  public List<Boolean> settleTogether(List<Renewal> renewals) {
    // Before a connection is taken, which others may wait for.
    List<@Nullable Object[]> settled = renewals.stream().map(this::settled).toList();
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try (PreparedStatement statement = connection.prepareStatement(SETTLE_IF_FREE)) {
        for (@Nullable Object[] arguments : settled) {
          bind(statement, arguments);
          statement.addBatch();
        }
        int[] updated = statement.executeBatch();
        connection.commit();
        return Arrays.stream(updated).mapToObj(rows -> rows > 0).toList();
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      }
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  /**
   * Records that Active911 refuses the presented token for good. Holds only where it still is the
   * stored one, the lease has not passed to somebody else, and nobody else may have an answer for
   * the same token under way; unless the consent counts as gone already, since an answer that comes
   * brings it back all the same. Why and since when it was gone then stays as it was: the token is
   * the same one, and its being refused once more says nothing new of how it was lost.
   *
   * @param grace for how long somebody else's answer is waited for
   * @return whether the consent now counts as gone
   */
  public boolean consentGone(Lease lease, Duration grace) {
    return update(
            """
            update agency_grant
               set state = 'NEEDS_CONSENT', consecutive_failures = consecutive_failures + 1,
                   last_error =
                       case when state = 'NEEDS_CONSENT' then last_error
                            when rival_presented_at is null then 'invalid_grant'
                            else 'answer_lost' end,
                   last_error_at =
                       case when state = 'NEEDS_CONSENT' then last_error_at
                            else clock_timestamp() end,
                   lease_owner = null, lease_until = null,
                   presented_hash = null, presented_at = null, presented_by = null,
                   rival_presented_at = null
             where agency_id = ? and connection_id = ? and refresh_token_hash = ?
               and generation = ? and lease_generation = ?
               and (state = 'NEEDS_CONSENT' or rival_presented_at is null
                    or rival_presented_at + ? * interval '1 millisecond' <= clock_timestamp())
            """,
            lease.agencyId(),
            lease.connectionId(),
            lease.refreshToken().sha256(),
            lease.generation(),
            lease.number(),
            grace.toMillis())
        > 0;
  }

  /**
   * Waits for somebody else's answer after Active911 has refused a token that they presented too:
   * theirs may hold the token that took its place. Nobody may claim the lease meanwhile; when their
   * time is over, {@link #giveUpRivals} has the refusal count.
   *
   * @return whether there is such an answer to wait for
   */
  public boolean awaitRival(Lease lease, Duration grace) {
    return update(
            """
            update agency_grant
               set consecutive_failures = consecutive_failures + 1,
                   last_error = 'invalid_grant', last_error_at = clock_timestamp(),
                   lease_owner = 'grace',
                   lease_until = rival_presented_at + ? * interval '1 millisecond',
                   next_refresh_at = rival_presented_at + ? * interval '1 millisecond'
             where agency_id = ? and connection_id = ? and refresh_token_hash = ?
               and generation = ? and lease_generation = ?
               and rival_presented_at + ? * interval '1 millisecond' > clock_timestamp()
            """,
            grace.toMillis(),
            grace.toMillis(),
            lease.agencyId(),
            lease.connectionId(),
            lease.refreshToken().sha256(),
            lease.generation(),
            lease.number(),
            grace.toMillis())
        > 0;
  }

  /**
   * Has the refusals count for which somebody else's answer was waited for in vain.
   *
   * @return the slugs of the agencies whose consent now counts as gone
   */
  public List<String> giveUpRivals() {
    return query(
        """
        update agency_grant g
           set state = 'NEEDS_CONSENT', last_error = 'answer_lost',
               last_error_at = clock_timestamp(), lease_owner = null, lease_until = null,
               presented_hash = null, presented_at = null, presented_by = null,
               rival_presented_at = null
          from agency a
         where a.id = g.agency_id and g.lease_owner = 'grace' and g.state = 'CONNECTED'
           and g.next_refresh_at <= (select clock_timestamp())
           and g.lease_until <= clock_timestamp()
        returning a.slug
        """,
        row -> row.getString(1));
  }

  /**
   * Records a refresh that proved nothing about the consent, and when to try again. Our own marker
   * goes, as no answer of ours can come any more; somebody else's stays. Where somebody else's
   * answer has brought a newer access token, only the lease is given back. A consent that counts as
   * gone keeps its reason.
   *
   * @param error our name for what was wrong
   */
  public void deferred(Lease lease, String error, Duration retryIn) {
    int updated =
        update(
            """
        update agency_grant
           set consecutive_failures = consecutive_failures + 1,
               last_error = case when state = 'NEEDS_CONSENT' then last_error else ? end,
               last_error_at =
                   case when state = 'NEEDS_CONSENT' then last_error_at
                        else clock_timestamp() end,
               next_refresh_at = clock_timestamp() + ? * interval '1 millisecond',
               lease_owner = null, lease_until = null,
               presented_hash = case when rival_presented_at is null then null
                                     else presented_hash end,
               presented_at = rival_presented_at, rival_presented_at = null
         where agency_id = ? and lease_generation = ? and generation = ?
        """,
            error,
            retryIn.toMillis(),
            lease.agencyId(),
            lease.number(),
            lease.generation());
    if (updated == 0) {
      release(lease);
    }
  }

  /**
   * Gives the lease back after nothing was presented, or after an answer that says nothing about
   * this agency: all else stays as it was.
   */
  public void release(Lease lease) {
    update(
        """
        update agency_grant
           set lease_owner = null, lease_until = null,
               presented_hash = case when rival_presented_at is null then null
                                     else presented_hash end,
               presented_at = rival_presented_at, rival_presented_at = null
         where agency_id = ? and lease_generation = ?
        """,
        lease.agencyId(),
        lease.number());
  }

  /**
   * Makes a consent the agency's grant, in place of the one it had. Its connection is a new one, so
   * that whatever is still under way for the older one changes nothing.
   */
  @Transactional(Transactional.TxType.MANDATORY)
  void connect(
      long agencyId,
      UUID connectionId,
      GrantKind kind,
      Active911Agency active911Agency,
      TokenSet tokens,
      Instant issuedAt,
      Instant nextRefreshAt) {
    update(
        """
        insert into agency_grant as g (
            agency_id, connection_id, kind, state, active911_id, active911_name, scope_granted,
            refresh_token, refresh_token_hash, access_token, generation,
            access_token_expires_at, refresh_token_expires_at, connected_at, last_refreshed_at,
            next_refresh_at)
        values (?, ?, ?, 'CONNECTED', ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)
        on conflict (agency_id) do update
           set connection_id = excluded.connection_id, kind = excluded.kind,
               state = excluded.state, active911_id = excluded.active911_id,
               active911_name = excluded.active911_name, scope_granted = excluded.scope_granted,
               refresh_token = excluded.refresh_token,
               refresh_token_hash = excluded.refresh_token_hash, previous_refresh_token = null,
               access_token = excluded.access_token, generation = g.generation + 1,
               access_token_expires_at = excluded.access_token_expires_at,
               refresh_token_expires_at = excluded.refresh_token_expires_at,
               connected_at = excluded.connected_at,
               last_refreshed_at = excluded.last_refreshed_at,
               next_refresh_at = excluded.next_refresh_at,
               consecutive_failures = 0, last_error = null, last_error_at = null,
               lease_owner = null, lease_until = null,
               lease_generation = g.lease_generation + 1,
               presented_hash = null, presented_at = null, presented_by = null,
               rival_presented_at = null
        """,
        agencyId,
        connectionId,
        kind.name(),
        active911Agency.id(),
        active911Agency.name(),
        tokens.scope().toString(),
        cipher.encrypt(tokens.refreshToken(), Place.ofGrant(agencyId, "refresh_token")),
        tokens.refreshToken().sha256(),
        cipher.encrypt(tokens.accessToken(), Place.ofGrant(agencyId, "access_token")),
        tokens.accessTokenExpiresAt(),
        tokens.refreshTokenExpiresAt(),
        issuedAt,
        issuedAt,
        nextRefreshAt);
  }

  /** The slug of the agency whose grant holds this refresh token now, if one does. */
  public Optional<String> holderOf(Secret refreshToken) {
    return query(
            """
            select a.slug from agency_grant g join agency a on a.id = g.agency_id
             where g.refresh_token_hash = ?
            """,
            row -> row.getString(1),
            refreshToken.sha256())
        .stream()
        .findFirst();
  }

  private static final String HANDOUT_STATE =
      """
      select a.id, a.slug, a.paused, g.state, g.access_token, g.scope_granted, g.generation,
             g.last_refreshed_at, g.access_token_expires_at, g.next_refresh_at,
             a.changed_xid::text, coalesce(g.changed_xid::text, '0')
        from agency a left join agency_grant g on g.agency_id = a.id
      """;

  /** What handing out needs to know of one agency, if there is such an agency. */
  public Optional<HandoutState> handoutState(String slug) {
    return query(HANDOUT_STATE + " where a.slug = ?", row -> decrypted(stored(row)), slug).stream()
        .findFirst();
  }

  /** How many rows are fetched at a time, and then decrypted by one thread. */
  private static final int BATCH = 1000;

  /** How many batches are decrypted or wait for it: memory need not hold all rows encrypted too. */
  private static final int BATCHES_AHEAD = 4;

  /** How many agencies' tokens could be read, and how many could not be decrypted. */
  public record Read(int readable, int undecipherable) {}

  /**
   * What handing out needs to know of every agency, up to a limit. One that cannot be decrypted is
   * logged and left out: it must not take all others with it. Rows are fetched by and by, and
   * decrypted by as many threads as there are processors while the next ones come.
   *
   * @param action called by several threads at once
   */
  public Read forEachHandoutState(int limit, Consumer<HandoutState> action) {
    Tally tally = new Tally();
    Semaphore ahead = new Semaphore(BATCHES_AHEAD);
    List<CompletableFuture<Void>> batches = new ArrayList<>();
    try (ExecutorService threads =
            Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(HANDOUT_STATE + " order by a.id limit ?")) {
      // Only within a transaction does the driver not fetch all rows at once.
      connection.setAutoCommit(false);
      statement.setFetchSize(BATCH);
      bind(statement, limit);
      try (ResultSet rows = statement.executeQuery()) {
        List<StoredState> batch = new ArrayList<>(BATCH);
        while (rows.next()) {
          batch.add(stored(rows));
          if (batch.size() == BATCH) {
            ahead.acquireUninterruptibly();
            batches.add(decrypt(batch, action, tally, threads, ahead));
            batch = new ArrayList<>(BATCH);
          }
        }
        ahead.acquireUninterruptibly();
        batches.add(decrypt(batch, action, tally, threads, ahead));
      }
      connection.commit();
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
    batches.forEach(CompletableFuture::join);
    return tally.read();
  }

  private CompletableFuture<Void> decrypt(
      List<StoredState> batch,
      Consumer<HandoutState> action,
      Tally tally,
      ExecutorService threads,
      Semaphore ahead) {
    return CompletableFuture.runAsync(
            () -> batch.forEach(stored -> decrypt(stored, action, tally)), threads)
        .whenComplete((nothing, failure) -> ahead.release());
  }

  private void decrypt(StoredState stored, Consumer<HandoutState> action, Tally tally) {
    try {
      HandoutState state = decrypted(stored);
      action.accept(state);
      if (state.token() != null) {
        tally.readable.incrementAndGet();
      }
    } catch (UndecipherableException e) {
      LOG.errorf("Agency %s: %s", stored.slug(), e.getMessage());
      tally.undecipherable.incrementAndGet();
    }
  }

  private static final class Tally {
    final AtomicInteger readable = new AtomicInteger();
    final AtomicInteger undecipherable = new AtomicInteger();

    Read read() {
      return new Read(readable.get(), undecipherable.get());
    }
  }

  /** The same of some agencies, one after the other, in one statement. */
  public void forEachHandoutState(Collection<String> slugs, Consumer<HandoutState> action) {
    Tally tally = new Tally();
    forEach(
        HANDOUT_STATE + " where a.slug = any(?)",
        row -> decrypt(stored(row), action, tally),
        (Object) slugs.toArray(String[]::new));
  }

  /**
   * What changed for hand-outs since a replica looked last.
   *
   * @param agencies the slugs of the agencies that were changed, created or deleted, each with the
   *     id of the transaction that did it last
   * @param position what to pass next time
   */
  public record Changes(Map<String, Long> agencies, long position) {}

  /**
   * The same parameter three times: only where it stands beside the column does the planner see
   * that few rows follow it, and not read every agency's name.
   */
  static final String CHANGES =
      """
      select '', pg_snapshot_xmin(pg_current_snapshot())::text
      union all
      select a.slug, a.changed_xid::text from agency a where a.changed_xid >= ?::text::xid8
      union all
      select a.slug, g.changed_xid::text
        from agency_grant g join agency a on a.id = g.agency_id
       where g.changed_xid >= ?::text::xid8
      union all
      select r.slug, r.changed_xid::text from agency_removed r
       where r.changed_xid >= ?::text::xid8
      """;

  /**
   * The changes of all transactions that were not yet over when a replica looked last.
   *
   * @param position of the last look; {@link #position} before the first
   */
  public Changes changesSince(long position) {
    Map<String, Long> agencies = new HashMap<>();
    long[] next = {position};
    String since = Long.toString(position);
    forEach(
        CHANGES,
        row -> {
          long xid = Long.parseLong(row.getString(2));
          if (row.getString(1).isEmpty()) {
            next[0] = xid;
          } else {
            agencies.merge(row.getString(1), xid, Math::max);
          }
        },
        since,
        since,
        since);
    return new Changes(agencies, next[0]);
  }

  /**
   * Marks as changed now what bears the number of a transaction that this server has not come to:
   * rows that were restored from a dump of another one. Otherwise each change to them would seem
   * older than what it follows, until this server has caught up.
   *
   * @return how many rows those were
   */
  public int adoptRestored() {
    int restored = 0;
    for (String table : List.of("agency", "agency_grant", "agency_removed")) {
      restored +=
          update(
              """
              update %s set changed_xid = pg_current_xact_id()
               where changed_xid >= pg_snapshot_xmax(pg_current_snapshot())
              """
                  .formatted(table));
    }
    return restored;
  }

  /** From where to ask for changes on: taken before everything is read. */
  public long position() {
    return query(
            "select pg_snapshot_xmin(pg_current_snapshot())::text",
            row -> Long.parseLong(row.getString(1)))
        .getFirst();
  }

  /** A row of {@link #HANDOUT_STATE}; its token is null if the agency was never connected. */
  private record StoredState(
      long agencyId,
      String slug,
      boolean paused,
      HandoutState.Version version,
      @Nullable StoredToken token) {}

  @SuppressWarnings("ArrayRecordComponent") // two of them are never compared
  private record StoredToken(
      ConnectionState state,
      byte[] accessToken,
      String scope,
      long generation,
      Instant issuedAt,
      Instant expiresAt,
      Instant nextRefreshAt) {}

  private static StoredState stored(ResultSet row) throws SQLException {
    String state = row.getString(4);
    return new StoredState(
        row.getLong(1),
        row.getString(2),
        row.getBoolean(3),
        new HandoutState.Version(
            Long.parseLong(row.getString(11)), Long.parseLong(row.getString(12))),
        state == null
            ? null
            : new StoredToken(
                ConnectionState.valueOf(state),
                row.getBytes(5),
                row.getString(6),
                row.getLong(7),
                instant(row, 8),
                instant(row, 9),
                instant(row, 10)));
  }

  private HandoutState decrypted(StoredState stored) {
    StoredToken token = stored.token();
    return new HandoutState(
        stored.agencyId(),
        stored.slug(),
        stored.paused(),
        token == null ? ConnectionState.PENDING : token.state(),
        token == null
            ? null
            : new CurrentToken(
                cipher.decrypt(
                    token.accessToken(), Place.ofGrant(stored.agencyId(), "access_token")),
                token.scope(),
                token.generation(),
                token.issuedAt(),
                token.expiresAt(),
                token.nextRefreshAt()),
        stored.version());
  }

  @FunctionalInterface
  private interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  @FunctionalInterface
  private interface RowAction {
    void accept(ResultSet row) throws SQLException;
  }

  private <T> List<T> query(String sql, RowReader<T> reader, @Nullable Object... arguments) {
    List<T> rows = new ArrayList<>();
    forEach(sql, row -> rows.add(reader.read(row)), arguments);
    return rows;
  }

  private void forEach(String sql, RowAction action, @Nullable Object... arguments) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, arguments);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          action.accept(rows);
        }
      }
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  private int update(String sql, @Nullable Object... arguments) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, arguments);
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  private static void bind(PreparedStatement statement, @Nullable Object... arguments)
      throws SQLException {
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case Instant time -> statement.setObject(i + 1, time.atOffset(ZoneOffset.UTC));
        case String[] texts ->
            statement.setArray(i + 1, statement.getConnection().createArrayOf("text", texts));
        case null, default -> statement.setObject(i + 1, arguments[i]);
      }
    }
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
