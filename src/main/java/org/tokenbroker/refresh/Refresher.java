package org.tokenbroker.refresh;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Event;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.tokenbroker.active911.Active911;
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.active911.TokenReply;
import org.tokenbroker.agency.AgencyChanged;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.Grants.Claim;
import org.tokenbroker.agency.Lease;
import org.tokenbroker.agency.RefreshTime;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;

/**
 * The one way in which an access token is renewed, whoever asks for it: claim the agency's lease in
 * the database, call Active911 once, settle the answer by the token that was presented. No
 * transaction and no connection is held during the call. Within a process everybody who wants the
 * same agency's token joins one flight; across processes the lease lets one call.
 *
 * <p>A refresh is never repeated blindly: the answer that was lost may have held a new refresh
 * token (RFC 6749 §6), and presenting the old one again may then kill the consent.
 */
@Singleton
public class Refresher {

  private static final Logger LOG = Logger.getLogger(Refresher.class);

  /** How long a refresh token lives from its first issue. */
  public static final Duration REFRESH_TOKEN_LIFE = Duration.ofDays(365);

  /** How long a token that is still valid rests between two refreshes on request. */
  public static final Duration REST = Duration.ofSeconds(30);

  /** How soon to try again where Active911 refuses our client: nothing is wrong with the agency. */
  private static final Duration CLIENT_REFUSED_RETRY = Duration.ofMinutes(1);

  /** How often to look whether the holder of a lease has finished. */
  private static final Duration LOOK = Duration.ofMillis(100);

  /** What an answer may take to reach the database. */
  private static final Duration SETTLING = Duration.ofSeconds(10);

  private static final int OWNER_BYTES = 8;

  private final Grants grants;
  private final Settlement settlement;
  private final Active911 active911;
  private final DatabaseClock clock;
  private final SecureRandom random;
  private final RefreshConfig config;
  private final Event<AgencyChanged> changed;
  private final Duration grace;

  /** How long a lease that somebody else holds is waited for. */
  private final Duration patience;

  private final String owner;
  private final ConcurrentMap<Long, CompletableFuture<RefreshOutcome>> flights =
      new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  Refresher(
      Grants grants,
      Settlement settlement,
      Active911 active911,
      Active911Config active911Config,
      DatabaseClock clock,
      SecureRandom random,
      RefreshConfig config,
      Event<AgencyChanged> changed) {
    this.grants = grants;
    this.settlement = settlement;
    this.active911 = active911;
    this.clock = clock;
    this.random = random;
    this.config = config;
    this.changed = changed;
    // Another holder's call may be sent twice, with either client secret, and is then settled.
    this.patience = active911Config.timeout().multipliedBy(2);
    this.grace = config.lease().plus(active911Config.timeout().multipliedBy(2)).plus(SETTLING);
    byte[] bytes = new byte[OWNER_BYTES];
    random.nextBytes(bytes);
    this.owner = HexFormat.of().formatHex(bytes);
  }

  /** Why a token is to be renewed. */
  public enum Reason {
    /** It is due, or has expired. */
    DUE,
    /** It is still valid, but somebody needs another one; at most once within {@link #REST}. */
    REQUESTED,
    /** An admin says so, and the consent is tried even if it was found gone. */
    BY_ADMIN
  }

  @PreDestroy
  void close() throws InterruptedException {
    threads.shutdown();
    if (!threads.awaitTermination(config.lease().toMillis(), TimeUnit.MILLISECONDS)) {
      LOG.warn("Refreshes under way did not end in time and were left to their leases");
    }
  }

  /**
   * Renews an agency's access token on a thread of its own.
   *
   * @param agencyId whose
   * @param slug its name
   * @param seenGeneration the access token that is to be replaced; if another one is stored by now,
   *     nothing is done
   * @return completes with the outcome; exceptionally if the database cannot be reached
   */
  public CompletableFuture<RefreshOutcome> refresh(
      long agencyId, String slug, long seenGeneration, Reason reason) {
    CompletableFuture<RefreshOutcome> flight = new CompletableFuture<>();
    CompletableFuture<RefreshOutcome> before = flights.putIfAbsent(agencyId, flight);
    if (before != null) {
      return before;
    }
    threads.execute(
        () -> {
          try {
            RefreshOutcome outcome = fly(agencyId, slug, seenGeneration, reason);
            flights.remove(agencyId, flight);
            flight.complete(outcome);
          } catch (RuntimeException | Error e) {
            flights.remove(agencyId, flight);
            flight.completeExceptionally(e);
          }
        });
    return flight;
  }

  private RefreshOutcome fly(long agencyId, String slug, long seenGeneration, Reason reason) {
    if (settlement.isWaiting(agencyId)) {
      // The database still has the token before: presenting it may kill the one that is kept.
      return new RefreshOutcome.Deferred("database_unavailable", Settlement.RETRY);
    }
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      Claim claim =
          grants.claim(
              agencyId,
              seenGeneration,
              reason == Reason.BY_ADMIN,
              reason == Reason.REQUESTED ? REST : Duration.ZERO,
              owner,
              config.lease());
      switch (claim) {
        case Claim.Won(Lease lease) -> {
          return present(lease);
        }
        case Claim.Newer() -> {
          changed.fire(new AgencyChanged(slug));
          return new RefreshOutcome.NotDue();
        }
        case Claim.NoConsent() -> {
          changed.fire(new AgencyChanged(slug));
          return new RefreshOutcome.ConsentGone();
        }
        case Claim.TooSoon(Instant forcedAt) -> {
          return new RefreshOutcome.TooSoon(forcedAt.plus(REST));
        }
        case Claim.HeldElsewhere() -> {
          if (System.nanoTime() >= deadline || !pause()) {
            return new RefreshOutcome.HeldElsewhere();
          }
        }
      }
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(LOOK);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private RefreshOutcome present(Lease lease) {
    TokenReply reply =
        switch (lease.kind()) {
          case APPLICATION -> active911.refreshApplication(lease.refreshToken());
          case PERSONAL -> active911.refreshPersonal(lease.refreshToken());
        };
    return settle(lease, reply);
  }

  private RefreshOutcome settle(Lease lease, TokenReply reply) {
    return switch (reply) {
      case TokenReply.Issued issued -> settle(lease, issued);
      case TokenReply.Rejected(OAuthError error) ->
          switch (error) {
            case INVALID_GRANT -> refused(lease);
            case INVALID_CLIENT -> {
              // It concerns every agency, so it is not this one's failure.
              LOG.error("Active911 refuses our client id or secret; no agency can be refreshed");
              grants.release(lease, CLIENT_REFUSED_RETRY);
              changed.fire(new AgencyChanged(lease.slug()));
              yield new RefreshOutcome.Deferred("invalid_client", CLIENT_REFUSED_RETRY);
            }
            case INVALID_SCOPE -> defer(lease, "invalid_scope", Duration.ZERO);
            case OTHER -> defer(lease, "oauth_error", Duration.ZERO);
          };
      case TokenReply.Unavailable unavailable ->
          defer(
              lease,
              nameOf(unavailable),
              unavailable.retryAfter() == null ? Duration.ZERO : unavailable.retryAfter());
    };
  }

  /** What an admin is told of it. */
  private static String nameOf(TokenReply.Unavailable reply) {
    return "upstream_" + reply.reason().name().toLowerCase(Locale.ROOT);
  }

  private RefreshOutcome refused(Lease lease) {
    RefreshOutcome outcome;
    if (grants.consentGone(lease, grace)) {
      LOG.warnf("Agency %s: Active911 refuses its consent", lease.slug());
      outcome = new RefreshOutcome.ConsentGone();
    } else if (grants.awaitRival(lease, grace)) {
      LOG.warnf(
          "Agency %s: Active911 refuses its token, for which another answer may be under way",
          lease.slug());
      outcome = new RefreshOutcome.Deferred("invalid_grant", grace);
    } else {
      outcome = new RefreshOutcome.NotDue();
    }
    changed.fire(new AgencyChanged(lease.slug()));
    return outcome;
  }

  private RefreshOutcome settle(Lease lease, TokenReply.Issued issued) {
    TokenSet tokens =
        tokens(
            issued,
            lease.refreshToken(),
            lease.refreshTokenExpiresAt(),
            lease.scope(),
            lease.claimedAt());
    Instant nextRefreshAt =
        RefreshTime.dueAt(lease.claimedAt(), tokens.accessTokenExpiresAt(), random);
    return switch (settlement.settle(new Answer(lease, tokens, nextRefreshAt))) {
      case STORED, KEPT -> new RefreshOutcome.Refreshed();
      case OUTDATED -> {
        changed.fire(new AgencyChanged(lease.slug()));
        yield new RefreshOutcome.NotDue();
      }
    };
  }

  /**
   * The tokens after an answer.
   *
   * @param presented the refresh token that was presented; it stays where none came back
   * @param presentedExpiresAt when that one expires: its year goes on
   * @param asked the scope that counts where the answer names none (RFC 6749 §5.1)
   * @param sentAt from when the new tokens' lives count, on the database's clock
   */
  private static TokenSet tokens(
      TokenReply.Issued issued,
      Secret presented,
      Instant presentedExpiresAt,
      Scope asked,
      Instant sentAt) {
    Secret refreshToken = issued.refreshToken() == null ? presented : issued.refreshToken();
    return new TokenSet(
        issued.accessToken(),
        issued.expiresAt(sentAt),
        refreshToken,
        refreshToken.equals(presented) ? presentedExpiresAt : sentAt.plus(REFRESH_TOKEN_LIFE),
        issued.scope() == null ? asked : issued.scope());
  }

  private RefreshOutcome defer(Lease lease, String error, Duration atLeast) {
    Duration untilExpiry = Duration.between(lease.claimedAt(), lease.accessTokenExpiresAt());
    Duration backoff = Backoff.after(lease.consecutiveFailures(), untilExpiry, random);
    Duration retryIn = backoff.compareTo(atLeast) < 0 ? atLeast : backoff;
    grants.deferred(lease, error, retryIn);
    changed.fire(new AgencyChanged(lease.slug()));
    LOG.infof("Agency %s: refresh failed: %s", lease.slug(), error);
    return new RefreshOutcome.Deferred(error, retryIn);
  }

  /** What presenting a refresh token showed that is in nobody's keeping yet. */
  public sealed interface Proof {
    /**
     * It is live.
     *
     * @param tokens what it was exchanged for; to be stored before anything else
     * @param provenAt from when their lives count, on the database's clock
     */
    record Live(TokenSet tokens, Instant provenAt) implements Proof {}

    /** Active911 refuses it. */
    record Refused(OAuthError error) implements Proof {}

    /** Nothing is known; it may have been used up. */
    record Unknown(String error) implements Proof {}
  }

  /**
   * Presents a refresh token that is being imported, once. Blocks.
   *
   * @param issuedAt when it was first issued, on the database's clock
   * @param scope what it is believed to grant, where Active911 does not say
   */
  public Proof prove(GrantKind kind, Secret refreshToken, Instant issuedAt, Scope scope) {
    Instant sentAt = clock.instant();
    TokenReply reply =
        switch (kind) {
          case APPLICATION -> active911.refreshApplication(refreshToken);
          case PERSONAL -> active911.refreshPersonal(refreshToken);
        };
    return switch (reply) {
      case TokenReply.Issued issued ->
          new Proof.Live(
              tokens(issued, refreshToken, issuedAt.plus(REFRESH_TOKEN_LIFE), scope, sentAt),
              sentAt);
      case TokenReply.Rejected(OAuthError error) -> new Proof.Refused(error);
      case TokenReply.Unavailable unavailable -> new Proof.Unknown(nameOf(unavailable));
    };
  }
}
