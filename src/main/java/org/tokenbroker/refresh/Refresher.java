package org.tokenbroker.refresh;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.tokenbroker.active911.Active911;
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.active911.TokenReply;
import org.tokenbroker.active911.Unavailability;
import org.tokenbroker.agency.AgencyChanged;
import org.tokenbroker.agency.AgencySeen;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.Grants.Claim;
import org.tokenbroker.agency.Lease;
import org.tokenbroker.agency.RefreshTime;
import org.tokenbroker.agency.Renewal;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.trace.Traces;

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

  /** How often to look whether the holder of a lease has finished, if nothing is heard of it. */
  private static final Duration LOOK = Duration.ofMillis(250);

  /** What an answer may take to reach the database. */
  private static final Duration SETTLING = Duration.ofSeconds(10);

  /** The answer to whoever asks while this process ends: another replica will do better. */
  private static final RefreshOutcome.Deferred ENDING =
      new RefreshOutcome.Deferred("shutting_down", Duration.ofSeconds(1));

  private static final int OWNER_BYTES = 8;

  private static final AttributeKey<String> REASON =
      AttributeKey.stringKey("token_broker.refresh.reason");

  /** How the name of an error begins that says nothing but that no token came. */
  static final String UNANSWERED = "upstream_";

  private final Grants grants;
  private final Settlement settlement;
  private final UpstreamGate gate;
  private final Active911 active911;
  private final Active911Config active911Config;
  private final DatabaseClock clock;
  private final SecureRandom random;
  private final RefreshConfig config;
  private final Event<AgencyChanged> changed;
  private final AuditLog audit;
  private final RefreshMetrics metrics;
  private final Traces traces;
  private final Duration grace;

  /** How long a lease that somebody else holds is waited for. */
  private final Duration patience;

  /** How old a lease may be when its token is presented, so that it outlives the call. */
  private final Duration leaseMayBeOld;

  private final String owner;
  private final ConcurrentMap<Long, Flight> flights = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** By slug, who waits for a lease that another process holds. */
  private final ConcurrentMap<String, CountDownLatch> waiting = new ConcurrentHashMap<>();

  /** Open once the process ends: whatever waits for its turn gives it up then. */
  private final CountDownLatch ending = new CountDownLatch(1);

  Refresher(
      Grants grants,
      Settlement settlement,
      UpstreamGate gate,
      Active911 active911,
      Active911Config active911Config,
      DatabaseClock clock,
      SecureRandom random,
      RefreshConfig config,
      Event<AgencyChanged> changed,
      AuditLog audit,
      RefreshMetrics metrics,
      Traces traces) {
    this.grants = grants;
    this.settlement = settlement;
    this.gate = gate;
    this.active911 = active911;
    this.active911Config = active911Config;
    this.clock = clock;
    this.random = random;
    this.config = config;
    this.changed = changed;
    this.audit = audit;
    this.metrics = metrics;
    this.traces = traces;
    Duration call = active911Config.answerTimeout();
    this.patience = active911Config.timeout().plus(call);
    this.leaseMayBeOld = config.lease().minus(call);
    this.grace = config.lease().plus(call).plus(SETTLING);
    byte[] bytes = new byte[OWNER_BYTES];
    random.nextBytes(bytes);
    this.owner = HexFormat.of().formatHex(bytes);
  }

  /** A refresh of an agency under way in this process, and what is traced of it. */
  private record Flight(CompletableFuture<RefreshOutcome> outcome, Span span) {

    Flight(Span span) {
      this(new CompletableFuture<>(), span);
    }

    void end(RefreshOutcome result) {
      span.setAttribute(Traces.OUTCOME, RefreshMetrics.nameOf(result));
      span.end();
      outcome.complete(result);
    }

    void fail(Throwable failure) {
      Traces.fail(span, failure);
      outcome.completeExceptionally(failure);
    }
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

  /**
   * Ends: claims nothing any more, gives back what was claimed but not presented, and waits for the
   * answers that are under way.
   *
   * @return whether none is under way any more
   */
  boolean end(Duration atMost) throws InterruptedException {
    ending.countDown();
    threads.shutdown();
    return threads.awaitTermination(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  private boolean isEnding() {
    return ending.getCount() == 0;
  }

  /** Names this process in the leases that it holds. */
  String owner() {
    return owner;
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
    Flight before = flights.get(agencyId);
    if (before == null) {
      Flight flight = new Flight(startSpan(slug, reason));
      before = flights.putIfAbsent(agencyId, flight);
      if (before == null) {
        launch(agencyId, flight, () -> fly(agencyId, slug, seenGeneration, reason), () -> {});
        return flight.outcome();
      }
    }
    Traces.link(before.span().getSpanContext());
    return before.outcome();
  }

  private Span startSpan(String slug, Reason reason) {
    return traces
        .start("refresh", SpanKind.INTERNAL)
        .setAttribute(Traces.AGENCY, slug)
        .setAttribute(REASON, reason.name().toLowerCase(Locale.ROOT));
  }

  /**
   * Presents the token of a lease that this process holds already, on a thread of its own.
   *
   * @param wait how long the call has to wait for its turn
   * @return completes with the outcome; exceptionally if the database cannot be reached
   */
  CompletableFuture<RefreshOutcome> refresh(Lease lease, Duration wait) {
    Flight flight = new Flight(startSpan(lease.slug(), Reason.DUE));
    // Somebody here may be waiting for this very lease, and then sees its end in the database.
    flights.putIfAbsent(lease.agencyId(), flight);
    launch(lease.agencyId(), flight, () -> takeTurn(lease, wait), () -> grants.release(lease));
    return flight.outcome();
  }

  private void launch(
      long agencyId, Flight flight, Supplier<RefreshOutcome> work, Runnable ifEnding) {
    try {
      threads.execute(
          () -> {
            try {
              RefreshOutcome outcome = Traces.within(flight.span(), work);
              flights.remove(agencyId, flight);
              flight.end(outcome);
            } catch (RuntimeException | Error e) {
              flights.remove(agencyId, flight);
              flight.fail(e);
            }
          });
    } catch (RejectedExecutionException e) {
      flights.remove(agencyId, flight);
      ifEnding.run();
      flight.end(ENDING);
    }
  }

  private RefreshOutcome fly(long agencyId, String slug, long seenGeneration, Reason reason) {
    if (settlement.isWaiting(agencyId)) {
      // The database still has the token before: presenting it may kill the one that is kept.
      return new RefreshOutcome.Deferred("database_unavailable", Settlement.RETRY);
    }
    try {
      return claimAndPresent(agencyId, slug, seenGeneration, reason);
    } finally {
      waiting.remove(slug);
    }
  }

  private RefreshOutcome claimAndPresent(
      long agencyId, String slug, long seenGeneration, Reason reason) {
    long deadline = System.nanoTime() + patience.toNanos();
    String linked = null;
    while (true) {
      if (isEnding()) {
        return ENDING;
      }
      // Before the look at the lease, so that its end is not missed in between.
      CountDownLatch news = waiting.computeIfAbsent(slug, key -> new CountDownLatch(1));
      UpstreamGate.State upstream = gate.state();
      if (upstream.pausedFor().compareTo(active911Config.timeout()) > 0) {
        return new RefreshOutcome.Deferred("upstream_rate_limited", upstream.pausedFor());
      }
      Claim claim =
          grants.claim(
              agencyId,
              seenGeneration,
              new Grants.Terms(
                  reason == Reason.BY_ADMIN,
                  reason == Reason.REQUESTED ? REST : Duration.ZERO,
                  reason != Reason.BY_ADMIN,
                  reason == Reason.BY_ADMIN,
                  !upstream.clientRefused() || gate.mayProbe()),
              owner,
              config.lease());
      switch (claim) {
        case Claim.Won(Lease lease) -> {
          Optional<Duration> wait = gate.reserve(1, active911Config.timeout());
          if (wait.isEmpty()) {
            grants.release(lease);
            return new RefreshOutcome.Deferred("rate_limited", active911Config.timeout());
          }
          return takeTurn(lease, wait.get());
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
        case Claim.FailedJustNow(String error, Duration retryIn) -> {
          return new RefreshOutcome.Deferred(error, retryIn);
        }
        case Claim.NoApplications() -> {
          return new RefreshOutcome.Deferred("invalid_client", UpstreamGate.untilNextProbe());
        }
        case Claim.HeldElsewhere(String traceparent) -> {
          if (!Objects.equals(traceparent, linked)) {
            Traces.link(traceparent);
            linked = traceparent;
          }
          if (System.nanoTime() >= deadline || !await(news, LOOK)) {
            return new RefreshOutcome.HeldElsewhere();
          }
        }
      }
    }
  }

  /** Whoever waits for another's lease looks again at once when the agency changes. */
  void seen(@Observes AgencySeen event) {
    CountDownLatch news = waiting.remove(event.slug());
    if (news != null) {
      news.countDown();
    }
  }

  private static boolean await(CountDownLatch latch, Duration atMost) {
    try {
      var _ = latch.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private RefreshOutcome takeTurn(Lease lease, Duration wait) {
    metrics.leaseTaken();
    try {
      return waitAndPresent(lease, wait);
    } finally {
      metrics.leaseEnded();
    }
  }

  private RefreshOutcome waitAndPresent(Lease lease, Duration wait) {
    boolean interrupted = wait.isPositive() && !await(ending, wait);
    if (interrupted || isEnding()) {
      grants.release(lease);
      return ENDING;
    }
    if (settlement.holdsAnswer(lease.agencyId())) {
      // The token in the lease may be dead: its successor is here and goes to the database first.
      grants.release(lease);
      return new RefreshOutcome.Deferred("database_unavailable", Settlement.RETRY);
    }
    if (Duration.between(lease.claimedAt(), clock.instant()).compareTo(leaseMayBeOld) > 0) {
      // This process stood still for a while: by the time of the answer the lease could be
      // another's.
      grants.release(lease);
      return new RefreshOutcome.HeldElsewhere();
    }
    return present(lease);
  }

  private RefreshOutcome present(Lease lease) {
    long began = System.nanoTime();
    try {
      RefreshOutcome outcome = presentAndSettle(lease);
      metrics.presented(outcome, began);
      return outcome;
    } catch (DatabaseUnavailableException e) {
      metrics.presentedWithoutDatabase(began);
      throw e;
    }
  }

  private RefreshOutcome presentAndSettle(Lease lease) {
    TokenReply reply =
        switch (lease.kind()) {
          case APPLICATION -> active911.refreshApplication(lease.refreshToken());
          case PERSONAL -> active911.refreshPersonal(lease.refreshToken());
        };
    RefreshOutcome outcome = settle(lease, reply);
    gate.heard(reply, lease.kind() == GrantKind.APPLICATION);
    note(lease, outcome);
    return outcome;
  }

  private void note(Lease lease, RefreshOutcome outcome) {
    switch (outcome) {
      case RefreshOutcome.Refreshed() -> note(lease, AuditEvent.of(Kind.TOKEN_REFRESHED));
      case RefreshOutcome.ConsentGone() -> note(lease, AuditEvent.of(Kind.CONSENT_LOST));
      case RefreshOutcome.Deferred(String error, Duration _) -> {
        // While Active911 is away each agency fails again and again, which would bury all else.
        if (lease.consecutiveFailures() == 0) {
          note(lease, AuditEvent.of(Kind.REFRESH_FAILED).with(Detail.ERROR, error));
        }
      }
      case RefreshOutcome.NotDue() -> {}
      case RefreshOutcome.HeldElsewhere() -> {}
      case RefreshOutcome.TooSoon(Instant _) -> {}
    }
  }

  private void note(Lease lease, AuditEvent event) {
    audit.note(event.agency(lease.slug()));
  }

  private RefreshOutcome settle(Lease lease, TokenReply reply) {
    return switch (reply) {
      case TokenReply.Issued issued -> settle(lease, issued);
      case TokenReply.Rejected(OAuthError error) ->
          switch (error) {
            case INVALID_GRANT -> refused(lease);
            case INVALID_CLIENT ->
                switch (lease.kind()) {
                  case APPLICATION -> {
                    // It concerns every agency, so it is not this one's failure: see the gate.
                    grants.release(lease);
                    yield new RefreshOutcome.Deferred(
                        "invalid_client", UpstreamGate.untilNextProbe());
                  }
                  // Presented without our client, so it says nothing of that.
                  case PERSONAL -> defer(lease, "oauth_error", Duration.ZERO);
                };
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
    return nameOf(reply.reason());
  }

  static String nameOf(Unavailability reason) {
    return UNANSWERED + reason.name().toLowerCase(Locale.ROOT);
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
      grants.release(lease);
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
    return switch (settlement.settle(new Renewal(lease, tokens, nextRefreshAt))) {
      case STORED, KEPT -> new RefreshOutcome.Refreshed();
      case OUTDATED -> {
        grants.release(lease);
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

    /**
     * It was not presented: nothing may be sent to Active911 now.
     *
     * @param retryIn when it is worth trying again
     */
    record NotPresented(String error, Duration retryIn) implements Proof {}
  }

  /**
   * Presents a refresh token that is being imported, once. Blocks.
   *
   * @param issuedAt when it was first issued, on the database's clock
   * @param scope what it is believed to grant, where Active911 does not say
   */
  public Proof prove(GrantKind kind, Secret refreshToken, Instant issuedAt, Scope scope) {
    Optional<Duration> wait = gate.reserve(1, active911Config.timeout());
    if (wait.isEmpty()) {
      Duration paused = gate.state().pausedFor();
      return paused.isZero()
          ? new Proof.NotPresented("rate_limited", active911Config.timeout())
          : new Proof.NotPresented("upstream_rate_limited", paused);
    }
    if ((wait.get().isPositive() && !await(ending, wait.get())) || isEnding()) {
      return new Proof.NotPresented(ENDING.error(), ENDING.retryIn());
    }
    Instant sentAt = clock.instant();
    TokenReply reply =
        switch (kind) {
          case APPLICATION -> active911.refreshApplication(refreshToken);
          case PERSONAL -> active911.refreshPersonal(refreshToken);
        };
    gate.heard(reply, kind == GrantKind.APPLICATION);
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
