package org.tokenbroker.caller;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.quarkus.oidc.AccessTokenCredential;
import io.quarkus.oidc.OIDCException;
import io.quarkus.oidc.common.runtime.OidcEndpointAccessException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.TokenAuthenticationRequest;
import io.quarkus.vertx.http.runtime.security.HttpSecurityUtils;
import io.smallrye.mutiny.Uni;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jboss.logging.Logger;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * JWTs that callers prove themselves by (RFC 7519, RFC 9068). A token is verified once and
 * remembered until it expires, by its hash: its signature need not be looked at again, since
 * nothing that the signature says can change. Which caller its subject is, is looked up each time,
 * so a caller that is removed is refused at once.
 */
@Singleton
class VerifiedTokens {

  private static final Logger LOG = Logger.getLogger(VerifiedTokens.class);

  /** More than this many are not remembered, but verified again. */
  private static final int REMEMBERED = 20_000;

  /** How long an issuer may take to answer for its keys. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** For so long an issuer that could not be reached, and never was, is not asked again. */
  private static final Duration REST = Duration.ofSeconds(2);

  /** Three parts in base64url: a signed token, and none that is encrypted (RFC 7515 §3.1). */
  private static final Pattern SIGNED =
      Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");

  /**
   * What a verified token says.
   *
   * @param expiresAt on the issuer's clock
   */
  record Claims(String issuer, String subject, Instant expiresAt) {}

  private final Issuers issuers;
  private final IdentityProviderManager verifier;
  private final DatabaseClock clock;
  private final Cache<ByteBuffer, Claims> remembered =
      Caffeine.newBuilder().maximumSize(REMEMBERED).build();

  /** Issuers whose keys are in memory. */
  private final Set<String> reached = ConcurrentHashMap.newKeySet();

  /** Issuers that could not be reached a moment ago. */
  private final Cache<String, Boolean> unreachable =
      Caffeine.newBuilder().expireAfterWrite(REST).build();

  VerifiedTokens(Issuers issuers, IdentityProviderManager verifier, DatabaseClock clock) {
    this.issuers = issuers;
    this.verifier = verifier;
    this.clock = clock;
  }

  /** What a token says that was verified before and has not expired; does not block. */
  @Nullable Claims remembered(String token) {
    if (token.indexOf('.') < 0) {
      return null;
    }
    Claims claims = remembered.getIfPresent(hash(token));
    return claims != null && clock.instant().isBefore(claims.expiresAt()) ? claims : null;
  }

  /**
   * The issuer of a token, if it looks like a token of one that is known. Nothing is proved by it.
   */
  Optional<String> issuer(String token) {
    if (!SIGNED.matcher(token).matches()) {
      return Optional.empty();
    }
    try {
      String payload = token.substring(token.indexOf('.') + 1, token.lastIndexOf('.'));
      Object issuer =
          new JsonObject(new String(Base64.getUrlDecoder().decode(payload), StandardCharsets.UTF_8))
              .getValue("iss");
      return issuer instanceof String name && issuers.isKnown(name)
          ? Optional.of(name)
          : Optional.empty();
    } catch (DecodeException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * Verifies a token of a known issuer: its signature, issuer, audience and times. Does not block.
   *
   * @return what it says; empty if it is not valid. Fails with a problem if the issuer's keys are
   *     needed and cannot be had.
   */
  Uni<Optional<Claims>> verify(String token, String issuer, RoutingContext request) {
    if (!reached.contains(issuer) && unreachable.getIfPresent(issuer) != null) {
      return Uni.createFrom().failure(issuerUnavailable());
    }
    issuers.select(issuer, request);
    TokenAuthenticationRequest authentication =
        new TokenAuthenticationRequest(new AccessTokenCredential(token));
    HttpSecurityUtils.setRoutingContextAttribute(authentication, request);
    return verifier
        .authenticate(authentication)
        .ifNoItem()
        .after(PATIENCE)
        .failWith(TimeoutException::new)
        .map(identity -> Optional.of(remember(token, issuer, identity)))
        .onFailure()
        .recoverWithUni(failure -> refused(issuer, failure));
  }

  private Claims remember(String token, String issuer, SecurityIdentity identity) {
    reached.add(issuer);
    JsonWebToken verified = (JsonWebToken) identity.getPrincipal();
    Claims claims =
        new Claims(
            verified.getIssuer(),
            verified.getSubject(),
            Instant.ofEpochSecond(verified.getExpirationTime()));
    remembered.put(hash(token), claims);
    return claims;
  }

  private Uni<Optional<Claims>> refused(String issuer, Throwable failure) {
    if (isOf(failure, InvalidJwtException.class)) {
      reached.add(issuer);
      return Uni.createFrom().item(Optional.empty());
    }
    if (isOf(failure, OIDCException.class)
        || isOf(failure, OidcEndpointAccessException.class)
        || isOf(failure, IOException.class)
        || isOf(failure, TimeoutException.class)) {
      unreachable.put(issuer, true);
      LOG.warnf(
          "The keys of issuer %s cannot be read: %s", issuer, root(failure).getClass().getName());
      return Uni.createFrom().failure(issuerUnavailable());
    }
    return Uni.createFrom().item(Optional.empty());
  }

  private static boolean isOf(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  private static Throwable root(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static RuntimeException issuerUnavailable() {
    return Problem.of(
            ProblemType.ISSUER_UNAVAILABLE,
            "Whether this token is valid cannot be told: its issuer's keys cannot be read now.")
        .retryAfter(REST)
        .toException();
  }

  private static ByteBuffer hash(String token) {
    return ByteBuffer.wrap(Secret.sha256(token.getBytes(StandardCharsets.UTF_8)));
  }
}
