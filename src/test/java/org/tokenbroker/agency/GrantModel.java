package org.tokenbroker.agency;

import java.util.Objects;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * One row of {@code agency_grant}, an application's, as far as the refresh protocol uses it, and
 * what each statement of {@link Grants} does to it: plain values, so that the protocol can be
 * explored without a database. {@code GrantModelTest} proves that the SQL does the same. Where
 * there is no row, no statement but {@link #connect} does anything.
 *
 * <p>Tokens and connections are numbers: they are only ever compared. Times are milliseconds on the
 * database's clock.
 *
 * @param connection which consent it is
 * @param generation counts the access tokens
 * @param failures in a row
 * @param leaseGeneration counts the leases; the number of the last one that was won
 * @param presented the token that the last holder set out to present, if its answer is not settled
 * @param rivalPresentedAt when somebody else set out to present the same token before
 * @param forcedAt when a token still valid was last refreshed because somebody asked
 */
@NullMarked
public record GrantModel(
    int connection,
    ConnectionState state,
    int refreshToken,
    long generation,
    long accessTokenExpiresAt,
    long nextRefreshAt,
    int failures,
    @Nullable String lastError,
    @Nullable Long lastErrorAt,
    @Nullable String leaseOwner,
    @Nullable Long leaseUntil,
    long leaseGeneration,
    @Nullable Integer presented,
    @Nullable Long presentedAt,
    @Nullable String presentedBy,
    @Nullable Long rivalPresentedAt,
    @Nullable Long forcedAt) {

  /** Owns the lease of a row that waits for a rival's answer. */
  public static final String GRACE = "grace";

  /** What became of an attempt to win the lease, as {@link Grants.Claim} tells it. */
  public enum Claim {
    WON,
    HELD_ELSEWHERE,
    NEWER,
    TOO_SOON,
    NO_CONSENT,
    FAILED_JUST_NOW,
    NO_APPLICATIONS
  }

  /** What the holder of a {@link Lease} knows of it. */
  public record Held(
      long number,
      int connection,
      int refreshToken,
      long generation,
      long claimedAt,
      boolean forced) {}

  /**
   * An attempt to win the lease.
   *
   * @param lease if it was won
   * @param row after it
   */
  public record Claimed(Claim outcome, @Nullable Held lease, GrantModel row) {}

  /** A row with its consent as it is connected for the first time. */
  public static GrantModel connected(
      int connection, int refreshToken, long accessTokenExpiresAt, long nextRefreshAt) {
    return new GrantModel(
        connection,
        ConnectionState.CONNECTED,
        refreshToken,
        1,
        accessTokenExpiresAt,
        nextRefreshAt,
        0,
        null,
        null,
        null,
        null,
        0,
        null,
        null,
        null,
        null,
        null);
  }

  /** {@link Grants#connect} over a row that is there. */
  public GrantModel connect(
      int newConnection, int newRefreshToken, long expiresAt, long newNextRefreshAt) {
    return change()
        .connection(newConnection)
        .state(ConnectionState.CONNECTED)
        .refreshToken(newRefreshToken)
        .generation(generation + 1)
        .accessTokenExpiresAt(expiresAt)
        .nextRefreshAt(newNextRefreshAt)
        .failures(0)
        .error(null, null)
        .lease(null, null, leaseGeneration + 1)
        .marker(null, null, null)
        .rival(null)
        .row();
  }

  /** {@link Grants#claim}. */
  public Claimed claim(
      long now, long seenGeneration, Grants.Terms terms, String owner, long length) {
    long rest = terms.restSince().toMillis();
    if (generation == seenGeneration
        && isFree(now)
        && (state == ConnectionState.CONNECTED || terms.evenWithoutConsent())
        && terms.applications()
        && (forcedAt == null || forcedAt <= now - rest)
        && (!terms.restAfterFailure() || restLeft(now) <= 0)
        && (terms.evenUnsettled() || isSettled(now))) {
      return claimed(now, owner, length, rest > 0);
    }
    return new Claimed(whyNotClaimed(now, seenGeneration, terms), null, this);
  }

  private boolean isFree(long now) {
    return (leaseUntil == null || leaseUntil <= now) && !GRACE.equals(leaseOwner);
  }

  /** Whether nobody may have used the token up, or it is to be presented all the same. */
  private boolean isSettled(long now) {
    return !Objects.equals(presented, refreshToken)
        || (presentedAt != null && presentedAt <= now - 15 * 60_000)
        || accessTokenExpiresAt <= now + 5 * 60_000;
  }

  /** How long a failure still makes those rest who ask. */
  private long restLeft(long now) {
    return lastErrorAt == null
        ? 0
        : lastErrorAt + Math.min(30_000, 1000L << Math.min(failures, 5)) - now;
  }

  private Claimed claimed(long now, String owner, long length, boolean forced) {
    GrantModel row =
        change()
            .lease(owner, now + length, leaseGeneration + 1)
            .rival(Objects.equals(presented, refreshToken) ? presentedAt : null)
            .marker(refreshToken, now, owner)
            .row();
    return new Claimed(
        Claim.WON,
        new Held(row.leaseGeneration, connection, refreshToken, generation, now, forced),
        row);
  }

  private Claim whyNotClaimed(long now, long seenGeneration, Grants.Terms terms) {
    if (generation != seenGeneration) {
      return Claim.NEWER;
    }
    if (!isFree(now)) {
      return Claim.HELD_ELSEWHERE;
    }
    if (state == ConnectionState.NEEDS_CONSENT && !terms.evenWithoutConsent()) {
      return Claim.NO_CONSENT;
    }
    if (!terms.applications()) {
      return Claim.NO_APPLICATIONS;
    }
    if (terms.restAfterFailure() && restLeft(now) > 0) {
      return Claim.FAILED_JUST_NOW;
    }
    return forcedAt != null && forcedAt > now - terms.restSince().toMillis()
        ? Claim.TOO_SOON
        : Claim.HELD_ELSEWHERE;
  }

  /** {@link Grants#claimDue}, for this row; null if it is not due. */
  public @Nullable Claimed claimDue(long now, String owner, long length) {
    return state == ConnectionState.CONNECTED
            && nextRefreshAt <= now
            && isFree(now)
            && isSettled(now)
        ? claimed(now, owner, length, false)
        : null;
  }

  /**
   * {@link Grants#settle}; the row itself if it does not hold.
   *
   * @param token the refresh token after the answer
   * @param expiresAt when the access token does
   */
  public GrantModel settle(Held lease, int token, long expiresAt, long newNextRefreshAt) {
    if (connection != lease.connection
        || refreshToken != lease.refreshToken
        || (generation != lease.generation && token == refreshToken)) {
      return this;
    }
    boolean own = leaseGeneration == lease.number;
    boolean over = leaseGeneration == lease.number || GRACE.equals(leaseOwner);
    Change after =
        change()
            .state(ConnectionState.CONNECTED)
            .refreshToken(token)
            .generation(generation + 1)
            .accessTokenExpiresAt(expiresAt)
            .nextRefreshAt(newNextRefreshAt)
            .failures(0)
            .error(null, null)
            .forcedAt(lease.forced ? Long.valueOf(lease.claimedAt) : forcedAt)
            .lease(over ? null : leaseOwner, over ? null : leaseUntil, leaseGeneration);
    return (token != refreshToken
            ? after.marker(null, null, null).rival(null)
            : own ? after.ownMarkerGone() : after)
        .row();
  }

  private boolean isPresentedBy(Held lease) {
    return connection == lease.connection
        && refreshToken == lease.refreshToken
        && generation == lease.generation
        && leaseGeneration == lease.number;
  }

  /** {@link Grants#consentGone}; the row itself if it does not hold. */
  public GrantModel consentGone(long now, Held lease, long grace) {
    boolean rivalMayCome =
        state == ConnectionState.CONNECTED
            && rivalPresentedAt != null
            && rivalPresentedAt + grace > now;
    if (!isPresentedBy(lease) || rivalMayCome) {
      return this;
    }
    return change()
        .failures(failures + 1)
        .gone(rivalPresentedAt == null ? "invalid_grant" : "answer_lost", now)
        .row();
  }

  /** {@link Grants#awaitRival}; the row itself if it does not hold. */
  public GrantModel awaitRival(long now, Held lease, long grace) {
    if (!isPresentedBy(lease) || rivalPresentedAt == null || rivalPresentedAt + grace <= now) {
      return this;
    }
    return change()
        .failures(failures + 1)
        .error("invalid_grant", now)
        .lease(GRACE, rivalPresentedAt + grace, leaseGeneration)
        .nextRefreshAt(rivalPresentedAt + grace)
        .row();
  }

  /** {@link Grants#giveUpRivals}, for this row; the row itself if it is not to be given up. */
  public GrantModel giveUpRivals(long now) {
    if (!GRACE.equals(leaseOwner)
        || state != ConnectionState.CONNECTED
        || nextRefreshAt > now
        || leaseUntil == null
        || leaseUntil > now) {
      return this;
    }
    return change().gone("answer_lost", now).row();
  }

  /** {@link Grants#deferred}; the row itself if it does not hold. */
  public GrantModel deferred(long now, Held lease, String error, long retryIn) {
    if (leaseGeneration != lease.number || generation != lease.generation) {
      return release(lease);
    }
    return change()
        .failures(failures + 1)
        .failed(error, now)
        .nextRefreshAt(now + retryIn)
        .withdrawn()
        .row();
  }

  /** {@link Grants#release}; the row itself if it does not hold. */
  public GrantModel release(Held lease) {
    return leaseGeneration == lease.number ? change().withdrawn().row() : this;
  }

  /** The row, to be changed in some columns. */
  public Change change() {
    return new Change(this);
  }

  /** A row in the making: the {@code set} clause of a statement. */
  public static final class Change {

    private int connection;
    private ConnectionState state;
    private int refreshToken;
    private long generation;
    private long accessTokenExpiresAt;
    private long nextRefreshAt;
    private int failures;
    private @Nullable String lastError;
    private @Nullable Long lastErrorAt;
    private @Nullable String leaseOwner;
    private @Nullable Long leaseUntil;
    private long leaseGeneration;
    private @Nullable Integer presented;
    private @Nullable Long presentedAt;
    private @Nullable String presentedBy;
    private @Nullable Long rivalPresentedAt;
    private @Nullable Long forcedAt;

    private Change(GrantModel row) {
      connection = row.connection;
      state = row.state;
      refreshToken = row.refreshToken;
      generation = row.generation;
      accessTokenExpiresAt = row.accessTokenExpiresAt;
      nextRefreshAt = row.nextRefreshAt;
      failures = row.failures;
      lastError = row.lastError;
      lastErrorAt = row.lastErrorAt;
      leaseOwner = row.leaseOwner;
      leaseUntil = row.leaseUntil;
      leaseGeneration = row.leaseGeneration;
      presented = row.presented;
      presentedAt = row.presentedAt;
      presentedBy = row.presentedBy;
      rivalPresentedAt = row.rivalPresentedAt;
      forcedAt = row.forcedAt;
    }

    public Change connection(int value) {
      connection = value;
      return this;
    }

    public Change state(ConnectionState value) {
      state = value;
      return this;
    }

    public Change refreshToken(int value) {
      refreshToken = value;
      return this;
    }

    public Change generation(long value) {
      generation = value;
      return this;
    }

    public Change accessTokenExpiresAt(long value) {
      accessTokenExpiresAt = value;
      return this;
    }

    public Change nextRefreshAt(long value) {
      nextRefreshAt = value;
      return this;
    }

    public Change failures(int value) {
      failures = value;
      return this;
    }

    public Change error(@Nullable String error, @Nullable Long at) {
      lastError = error;
      lastErrorAt = at;
      return this;
    }

    public Change lease(@Nullable String owner, @Nullable Long until, long number) {
      leaseOwner = owner;
      leaseUntil = until;
      leaseGeneration = number;
      return this;
    }

    public Change marker(@Nullable Integer token, @Nullable Long at, @Nullable String by) {
      presented = token;
      presentedAt = at;
      presentedBy = by;
      return this;
    }

    public Change rival(@Nullable Long at) {
      rivalPresentedAt = at;
      return this;
    }

    public Change forcedAt(@Nullable Long value) {
      forcedAt = value;
      return this;
    }

    /** Why a consent is gone stays as long as it is gone. */
    private Change failed(String error, long now) {
      return state == ConnectionState.NEEDS_CONSENT ? this : error(error, now);
    }

    /** The consent counts as gone. */
    private Change gone(String error, long now) {
      return failed(error, now)
          .state(ConnectionState.NEEDS_CONSENT)
          .lease(null, null, leaseGeneration)
          .marker(null, null, null)
          .rival(null);
    }

    /** The lease is given back and our own marker taken away; a rival's takes its place. */
    private Change withdrawn() {
      return lease(null, null, leaseGeneration).ownMarkerGone();
    }

    private Change ownMarkerGone() {
      return marker(rivalPresentedAt == null ? null : presented, rivalPresentedAt, presentedBy)
          .rival(null);
    }

    public GrantModel row() {
      return new GrantModel(
          connection,
          state,
          refreshToken,
          generation,
          accessTokenExpiresAt,
          nextRefreshAt,
          failures,
          lastError,
          lastErrorAt,
          leaseOwner,
          leaseUntil,
          leaseGeneration,
          presented,
          presentedAt,
          presentedBy,
          rivalPresentedAt,
          forcedAt);
    }
  }
}
