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
  private final Invitations invitations;
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
      Invitations invitations,
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
    this.invitations = invitations;
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
    return agencies.ref(agency).map(ref -> begin(ref, Actor.admin(admin.name())));
  }

  /** Begins a flow for an officer whose invitation is open. */
  public Begun begin(Invitations.Presented invitation) {
    return begin(invitation.agency(), Actor.officer(invitation.id()));
  }

  private Begun begin(AgencyRef agency, Actor startedBy) {
    Secret state = Secret.random(random);
    Secret cookie = Secret.random(random);
    requests.start(agency, startedBy, state, cookie);
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
    // The cookie has shown that this is the browser in which that one began.
    audit.actAs(request.startedBy());
    String invitation = request.invitation();
    if (invitation != null && invitations.isRevoked(invitation)) {
      return results.add(CallbackOutcome.INVITATION_REVOKED, agency, null, invitation);
    }
    if (answer.code() == null || answer.code().isEmpty()) {
      return results.add(
          "access_denied".equals(answer.error())
              ? CallbackOutcome.DENIED
              : CallbackOutcome.NOT_AUTHORIZED,
          agency,
          null,
          invitation);
    }
    Instant sentAt = clock.instant();
    TokenReply reply = active911.exchange(Secret.of(answer.code()), request.scope());
    Told told = take(agency, request, reply, sentAt);
    String result = results.add(told.outcome(), agency, told.active911Name(), invitation);
    gate.heard(reply, true);
    return result;
  }

  /** What the person in front of the browser is to be told. */
  private record Told(CallbackOutcome outcome, @Nullable String active911Name) {
    static Told of(CallbackOutcome outcome) {
      return new Told(outcome, null);
    }
  }

  private Told take(AgencyRef agency, Consumed request, TokenReply reply, Instant sentAt) {
    return switch (reply) {
      case TokenReply.Issued issued -> {
        if (issued.refreshToken() == null) {
          LOG.warnf("Agency %s: Active911 issued no refresh token", agency.slug());
          yield Told.of(CallbackOutcome.NO_REFRESH_TOKEN);
        }
        TokenSet tokens =
            new TokenSet(
                issued.accessToken(),
                issued.expiresAt(sentAt),
                issued.refreshToken(),
                sentAt.plus(Refresher.REFRESH_TOKEN_LIFE),
                issued.scope() == null ? request.scope() : issued.scope());
        boolean byAdmin = request.invitation() == null;
        yield switch (consents.take(agency, GrantKind.APPLICATION, tokens, byAdmin, sentAt)) {
          case Adoption.Adopted(String _, var identity) ->
              new Told(CallbackOutcome.CONNECTED, identity.name());
          // Another consent that was won a moment later has already been taken over.
          case Adoption.Superseded(String _, var identity) ->
              new Told(CallbackOutcome.CONNECTED, identity.name());
          case Adoption.OtherAgency(String _, var identity) ->
              new Told(
                  byAdmin || agency.isActive911IdKnown()
                      ? CallbackOutcome.OTHER_AGENCY
                      : CallbackOutcome.TO_BE_CONFIRMED,
                  identity.name());
          case Adoption.IdentityUnknown(String _) -> Told.of(CallbackOutcome.IDENTITY_UNKNOWN);
          case Adoption.Gone() -> Told.of(CallbackOutcome.AGENCY_DELETED);
        };
      }
      case TokenReply.Rejected(OAuthError error) ->
          Told.of(
              error == OAuthError.INVALID_CLIENT
                  ? CallbackOutcome.CLIENT_REFUSED
                  : CallbackOutcome.CODE_REFUSED);
      case TokenReply.Unavailable _ -> Told.of(CallbackOutcome.NO_ANSWER);
    };
  }
}
