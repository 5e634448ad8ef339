package org.tokenbroker.caller;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import java.util.Optional;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.Actor;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;

/**
 * Decides for each request, before anything else of it is looked at, whose it is (RFC 6750 §2.1).
 * From memory, so that it runs on the event loop; only a JWT that was not seen before may have to
 * wait for its issuer's keys.
 *
 * <p>Made when first needed: filters are wired before the configuration can be read.
 */
@ApplicationScoped
class Authentication {

  private final CallerKeys callerKeys;
  private final AdminKeys adminKeys;
  private final VerifiedTokens tokens;
  private final KnownCallers known;
  private final ClientCertificates certificates;
  private final FailedAuthentications failures;
  private final CallerRate rate;
  private final AuditLog audit;
  private final Counter failed;

  Authentication(
      CallerKeys callerKeys,
      AdminKeys adminKeys,
      VerifiedTokens tokens,
      KnownCallers known,
      ClientCertificates certificates,
      FailedAuthentications failures,
      CallerRate rate,
      AuditLog audit,
      MeterRegistry metrics) {
    this.callerKeys = callerKeys;
    this.adminKeys = adminKeys;
    this.tokens = tokens;
    this.known = known;
    this.certificates = certificates;
    this.failures = failures;
    this.rate = rate;
    this.audit = audit;
    this.failed =
        Counter.builder("token.broker.authentication.failures")
            .description("Requests without a credential that is good")
            .register(metrics);
  }

  /** Returns null where nothing is to be waited for. */
  @ServerRequestFilter(preMatching = true, nonBlocking = true, priority = Priorities.AUTHENTICATION)
  public @Nullable Uni<Void> authenticate(RoutingContext request) {
    Audience audience = Audience.of(request.normalizedPath());
    if (audience == Audience.BROWSERS) {
      return null;
    }
    List<String> headers = request.request().headers().getAll(HttpHeaders.AUTHORIZATION);
    if (headers.isEmpty()) {
      admit(byCertificate(request), audience, request);
      return null;
    }
    String credential = credential(headers, request);
    Optional<? extends Identity> identity = known.identity(credential);
    if (identity.isPresent()) {
      admit(identity.get(), audience, request);
      return null;
    }
    Optional<String> issuer = tokens.issuer(credential);
    if (issuer.isEmpty()) {
      refuseIfTooMany(request);
      admit(
          adminKeys.authenticate(credential).orElseThrow(() -> refused(request)),
          audience,
          request);
      return null;
    }
    return tokens
        .verify(credential, issuer.get(), request)
        .invoke(
            claims ->
                admit(
                    claims.flatMap(callerKeys::ofToken).orElseThrow(() -> refused(request)),
                    audience,
                    request))
        .replaceWithVoid();
  }

  private AuthenticatedCaller byCertificate(RoutingContext request) {
    return certificates
        .subject(request.request())
        .flatMap(callerKeys::ofCertificate)
        .orElseThrow(
            () ->
                unauthenticated(
                    request, "Send one key or token as 'Authorization: Bearer <key>'."));
  }

  private void admit(Identity identity, Audience audience, RoutingContext request) {
    switch (identity) {
      case AuthenticatedCaller caller -> {
        if (audience != Audience.CALLERS) {
          audit.forbidden(Actor.caller(caller.name()), null);
          throw forbidden("This is for admins; a caller may read tokens.");
        }
        rate.count(caller);
        caller.attachTo(request);
      }
      case Admin admin -> {
        if (audience != Audience.ADMINS) {
          audit.forbidden(Actor.admin(admin.name()), null);
          throw forbidden("Tokens are for callers; an admin never sees one.");
        }
        admin.attachTo(request);
      }
    }
  }

  private String credential(List<String> headers, RoutingContext request) {
    String credential = headers.size() == 1 ? KnownCallers.credential(headers.getFirst()) : null;
    if (credential == null) {
      throw unauthenticated(request, "Send one key or token as 'Authorization: Bearer <key>'.");
    }
    return credential;
  }

  private ProblemException refused(RoutingContext request) {
    refuseIfTooMany(request);
    failures.note(request);
    return unauthenticated(request, "The key or token is unknown, revoked or expired.");
  }

  /** Who is not even looked at has failed as well. */
  private void refuseIfTooMany(RoutingContext request) {
    try {
      failures.refuseIfTooMany(request);
    } catch (ProblemException e) {
      noteFailure(request);
      throw e;
    }
  }

  private ProblemException unauthenticated(RoutingContext request, String detail) {
    noteFailure(request);
    return Problem.of(ProblemType.UNAUTHENTICATED, detail).toException();
  }

  private void noteFailure(RoutingContext request) {
    failed.increment();
    audit.authenticationFailed(failures.address(request).getHostAddress());
  }

  private static ProblemException forbidden(String detail) {
    return Problem.of(ProblemType.FORBIDDEN, detail).toException();
  }
}
