package org.tokenbroker.caller;

import io.quarkus.oidc.OIDCException;
import io.quarkus.oidc.runtime.OidcAuthenticationMechanism;
import io.quarkus.security.AuthenticationException;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * How people sign in to the console at the company's identity provider: by the library's
 * authorization code flow with PKCE and a nonce. Of what comes out of it only the name and the role
 * are kept, in a session of ours; the provider's tokens are dropped at once.
 */
@Singleton
public class ProviderSignIn {

  private static final Logger LOG = Logger.getLogger(ProviderSignIn.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int NAME_LIMIT = 100;

  /** Such a name is nobody's who has a key: theirs hold no colon. */
  private static final String NAME_PREFIX = "oidc:";

  private final Issuers issuers;
  private final OidcAuthenticationMechanism flow;
  private final IdentityProviderManager verifier;
  private final String rolePrefix;

  ProviderSignIn(
      Issuers issuers,
      OidcAuthenticationMechanism flow,
      IdentityProviderManager verifier,
      OidcConfig config) {
    this.issuers = issuers;
    this.flow = flow;
    this.verifier = verifier;
    this.rolePrefix = config.console().rolePrefix();
  }

  /** What comes next. */
  public sealed interface Step {
    /** To the provider. */
    record Away(URI location) implements Step {}

    /** The provider has vouched for somebody who has a role here. */
    record Proved(Admin admin) implements Step {}

    /** For somebody who has none. */
    record WithoutRole(String name) implements Step {}

    /** It has not, or for another browser. */
    record Refused() implements Step {}
  }

  /** Whether there is a provider to sign in at. */
  public boolean isConfigured() {
    return issuers.hasConsole();
  }

  /**
   * Begins the flow, or ends it with what the provider sent the browser back with. Sets the flow's
   * cookies on the response.
   *
   * @return what comes next; fails with a problem if the provider cannot be reached
   */
  public Uni<Step> take(RoutingContext request) {
    issuers.selectConsole(request);
    return flow.authenticate(request, verifier)
        .flatMap(identity -> identity == null ? begin(request) : end(identity, request))
        .ifNoItem()
        .after(PATIENCE)
        .failWith(TimeoutException::new)
        .onFailure()
        .recoverWithUni(ProviderSignIn::failed);
  }

  private Uni<Step> begin(RoutingContext request) {
    return flow.getChallenge(request)
        .map(
            challenge -> {
              String location = location(challenge);
              return location == null ? new Step.Refused() : new Step.Away(URI.create(location));
            });
  }

  private static @Nullable String location(@Nullable ChallengeData challenge) {
    return challenge == null
        ? null
        : challenge.getHeaders().entrySet().stream()
            .filter(header -> HttpHeaders.LOCATION.toString().contentEquals(header.getKey()))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(null);
  }

  private Uni<Step> end(SecurityIdentity identity, RoutingContext request) {
    // The library's session: we have our own, which can be ended on every replica.
    var _ = request.response().removeCookies("q_session_console", false);
    String name = name((JsonWebToken) identity.getPrincipal());
    for (Role role : List.of(Role.ADMIN, Role.OPERATOR, Role.VIEWER)) {
      if (identity.getRoles().contains(rolePrefix + role.word())) {
        return Uni.createFrom().item(new Step.Proved(new Admin(name, role)));
      }
    }
    return Uni.createFrom().item(new Step.WithoutRole(name));
  }

  /**
   * What people are called, and the subject behind it: of a name like {@code preferred_username}
   * the provider does not promise that it is always the same person's (OpenID Connect Core §5.7).
   */
  private static String name(JsonWebToken person) {
    String name = person.getName();
    return NAME_PREFIX
        + cut(name)
        + (person.getSubject().equals(name) ? "" : " (" + cut(person.getSubject()) + ")");
  }

  private static StringBuilder cut(String text) {
    return text.codePoints()
        .limit(NAME_LIMIT)
        .map(character -> Character.isISOControl(character) ? ' ' : character)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append);
  }

  private static Uni<Step> failed(Throwable failure) {
    // The library wraps a lost connection as if it were the provider's refusal.
    boolean refused = failure instanceof AuthenticationException;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException
          || cause instanceof TimeoutException
          || (cause instanceof OIDCException && !refused)) {
        LOG.warnf("The console's identity provider: %s", cause.getClass().getName());
        return Uni.createFrom()
            .failure(
                Problem.of(
                        ProblemType.ISSUER_UNAVAILABLE,
                        "Your identity provider cannot be reached now. An admin key still works.")
                    .toException());
      }
    }
    return refused ? Uni.createFrom().item(new Step.Refused()) : Uni.createFrom().failure(failure);
  }
}
