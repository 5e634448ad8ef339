package org.tokenbroker.simulator;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Words a successful answer of a token endpoint. */
final class Issuance {

  private static final Fault.RotationMode USUAL_ROTATION =
      new Fault.RotationMode(Rotation.NEW, Duration.ZERO);
  private static final Fault.RotationMode NO_ROTATION =
      new Fault.RotationMode(Rotation.NONE, Duration.ZERO);
  private static final long LAST_SECOND = 0xFFFFFFFFL;

  private final AuthorizationServer server;

  Issuance(AuthorizationServer server) {
    this.server = server;
  }

  /**
   * The answer to a refresh token, once everything else about the request is right (RFC 6749 §6).
   *
   * @param call what presents it
   * @param text the token
   * @param scopes for the access token; null: those of the consent
   */
  Endpoint.Decision refresh(
      Endpoint.Call call, String text, @Nullable Set<String> scopes, Behaviour behaviour) {
    CallKind kind = call.kind();
    Consent consent = call.consent();
    Integer presented = call.presented();
    if (presented == null || consent == null) {
      return refused(kind, null, null, null);
    }
    Fault.RotationMode mode = behaviour.fault(Fault.RotationMode.class);
    if (mode == null) {
      mode = consent.kind() == GrantKind.PERSONAL ? NO_ROTATION : USUAL_ROTATION;
    }
    Instant now = server.now();
    Consent.Presentation presentation =
        consent.present(
            presented,
            mode.rotation(),
            mode.grace(),
            now,
            now.plus(AuthorizationServer.REFRESH_TOKEN_LIFETIME));
    return switch (presentation) {
      case Consent.Presentation.NeverIssued() -> refused(kind, consent, presented, null);
      case Consent.Presentation.Refused(DeadToken.Cause cause) ->
          refused(kind, consent, presented, cause);
      case Consent.Presentation.Accepted(Integer next) -> {
        consent.forgetReplacedTokens(now);
        yield accepted(kind, consent, text, presented, next, scopes, behaviour);
      }
    };
  }

  private static Endpoint.Decision refused(
      CallKind kind,
      @Nullable Consent consent,
      @Nullable Integer presented,
      DeadToken.@Nullable Cause dead) {
    String description =
        kind == CallKind.PERSONAL_REFRESH
            ? "The refresh token is not valid."
            : "The refresh token is invalid, expired, revoked or was issued to another client.";
    return new Endpoint.Decision(
        Answer.oauthError(400, "invalid_grant", description),
        dead == null ? "unknown_token" : "dead_token",
        presented,
        null,
        consent,
        dead);
  }

  private Endpoint.Decision accepted(
      CallKind kind,
      Consent consent,
      String text,
      int presented,
      @Nullable Integer next,
      @Nullable Set<String> scopes,
      Behaviour behaviour) {
    String refreshToken = null;
    if (next != null) {
      refreshToken =
          next == presented ? text : server.refreshToken(consent, next, length(behaviour));
    }
    Set<String> granted = granted(scopes == null ? consent.scopes() : scopes, behaviour);
    Answer answer =
        kind == CallKind.PERSONAL_REFRESH
            ? personal(consent, refreshToken, behaviour)
            : application(consent, refreshToken, granted, behaviour);
    server.changed();
    return new Endpoint.Decision(answer, "issued", presented, next, consent, null);
  }

  /** The scopes that an answer grants, of those that it could. */
  static Set<String> granted(Set<String> scopes, Behaviour behaviour) {
    Fault.GrantedScope narrowed = behaviour.fault(Fault.GrantedScope.class);
    return narrowed == null ? scopes : Scopes.common(scopes, narrowed.scopes());
  }

  static int length(Behaviour behaviour) {
    Fault.TokenLength length = behaviour.fault(Fault.TokenLength.class);
    return length == null ? TokenMint.TOKEN_LENGTH : length.characters();
  }

  private static long lifetime(Behaviour behaviour) {
    Fault.Lifetime lifetime = behaviour.fault(Fault.Lifetime.class);
    return lifetime == null ? AuthorizationServer.ACCESS_TOKEN_LIFETIME : lifetime.seconds();
  }

  /** The end of a lifetime, cut to what a token can carry. */
  private static Instant end(Instant now, long lifetime) {
    long end = Math.clamp(lifetime, -LAST_SECOND, LAST_SECOND) + now.getEpochSecond();
    return Instant.ofEpochSecond(Math.clamp(end, 0, LAST_SECOND));
  }

  /** RFC 6749 §5.1. */
  Answer application(
      Consent consent, @Nullable String refreshToken, Set<String> scopes, Behaviour behaviour) {
    long lifetime = lifetime(behaviour);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put(
        "access_token",
        server.issueAccessToken(consent, end(server.now(), lifetime), scopes, length(behaviour)));
    body.put("token_type", "Bearer");
    Fault.ExpiresIn notation = behaviour.fault(Fault.ExpiresIn.class);
    write(body, "expires_in", lifetime, notation == null ? null : notation.notation());
    if (refreshToken != null && !behaviour.has(Fault.NoRefreshToken.class)) {
      body.put("refresh_token", refreshToken);
    }
    body.put("scope", Scopes.text(scopes));
    return Answer.json(200, body);
  }

  /** {@code {"access_token":"…","expiration":<absolute unix seconds>}}. */
  private Answer personal(Consent consent, @Nullable String refreshToken, Behaviour behaviour) {
    Instant expiresAt = end(server.now(), lifetime(behaviour));
    Map<String, Object> body = new LinkedHashMap<>();
    body.put(
        "access_token",
        server.issueAccessToken(consent, expiresAt, consent.scopes(), length(behaviour)));
    Fault.Expiration notation = behaviour.fault(Fault.Expiration.class);
    write(
        body,
        "expiration",
        expiresAt.getEpochSecond(),
        notation == null ? null : notation.notation());
    if (refreshToken != null && !behaviour.has(Fault.NoRefreshToken.class)) {
      body.put("refresh_token", refreshToken);
    }
    return Answer.json(200, body);
  }

  private static void write(
      Map<String, Object> body, String name, long seconds, Fault.@Nullable Notation notation) {
    switch (notation) {
      case null -> body.put(name, seconds);
      case NUMBER -> body.put(name, seconds);
      case TEXT -> body.put(name, Long.toString(seconds));
      case MILLISECONDS -> body.put(name, seconds * 1000);
      case MISSING -> {}
    }
  }
}
