package org.tokenbroker.handout;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.opentelemetry.api.trace.Span;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.HandoutState;
import org.tokenbroker.caller.AuthenticatedCaller;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.refresh.RefreshOutcome;
import org.tokenbroker.refresh.Refresher;
import org.tokenbroker.trace.Traces;

/**
 * Finds a token that will do for a read. Three margins: a fresh token is answered; a stale one, due
 * to be renewed but still good for long enough, is answered and renewed behind; for one that will
 * not do the read waits until it is renewed.
 */
@Singleton
class Handouts {

  private static final Logger LOG = Logger.getLogger(Handouts.class);

  /** How often a state may change under a waiting read before it gives up. */
  private static final int ATTEMPTS = 3;

  /** For how long a failed renewal answers those who ask next, so that none waits for the same. */
  private static final Duration FAILURE_REMEMBERED = Duration.ofSeconds(3);

  /** What a read waits for beyond the call to Active911 itself. */
  private static final Duration SLACK = Duration.ofSeconds(2);

  private final TokenCache cache;
  private final CacheFeed feed;
  private final Refresher refresher;
  private final DatabaseClock clock;
  private final Duration patience;
  private final Cache<Long, Problem> failures =
      Caffeine.newBuilder().expireAfterWrite(FAILURE_REMEMBERED).build();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  Handouts(
      TokenCache cache,
      CacheFeed feed,
      Refresher refresher,
      DatabaseClock clock,
      Active911Config active911) {
    this.cache = cache;
    this.feed = feed;
    this.refresher = refresher;
    this.clock = clock;
    this.patience = active911.timeout().plus(SLACK);
  }

  @PreDestroy
  void close() {
    threads.shutdownNow();
  }

  /**
   * A token from memory, if that holds one good for so long; null otherwise. Does not block. One
   * that is due is not renewed for it, which is the schedule's task: where many are due, as after
   * an outage, their readers would take the calls to Active911 from those who have no token.
   *
   * @param minTtl seconds
   */
  @Nullable Handout held(String agency, int minTtl) {
    Handout held = cache.get(agency);
    if (held == null || feed.isTooOld()) {
      return null; // what was paused or revoked meanwhile is not known here
    }
    refuseIfPaused(held);
    return isGoodFor(held, minTtl, clock.instant()) ? held : null;
  }

  /**
   * The same for one of which nothing is to be said but that it can be handed out; null: cannot.
   */
  @Nullable Handout heldAt(Instant now, String agency, int minTtl) {
    Handout held = cache.get(agency);
    return held == null || held.state().paused() || feed.isTooOld() || !isGoodFor(held, minTtl, now)
        ? null
        : held;
  }

  /** The database's time. */
  Instant now() {
    return clock.instant();
  }

  private static boolean isGoodFor(Handout handout, int minTtl, Instant now) {
    return handout.secondsLeft(now) >= Math.max(1, minTtl);
  }

  private CompletableFuture<RefreshOutcome> renew(Handout old, Refresher.Reason reason) {
    HandoutState state = old.state();
    return refresher.refresh(state.agencyId(), state.slug(), old.generation(), reason);
  }

  /** Seconds that the token still lives. */
  long secondsLeft(Handout handout) {
    return handout.secondsLeft(clock.instant());
  }

  /** The agencies in memory that are granted to the caller, by slug. */
  List<HandoutState> grantedTo(AuthenticatedCaller caller) {
    List<HandoutState> states = new ArrayList<>();
    if (caller.allAgencies()) {
      cache.forEach(handout -> states.add(handout.state()));
    } else {
      for (String agency : caller.agencies()) {
        Handout handout = cache.get(agency);
        if (handout != null) {
          states.add(handout.state());
        }
      }
    }
    states.sort(Comparator.comparing(HandoutState::slug));
    return states;
  }

  /**
   * A token good for so long, renewed first if need be; fails with a problem.
   *
   * @param span what is traced of the read
   */
  Uni<Handout> obtain(String agency, int minTtl, Span span) {
    return within(span, () -> find(agency, minTtl));
  }

  private Uni<Handout> within(Span span, Supplier<Handout> work) {
    return Uni.createFrom().item(() -> Traces.within(span, work)).runSubscriptionOn(threads);
  }

  private Handout find(String agency, int minTtl) {
    Handout renewed = null;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Handout handout = known(agency);
      refuseIfPaused(handout);
      Instant now = clock.instant();
      if (isGoodFor(handout, minTtl, now)) {
        return handout;
      }
      refuseIfWithoutConsent(handout);
      if (renewed != null && handout.generation() > renewed.generation()) {
        // Where a fresh one would do, this one took most of its life to come.
        throw handout.lifetime() <= minTtl ? tooShort(agency) : stillUnderWay(agency);
      }
      boolean valid = handout.secondsLeft(now) > 0;
      switch (await(handout, valid ? Refresher.Reason.REQUESTED : Refresher.Reason.DUE)) {
        case RefreshOutcome.Refreshed() -> renewed = handout;
        case RefreshOutcome.NotDue() -> {}
        case RefreshOutcome.ConsentGone() -> {}
        case RefreshOutcome.HeldElsewhere() -> throw stillUnderWay(agency);
        case RefreshOutcome.TooSoon(Instant again) -> {
          if (handout.lifetime() < minTtl) {
            throw tooShort(agency);
          }
          throw tooSoon(agency, Duration.between(now, again));
        }
        case RefreshOutcome.Deferred(String error, Duration retryIn) ->
            throw failed(handout, error, retryIn).toException();
      }
    }
    throw stillUnderWay(agency);
  }

  /**
   * The token that is current, renewed if it is the one that the caller was refused with.
   *
   * @param refused the tags of {@code If-Match}; null if there was none
   * @param span what is traced of the request
   */
  Uni<Handout> replace(String agency, @Nullable String refused, Span span) {
    return within(span, () -> findOtherThan(refused, agency));
  }

  private Handout findOtherThan(@Nullable String refused, String agency) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Handout handout = known(agency);
      refuseIfPaused(handout);
      if (handout.state().token() == null) {
        throw consentRequired(handout).toException();
      }
      if (refused == null) {
        throw Problem.of(
                ProblemType.PRECONDITION_REQUIRED,
                "Name the token that was refused: send its ETag as If-Match.")
            .about(agency)
            .toException();
      }
      Instant now = clock.instant();
      boolean valid = isGoodFor(handout, 0, now);
      if (valid && !EntityTags.contains(refused, handout.etag())) {
        return handout;
      }
      refuseIfWithoutConsent(handout);
      switch (await(handout, valid ? Refresher.Reason.REQUESTED : Refresher.Reason.DUE)) {
        case RefreshOutcome.Refreshed() -> {}
        case RefreshOutcome.NotDue() -> {}
        case RefreshOutcome.ConsentGone() -> {}
        case RefreshOutcome.HeldElsewhere() -> throw stillUnderWay(agency);
        case RefreshOutcome.TooSoon(Instant again) ->
            throw tooSoon(agency, Duration.between(now, again));
        case RefreshOutcome.Deferred(String error, Duration retryIn) ->
            throw failed(handout, error, retryIn).toException();
      }
    }
    throw stillUnderWay(agency);
  }

  private Handout known(String agency) {
    Handout held = cache.get(agency);
    if (held == null || feed.isTooOld()) {
      held = cache.load(agency);
    }
    if (held == null) {
      throw Problem.of(ProblemType.AGENCY_UNKNOWN, "There is no agency of this name.")
          .about(agency)
          .toException();
    }
    return held;
  }

  /** Waits for a renewal, but not longer than a read may take; the renewal itself goes on. */
  private RefreshOutcome await(Handout old, Refresher.Reason reason) {
    Problem failure = failures.getIfPresent(old.state().agencyId());
    if (failure != null) {
      throw failure.toException();
    }
    try {
      return renew(old, reason).copy().orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof TimeoutException) {
        return new RefreshOutcome.HeldElsewhere();
      }
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private Problem failed(Handout handout, String error, Duration retryIn) {
    HandoutState state = handout.state();
    LOG.debugf("Agency %s: a read gets no token: %s", state.slug(), error);
    Duration retryAfter =
        retryIn.compareTo(FAILURE_REMEMBERED) > 0 && !error.equals("upstream_rate_limited")
            ? FAILURE_REMEMBERED
            : retryIn;
    Problem problem =
        Problem.of(
                ProblemType.UPSTREAM_UNAVAILABLE,
                "No token can be had from Active911 now (" + error + ").")
            .about(state.slug())
            .retryAfter(retryAfter);
    failures.put(state.agencyId(), problem);
    return problem;
  }

  private static void refuseIfPaused(Handout handout) {
    if (handout.state().paused()) {
      throw Problem.of(ProblemType.AGENCY_PAUSED, "An admin has paused this agency.")
          .about(handout.state().slug())
          .toException();
    }
  }

  private static void refuseIfWithoutConsent(Handout handout) {
    if (handout.state().state() != ConnectionState.CONNECTED) {
      throw consentRequired(handout).toException();
    }
  }

  private static Problem consentRequired(Handout handout) {
    return Problem.of(
            ProblemType.CONSENT_REQUIRED,
            handout.state().state() == ConnectionState.PENDING
                ? "The agency was never connected; an admin must connect it."
                : "The agency's consent is gone; an admin must connect it again.")
        .about(handout.state().slug());
  }

  private static RuntimeException tooShort(String agency) {
    return Problem.of(
            ProblemType.TTL_UNAVAILABLE, "Not even a fresh token lives so long; ask for less.")
        .about(agency)
        .toException();
  }

  private static RuntimeException tooSoon(String agency, Duration wait) {
    return Problem.of(
            ProblemType.TOO_MANY_REQUESTS,
            "A token that is still valid is renewed on request once in "
                + Refresher.REST.toSeconds()
                + " seconds.")
        .about(agency)
        .retryAfter(wait.plusSeconds(1))
        .toException();
  }

  private static RuntimeException stillUnderWay(String agency) {
    return Problem.of(
            ProblemType.UPSTREAM_UNAVAILABLE, "The token is being renewed, which takes long.")
        .about(agency)
        .retryAfter(Duration.ofSeconds(1))
        .toException();
  }
}
