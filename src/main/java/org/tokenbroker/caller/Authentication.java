package org.tokenbroker.caller;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import java.util.Optional;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;

/**
 * Decides for each request, before anything else of it is looked at, whose it is (RFC 6750 §2.1).
 * All from memory, so that it runs on the event loop.
 */
@Singleton
class Authentication {

  private static final String SCHEME = "bearer ";

  private final CallerKeys callerKeys;
  private final AdminKeys adminKeys;

  Authentication(CallerKeys callerKeys, AdminKeys adminKeys) {
    this.callerKeys = callerKeys;
    this.adminKeys = adminKeys;
  }

  @ServerRequestFilter(preMatching = true, nonBlocking = true, priority = Priorities.AUTHENTICATION)
  public void authenticate(RoutingContext request) {
    switch (Audience.of(request.normalizedPath())) {
      case CALLERS -> caller(request).attachTo(request);
      case ADMINS -> admin(request).attachTo(request);
      case BROWSERS -> {}
    }
  }

  private AuthenticatedCaller caller(RoutingContext request) {
    String credential = credential(request.request());
    Optional<ApiKey> key = ApiKey.parse(credential);
    if (key.isPresent()) {
      Optional<AuthenticatedCaller> caller = callerKeys.authenticate(key.get());
      if (caller.isPresent()) {
        return caller.get();
      }
    }
    if (adminKeys.authenticate(credential).isPresent()) {
      throw forbidden("Tokens are for callers; an admin never sees one.");
    }
    throw unauthenticated("The key is unknown, revoked or expired.");
  }

  private Admin admin(RoutingContext request) {
    String credential = credential(request.request());
    Optional<Admin> admin = adminKeys.authenticate(credential);
    if (admin.isPresent()) {
      return admin.get();
    }
    if (ApiKey.parse(credential).flatMap(callerKeys::authenticate).isPresent()) {
      throw forbidden("This is for admins; a caller may read tokens.");
    }
    throw unauthenticated("The key is unknown, revoked or expired.");
  }

  private static String credential(HttpServerRequest request) {
    List<String> headers = request.headers().getAll(HttpHeaders.AUTHORIZATION);
    if (headers.size() == 1
        && headers.getFirst().regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return headers.getFirst().substring(SCHEME.length()).strip();
    }
    throw unauthenticated("Send one key as 'Authorization: Bearer <key>'.");
  }

  private static ProblemException unauthenticated(String detail) {
    return Problem.of(ProblemType.UNAUTHENTICATED, detail).toException();
  }

  private static ProblemException forbidden(String detail) {
    return Problem.of(ProblemType.FORBIDDEN, detail).toException();
  }
}
