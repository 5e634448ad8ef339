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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
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

/**
 * The single owner of the stored grants: no other class writes that table. Each change is one
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

    /** Somebody else's lease is running. */
    record HeldElsewhere() implements Claim {}

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
  }

  /**
   * Wins the lease on an agency's refresh token, if it is free, and records which token its holder
   * is about to present. One committed statement: nothing is held while Active911 is called.
   *
   * @param agencyId whose
   * @param seenGeneration the access token that the claimant knows and wants replaced
   * @param evenWithoutConsent whether to try a consent that was found gone once more
   * @param restSince if the stored token is still valid and is refreshed only because somebody asks
   *     for it: how long ago the last such refresh must be; else zero
   * @param owner names the claimant in the lease
   * @param length how long it may hold the lease; longer than the call to Active911 can take
   */
  public Claim claim(
      long agencyId,
      long seenGeneration,
      boolean evenWithoutConsent,
      Duration restSince,
      String owner,
      Duration length) {
    String claim =
        """
        update agency_grant g
           set lease_owner = ?, lease_until = clock_timestamp() + ? * interval '1 millisecond',
               lease_generation = g.lease_generation + 1,
               rival_presented_at =
                   case when g.presented_hash = g.refresh_token_hash then g.presented_at end,
               presented_hash = g.refresh_token_hash, presented_at = clock_timestamp(),
               presented_by = ?
          from agency a
         where g.agency_id = ? and a.id = g.agency_id and g.generation = ?
           and (g.lease_until is null or g.lease_until <= clock_timestamp())
           and g.lease_owner is distinct from 'grace'
           and (g.state = 'CONNECTED' or ?)
           and (g.forced_at is null
                or g.forced_at <= clock_timestamp() - ? * interval '1 millisecond')
        returning a.slug, g.lease_generation, g.connection_id, g.kind, g.refresh_token,
                  g.refresh_token_expires_at, g.scope_granted, g.generation,
                  g.consecutive_failures, g.access_token_expires_at, g.presented_at
        """;
    try (Connection connection = dataSource.getConnection()) {
      try (PreparedStatement statement = connection.prepareStatement(claim)) {
        bind(
            statement,
            owner,
            length.toMillis(),
            owner,
            agencyId,
            seenGeneration,
            evenWithoutConsent,
            restSince.toMillis());
        try (ResultSet row = statement.executeQuery()) {
          if (row.next()) {
            return new Claim.Won(
                new Lease(
                    agencyId,
                    row.getString(1),
                    owner,
                    row.getLong(2),
                    row.getObject(3, UUID.class),
                    GrantKind.valueOf(row.getString(4)),
                    cipher.decrypt(row.getBytes(5), Place.ofGrant(agencyId, "refresh_token")),
                    instant(row, 6),
                    Scope.parse(row.getString(7)),
                    row.getLong(8),
                    row.getInt(9),
                    instant(row, 10),
                    instant(row, 11),
                    restSince.isPositive()));
          }
        }
      }
      return whyNotClaimed(connection, agencyId, seenGeneration, evenWithoutConsent);
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  private static Claim whyNotClaimed(
      Connection connection, long agencyId, long seenGeneration, boolean evenWithoutConsent)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select generation, lease_until > clock_timestamp(), state, forced_at"
                + " from agency_grant where agency_id = ?")) {
      bind(statement, agencyId);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return new Claim.NoConsent();
        }
        if (row.getLong(1) != seenGeneration) {
          return new Claim.Newer();
        }
        if (row.getBoolean(2)) {
          return new Claim.HeldElsewhere();
        }
        if (ConnectionState.valueOf(row.getString(3)) == ConnectionState.NEEDS_CONSENT
            && !evenWithoutConsent) {
          return new Claim.NoConsent();
        }
        OffsetDateTime forcedAt = row.getObject(4, OffsetDateTime.class);
        return forcedAt == null
            ? new Claim.HeldElsewhere() // it was free a moment ago, or is now: worth another look
            : new Claim.TooSoon(forcedAt.toInstant());
      }
    }
  }

  /**
   * Stores what a refresh won. Holds where the connection is the one that the lease was won for,
   * its refresh token still is the one that was presented, and no newer access token was stored
   * since; even if the lease has ended, and even if the consent was found gone meanwhile: the
   * answer may hold the only live token.
   *
   * @param tokens the tokens after the answer
   * @param nextRefreshAt when to refresh next, on the database's clock
   * @return whether it was stored; if not, something newer is
   */
  public boolean settle(Lease lease, TokenSet tokens, Instant nextRefreshAt) {
    boolean rotated = !tokens.refreshToken().equals(lease.refreshToken());
    return update(
            """
            update agency_grant
               set state = 'CONNECTED', access_token = ?, access_token_expires_at = ?,
                   refresh_token = ?, refresh_token_hash = ?, refresh_token_expires_at = ?,
                   previous_refresh_token = ?, scope_granted = ?,
                   generation = generation + 1, last_refreshed_at = ?, next_refresh_at = ?,
                   consecutive_failures = 0, last_error = null, last_error_at = null,
                   forced_at = case when ? then ? else forced_at end,
                   lease_until =
                       case when lease_generation = ? or lease_owner = 'grace' then null
                            else lease_until end,
                   lease_owner =
                       case when lease_generation = ? or lease_owner = 'grace' then null
                            else lease_owner end,
                   presented_hash = null, presented_at = null, presented_by = null,
                   rival_presented_at = null
             where agency_id = ? and connection_id = ? and refresh_token_hash = ?
               and generation = ?
            """,
            cipher.encrypt(tokens.accessToken(), Place.ofGrant(lease.agencyId(), "access_token")),
            tokens.accessTokenExpiresAt(),
            cipher.encrypt(tokens.refreshToken(), Place.ofGrant(lease.agencyId(), "refresh_token")),
            tokens.refreshToken().sha256(),
            tokens.refreshTokenExpiresAt(),
            // The token before stays until the next success, for the case that the new one was
            // lost on its way; nothing to keep where it is still the same.
            rotated
                ? cipher.encrypt(
                    lease.refreshToken(), Place.ofGrant(lease.agencyId(), "previous_refresh_token"))
                : null,
            tokens.scope().toString(),
            lease.claimedAt(),
            nextRefreshAt,
            lease.forced(),
            lease.claimedAt(),
            lease.number(),
            lease.number(),
            lease.agencyId(),
            lease.connectionId(),
            lease.refreshToken().sha256(),
            lease.generation())
        > 0;
  }

  /**
   * Records that Active911 refuses the presented token for good. Holds only where it still is the
   * stored one, the lease has not passed to somebody else, and nobody else may have an answer for
   * the same token under way.
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
                       case when rival_presented_at is null then 'invalid_grant'
                            else 'answer_lost' end,
                   last_error_at = clock_timestamp(),
                   lease_owner = null, lease_until = null,
                   presented_hash = null, presented_at = null, presented_by = null,
                   rival_presented_at = null
             where agency_id = ? and connection_id = ? and refresh_token_hash = ?
               and generation = ? and lease_generation = ?
               and (rival_presented_at is null
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
           and g.next_refresh_at <= clock_timestamp() and g.lease_until <= clock_timestamp()
        returning a.slug
        """,
        row -> row.getString(1));
  }

  /**
   * Records a refresh that proved nothing about the consent, and when to try again. Our own marker
   * goes, as no answer of ours can come any more; somebody else's stays.
   *
   * @param error our name for what was wrong
   */
  public void deferred(Lease lease, String error, Duration retryIn) {
    update(
        """
        update agency_grant
           set consecutive_failures = consecutive_failures + 1,
               last_error = ?, last_error_at = clock_timestamp(),
               next_refresh_at = clock_timestamp() + ? * interval '1 millisecond',
               lease_owner = null, lease_until = null,
               presented_hash = case when rival_presented_at is null then null
                                     else presented_hash end,
               presented_at = rival_presented_at, rival_presented_at = null
         where agency_id = ? and lease_generation = ?
        """,
        error,
        retryIn.toMillis(),
        lease.agencyId(),
        lease.number());
  }

  /**
   * Gives the lease back after a call that says nothing about this agency, and keeps its state as
   * it was.
   */
  public void release(Lease lease, Duration retryIn) {
    update(
        """
        update agency_grant
           set next_refresh_at = clock_timestamp() + ? * interval '1 millisecond',
               lease_owner = null, lease_until = null,
               presented_hash = case when rival_presented_at is null then null
                                     else presented_hash end,
               presented_at = rival_presented_at, rival_presented_at = null
         where agency_id = ? and lease_generation = ?
        """,
        retryIn.toMillis(),
        lease.agencyId(),
        lease.number());
  }

  /** An agency whose token is due to be refreshed, and the access token that is to be replaced. */
  public record Due(long agencyId, String slug, long generation) {}

  /** Those whose time to refresh has come and that nobody holds; earliest expiry first. */
  public List<Due> due(int limit) {
    return query(
        """
        select g.agency_id, a.slug, g.generation
          from agency_grant g join agency a on a.id = g.agency_id
         where g.state = 'CONNECTED' and g.next_refresh_at <= clock_timestamp()
           and (g.lease_until is null or g.lease_until <= clock_timestamp())
           and g.lease_owner is distinct from 'grace'
         order by g.access_token_expires_at
         limit ?
        """,
        row -> new Due(row.getLong(1), row.getString(2), row.getLong(3)),
        limit);
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
            access_token_expires_at, refresh_token_expires_at, last_refreshed_at, next_refresh_at)
        values (?, ?, ?, 'CONNECTED', ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)
        on conflict (agency_id) do update
           set connection_id = excluded.connection_id, kind = excluded.kind,
               state = excluded.state, active911_id = excluded.active911_id,
               active911_name = excluded.active911_name, scope_granted = excluded.scope_granted,
               refresh_token = excluded.refresh_token,
               refresh_token_hash = excluded.refresh_token_hash, previous_refresh_token = null,
               access_token = excluded.access_token, generation = g.generation + 1,
               access_token_expires_at = excluded.access_token_expires_at,
               refresh_token_expires_at = excluded.refresh_token_expires_at,
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
             g.last_refreshed_at, g.access_token_expires_at, g.next_refresh_at
        from agency a left join agency_grant g on g.agency_id = a.id
      """;

  /** What handing out needs to know of one agency, if there is such an agency. */
  public Optional<HandoutState> handoutState(String slug) {
    return query(HANDOUT_STATE + " where a.slug = ?", this::handoutState, slug).stream()
        .findFirst();
  }

  /** How many agencies' tokens could be read, and how many could not be decrypted. */
  public record Read(int readable, int undecipherable) {}

  /**
   * What handing out needs to know of every agency, up to a limit, one after the other. One that
   * cannot be decrypted is logged and left out: it must not take all others with it.
   */
  public Read forEachHandoutState(int limit, Consumer<HandoutState> action) {
    int[] counts = new int[2];
    forEach(
        HANDOUT_STATE + " order by a.id limit ?",
        row -> {
          try {
            HandoutState state = handoutState(row);
            action.accept(state);
            counts[0] += state.token() == null ? 0 : 1;
          } catch (UndecipherableException e) {
            LOG.errorf("Agency %s: %s", row.getString(2), e.getMessage());
            counts[1]++;
          }
        },
        limit);
    return new Read(counts[0], counts[1]);
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
   * The changes of all transactions that were not yet over when a replica looked last.
   *
   * @param position of the last look; {@link #position} before the first
   */
  public Changes changesSince(long position) {
    Map<String, Long> agencies = new HashMap<>();
    long[] next = {position};
    forEach(
        """
        with since as (select ?::text::xid8 as xid)
        select '', pg_snapshot_xmin(pg_current_snapshot())::text
        union all
        select a.slug, a.changed_xid::text from agency a, since where a.changed_xid >= since.xid
        union all
        select a.slug, g.changed_xid::text
          from agency_grant g join agency a on a.id = g.agency_id, since
         where g.changed_xid >= since.xid
        union all
        select r.slug, r.changed_xid::text from agency_removed r, since
         where r.changed_xid >= since.xid
        """,
        row -> {
          long xid = Long.parseLong(row.getString(2));
          if (row.getString(1).isEmpty()) {
            next[0] = xid;
          } else {
            agencies.merge(row.getString(1), xid, Math::max);
          }
        },
        Long.toString(position));
    return new Changes(agencies, next[0]);
  }

  /** From where to ask for changes on: taken before everything is read. */
  public long position() {
    return query(
            "select pg_snapshot_xmin(pg_current_snapshot())::text",
            row -> Long.parseLong(row.getString(1)))
        .getFirst();
  }

  private HandoutState handoutState(ResultSet row) throws SQLException {
    long agencyId = row.getLong(1);
    String state = row.getString(4);
    CurrentToken token =
        state == null
            ? null
            : new CurrentToken(
                cipher.decrypt(row.getBytes(5), Place.ofGrant(agencyId, "access_token")),
                row.getString(6),
                row.getLong(7),
                instant(row, 8),
                instant(row, 9),
                instant(row, 10));
    return new HandoutState(
        agencyId,
        row.getString(2),
        row.getBoolean(3),
        state == null ? ConnectionState.PENDING : ConnectionState.valueOf(state),
        token);
  }

  @FunctionalInterface
  private interface RowReader<T> {
    T read(ResultSet row) throws SQLException;
  }

  @FunctionalInterface
  private interface RowAction {
    void accept(ResultSet row) throws SQLException;
  }

  private <T> List<T> query(String sql, RowReader<T> reader, Object... arguments) {
    List<T> rows = new ArrayList<>();
    forEach(sql, row -> rows.add(reader.read(row)), arguments);
    return rows;
  }

  private void forEach(String sql, RowAction action, Object... arguments) {
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
      Object argument = arguments[i];
      statement.setObject(
          i + 1, argument instanceof Instant time ? time.atOffset(ZoneOffset.UTC) : argument);
    }
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, OffsetDateTime.class).toInstant();
  }
}
