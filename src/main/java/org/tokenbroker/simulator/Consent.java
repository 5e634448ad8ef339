package org.tokenbroker.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One consent: which of its refresh tokens are live, and what happened to it. Refresh tokens are
 * numbered from 1, their generation; a generation that was issued and is not live is dead. Safe for
 * use by several threads.
 */
final class Consent {

  private static final int TIMELINE_LIMIT = 100;

  /**
   * A refresh token that works.
   *
   * @param generation its number
   * @param expiresAt when its year is over
   * @param graceUntil when it dies although it was already replaced; null: it was not
   */
  record LiveToken(int generation, Instant expiresAt, @Nullable Instant graceUntil) {}

  /** What became of a refresh token that was presented. */
  sealed interface Presentation {
    /**
     * It is good.
     *
     * @param next generation of the refresh token for the answer; null: the answer holds none
     */
    record Accepted(@Nullable Integer next) implements Presentation {}

    /** It is dead. */
    record Refused(DeadToken.Cause cause) implements Presentation {}

    /** There is no such generation yet. */
    record NeverIssued() implements Presentation {}
  }

  private final int agencyIndex;
  private final int serial;
  private final SimulatedAgency agency;
  private final GrantKind kind;
  private final String clientId;
  private final Set<String> scopes;
  private final AtomicInteger underWay = new AtomicInteger();

  private final List<LiveToken> live = new ArrayList<>();
  private final Deque<GrantEvent> timeline = new ArrayDeque<>();
  private int generations;
  private int accessTokens;
  private int accessTokensInvalidated;
  private boolean revoked;

  /**
   * @param clientId whose it is; empty for a personal grant
   */
  Consent(
      int agencyIndex,
      int serial,
      SimulatedAgency agency,
      GrantKind kind,
      String clientId,
      Set<String> scopes) {
    this.agencyIndex = agencyIndex;
    this.serial = serial;
    this.agency = agency;
    this.kind = kind;
    this.clientId = clientId;
    this.scopes = scopes;
  }

  /** A consent's state, as it is kept over a restart. */
  record Saved(
      String agencyId,
      int serial,
      GrantKind kind,
      String clientId,
      Set<String> scopes,
      List<LiveToken> live,
      int generations,
      int accessTokens,
      int accessTokensInvalidated,
      boolean revoked) {}

  static Consent restored(int agencyIndex, SimulatedAgency agency, Saved saved) {
    Consent consent =
        new Consent(
            agencyIndex, saved.serial(), agency, saved.kind(), saved.clientId(), saved.scopes());
    synchronized (consent) {
      consent.live.addAll(saved.live());
      consent.generations = saved.generations();
      consent.accessTokens = saved.accessTokens();
      consent.accessTokensInvalidated = saved.accessTokensInvalidated();
      consent.revoked = saved.revoked();
    }
    return consent;
  }

  synchronized Saved save() {
    return new Saved(
        agency.id(),
        serial,
        kind,
        clientId,
        scopes,
        List.copyOf(live),
        generations,
        accessTokens,
        accessTokensInvalidated,
        revoked);
  }

  String id() {
    return agency.id() + "-" + serial;
  }

  int agencyIndex() {
    return agencyIndex;
  }

  int serial() {
    return serial;
  }

  SimulatedAgency agency() {
    return agency;
  }

  GrantKind kind() {
    return kind;
  }

  String clientId() {
    return clientId;
  }

  Set<String> scopes() {
    return scopes;
  }

  /** Issues a refresh token beside those that are live. */
  synchronized int issueRefreshToken(Instant expiresAt) {
    generations++;
    live.add(new LiveToken(generations, expiresAt, null));
    return generations;
  }

  /** The number of a new access token. */
  synchronized int issueAccessToken() {
    return ++accessTokens;
  }

  /**
   * Presents a refresh token and, if it is good, rotates it.
   *
   * @param grace how long a replaced token works on, where the rotation has such a time
   * @param expiresAt when a new refresh token expires
   */
  synchronized Presentation present(
      int generation, Rotation rotation, Duration grace, Instant now, Instant expiresAt) {
    if (generation < 1 || generation > generations) {
      return new Presentation.NeverIssued();
    }
    DeadToken.Cause dead = causeOfDeath(generation, now);
    LiveToken token = dead == null ? take(generation) : null;
    if (token == null) {
      return new Presentation.Refused(dead == null ? DeadToken.Cause.ROTATED : dead);
    }
    return switch (rotation) {
      case NONE -> {
        live.add(token);
        yield new Presentation.Accepted(null);
      }
      case SAME -> {
        live.add(token);
        yield new Presentation.Accepted(generation);
      }
      case NEW -> new Presentation.Accepted(issueRefreshToken(expiresAt));
      case NEW_WITH_GRACE -> {
        live.add(
            token.graceUntil() != null
                ? token
                : new LiveToken(generation, token.expiresAt(), now.plus(grace)));
        yield new Presentation.Accepted(issueRefreshToken(expiresAt));
      }
    };
  }

  /** What a refresh token has died of; null: it is live or was never issued. */
  synchronized DeadToken.@Nullable Cause causeOfDeath(int generation, Instant now) {
    if (generation < 1 || generation > generations) {
      return null;
    }
    if (revoked) {
      return DeadToken.Cause.REVOKED;
    }
    for (LiveToken token : live) {
      if (token.generation() == generation) {
        return cause(token, now);
      }
    }
    return DeadToken.Cause.ROTATED;
  }

  private static DeadToken.@Nullable Cause cause(LiveToken token, Instant now) {
    if (token.graceUntil() != null && !now.isBefore(token.graceUntil())) {
      return DeadToken.Cause.ROTATED;
    }
    return now.isBefore(token.expiresAt()) ? null : DeadToken.Cause.EXPIRED;
  }

  private @Nullable LiveToken take(int generation) {
    for (Iterator<LiveToken> tokens = live.iterator(); tokens.hasNext(); ) {
      LiveToken token = tokens.next();
      if (token.generation() == generation) {
        tokens.remove();
        return token;
      }
    }
    return null;
  }

  /** Drops replaced tokens whose grace is over, so that they do not pile up. */
  synchronized void forgetReplacedTokens(Instant now) {
    live.removeIf(token -> token.graceUntil() != null && !now.isBefore(token.graceUntil()));
  }

  /** Whether an access token that has not expired is good. */
  synchronized boolean acceptsAccessToken(int number) {
    return !revoked && number > accessTokensInvalidated && number <= accessTokens;
  }

  /** Makes every access token issued so far useless. */
  synchronized void invalidateAccessTokens() {
    accessTokensInvalidated = accessTokens;
  }

  /** Withdraws the consent: all its tokens are dead. */
  synchronized void revoke() {
    revoked = true;
  }

  synchronized boolean isRevoked() {
    return revoked;
  }

  /** The refresh tokens that are live. */
  synchronized List<LiveToken> liveTokens() {
    return revoked ? List.of() : List.copyOf(live);
  }

  /** Begins a refresh; answers how many are under way, this one included. */
  int beginRefresh() {
    return underWay.incrementAndGet();
  }

  void endRefresh() {
    underWay.decrementAndGet();
  }

  /** Notes what happened; of a long story only the end is kept. */
  synchronized void note(GrantEvent event) {
    if (timeline.size() == TIMELINE_LIMIT) {
      timeline.removeFirst();
    }
    timeline.addLast(event);
  }

  /** What happened, oldest first. */
  synchronized List<GrantEvent> timeline() {
    return List.copyOf(timeline);
  }

  synchronized void forgetTimeline() {
    timeline.clear();
  }
}
