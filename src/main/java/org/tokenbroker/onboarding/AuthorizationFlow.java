package org.tokenbroker.onboarding;

import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Cookie;
import jakarta.ws.rs.core.NewCookie;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.active911.Active911;
import org.tokenbroker.active911.TokenReply;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyRef;
import org.tokenbroker.agency.Candidates.Adoption;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.audit.Actor;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.onboarding.AuthorizationRequests.Consumed;
import org.tokenbroker.refresh.Refresher;
import org.tokenbroker.refresh.UpstreamGate;

/**
 * The authorization-code flow (RFC 6749 §4.1), bound to the browser that began it by a cookie of
 * its own (RFC 9700 §4.7), so that nobody can have somebody else's browser finish theirs.
 */
@Singleton
public class AuthorizationFlow {

  private static final Logger LOG = Logger.getLogger(AuthorizationFlow.class);
  private static final int NAME_BYTES = 6;

  private final AuthorizationRequests requests;
  private final Agencies agencies;
  private final Active911 active911;
  private final UpstreamGate gate;
  private final Consents consents;
  private final CallbackResults results;
  private final DatabaseClock clock;
  private final SecureRandom random;
  private final AuditLog audit;
  private final boolean https;

  AuthorizationFlow(
      AuthorizationRequests requests,
      Agencies agencies,
      Active911 active911,
      UpstreamGate gate,
      Consents consents,
      CallbackResults results,
      DatabaseClock clock,
      SecureRandom random,
      AuditLog audit,
      @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.requests = requests;
    this.agencies = agencies;
    this.active911 = active911;
    this.gate = gate;
    this.consents = consents;
    this.results = results;
    this.clock = clock;
    this.random = random;
    this.audit = audit;
    this.https = "https".equalsIgnoreCase(publicUrl.getScheme());
  }

  /**
   * A flow that has begun.
   *
   * @param location where the browser goes
   * @param cookie what it brings back
   */
  public record Begun(URI location, NewCookie cookie) {}

  /** Begins a flow for an agency; empty if there is none of this name. */
  public Optional<Begun> begin(String agency, Admin admin) {
    return agencies.ref(agency).map(ref -> begin(ref, admin));
  }

  private Begun begin(AgencyRef agency, Admin admin) {
    Secret state = Secret.random(random);
    Secret cookie = Secret.random(random);
    requests.start(agency, admin.name(), state, cookie);
    return new Begun(
        active911.authorizationRequest(agency.scope(), state),
        cookie(state, cookie.value(), AuthorizationRequests.LIFETIME));
  }

  /** Each flow has a cookie of its own name, so that two tabs do not take each other's. */
  private String cookieName(Secret state) {
    String suffix = HexFormat.of().formatHex(state.sha256(), 0, NAME_BYTES);
    return (https ? "__Host-" : "") + "authorize-" + suffix;
  }

  private NewCookie cookie(Secret state, String value, int maxAge) {
    return new NewCookie.Builder(cookieName(state))
        .value(value)
        .path("/")
        .maxAge(maxAge)
        .httpOnly(true)
        .secure(https)
        .sameSite(NewCookie.SameSite.LAX)
        .build();
  }

  /** What came back from Active911, as sent. */
  record Answer(@Nullable String state, @Nullable String code, @Nullable String error) {}

  /**
   * A flow that has ended.
   *
   * @param resultId of the page that says how
   * @param cookie takes the flow's cookie away
   */
  record Ended(String resultId, NewCookie cookie) {}

  /**
   * Ends a flow. Empty, with nothing used up and Active911 not called, if the state is not one that
   * this browser began with and may still use. Blocks.
   */
  Optional<Ended> end(Answer answer, Map<String, Cookie> cookies) {
    if (answer.state() == null || answer.state().isEmpty()) {
      return Optional.empty();
    }
    Secret state = Secret.of(answer.state());
    Cookie cookie = cookies.get(cookieName(state));
    if (cookie == null || cookie.getValue() == null || cookie.getValue().isEmpty()) {
      return Optional.empty();
    }
    return requests
        .consume(state, Secret.of(cookie.getValue()))
        .flatMap(
            request -> agencies.ref(request.agencyId()).map(agency -> end(agency, request, answer)))
        .map(resultId -> new Ended(resultId, cookie(state, "", 0)));
  }

  private String end(AgencyRef agency, Consumed request, Answer answer) {
    // The cookie has shown that this is the browser in which that admin began.
    audit.actAs(Actor.admin(request.startedBy()));
    if (answer.code() == null || answer.code().isEmpty()) {
      return results.add(
          "access_denied".equals(answer.error())
              ? CallbackOutcome.DENIED
              : CallbackOutcome.NOT_AUTHORIZED,
          agency,
          null);
    }
    Instant sentAt = clock.instant();
    TokenReply reply = active911.exchange(Secret.of(answer.code()), request.scope());
    String result = end(agency, request, reply, sentAt);
    gate.heard(reply, true);
    return result;
  }

  private String end(AgencyRef agency, Consumed request, TokenReply reply, Instant sentAt) {
    return switch (reply) {
      case TokenReply.Issued issued -> {
        if (issued.refreshToken() == null) {
          LOG.warnf("Agency %s: Active911 issued no refresh token", agency.slug());
          yield results.add(CallbackOutcome.NO_REFRESH_TOKEN, agency, null);
        }
        TokenSet tokens =
            new TokenSet(
                issued.accessToken(),
                issued.expiresAt(sentAt),
                issued.refreshToken(),
                sentAt.plus(Refresher.REFRESH_TOKEN_LIFE),
                issued.scope() == null ? request.scope() : issued.scope());
        yield switch (consents.take(agency, GrantKind.APPLICATION, tokens, sentAt)) {
          case Adoption.Adopted(String _, var identity) ->
              results.add(CallbackOutcome.CONNECTED, agency, identity.name());
          // Another consent that was won a moment later has already been taken over.
          case Adoption.Superseded(String _, var identity) ->
              results.add(CallbackOutcome.CONNECTED, agency, identity.name());
          case Adoption.OtherAgency(String _, var identity) ->
              results.add(CallbackOutcome.OTHER_AGENCY, agency, identity.name());
          case Adoption.IdentityUnknown(String _) ->
              results.add(CallbackOutcome.IDENTITY_UNKNOWN, agency, null);
          case Adoption.Gone() -> results.add(CallbackOutcome.AGENCY_DELETED, agency, null);
        };
      }
      case TokenReply.Rejected(OAuthError error) ->
          results.add(
              error == OAuthError.INVALID_CLIENT
                  ? CallbackOutcome.CLIENT_REFUSED
                  : CallbackOutcome.CODE_REFUSED,
              agency,
              null);
      case TokenReply.Unavailable _ -> results.add(CallbackOutcome.NO_ANSWER, agency, null);
    };
  }
}
