package org.tokenbroker.console;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import java.util.List;
import java.util.Optional;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.WithFormRead;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveContainerRequestContext;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.RoleCheck;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;

/**
 * Stands before every page that is {@link SignedIn}: without a session it leads to the sign-in, and
 * a form without the session's token does nothing.
 *
 * <p>Made when first needed: filters are wired before the configuration can be read.
 */
@ApplicationScoped
class SessionFilter {

  /** What our script sends along when it brings a page up to date. */
  static final String LIVE = "X-Live";

  private final Sessions sessions;
  private final BrowserCookie cookies;
  private final AuditLog audit;

  SessionFilter(Sessions sessions, BrowserCookie cookies, AuditLog audit) {
    this.sessions = sessions;
    this.cookies = cookies;
    this.audit = audit;
  }

  /** Before anything of a form is read: whose it is, and whether his role allows it. */
  @ServerRequestFilter
  @SignedIn
  public Optional<Response> session(
      ResteasyReactiveContainerRequestContext request,
      RoutingContext routing,
      ResourceInfo resource) {
    boolean reads = reads(routing);
    Optional<Session> session =
        cookies
            .read(BrowserCookie.Kind.SESSION, request.getCookies())
            .flatMap(id -> reads && isLive(routing) ? sessions.see(id) : sessions.use(id));
    if (session.isEmpty()) {
      return Optional.of(signInFirst(routing, reads));
    }
    if (!reads) {
      RoleCheck.require(needed(resource), session.get().admin(), audit);
    }
    session.get().attachTo(routing);
    session.get().admin().attachTo(routing);
    return Optional.empty();
  }

  /** As {@link RequiresRole} says: what is said on the method takes the place of the class's. */
  private static @Nullable RequiresRole needed(ResourceInfo resource) {
    RequiresRole ofMethod = resource.getResourceMethod().getAnnotation(RequiresRole.class);
    return ofMethod == null
        ? resource.getResourceClass().getAnnotation(RequiresRole.class)
        : ofMethod;
  }

  /** Behind the reading of the form, of which it needs a field. */
  @ServerRequestFilter
  @SignedIn
  @WithFormRead
  public void form(ResteasyReactiveContainerRequestContext request, RoutingContext routing) {
    if (!reads(routing) && !CsrfToken.matches(Session.of(routing).id(), csrfField(request))) {
      throw refusedForm();
    }
  }

  private static boolean reads(RoutingContext routing) {
    HttpMethod method = routing.request().method();
    return method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD);
  }

  /** Whether the page asks for itself, to stay up to date while nobody does anything. */
  private static boolean isLive(RoutingContext routing) {
    return routing.request().getHeader(LIVE) != null;
  }

  private static Response signInFirst(RoutingContext routing, boolean reads) {
    String wanted = ReturnTarget.of(wanted(routing, reads));
    if (reads && "cross-site".equals(routing.request().getHeader("Sec-Fetch-Site"))) {
      // Who follows a link from another site, such as a mail, brings no SameSite=Strict cookie
      // along. From a page of ours the browser sends it.
      return Page.of(Page.Templates.fromOtherSite(wanted));
    }
    return Response.seeOther(
            UriBuilder.fromPath(SignInResource.ADDRESS)
                .queryParam(SignInResource.RETURN_TO, "{wanted}")
                .build(wanted))
        .build();
  }

  /** A form's own address cannot be looked at; the page of its agency can. */
  private static @Nullable String wanted(RoutingContext routing, boolean reads) {
    String path = routing.normalizedPath();
    if (reads) {
      String query = routing.request().query();
      return query == null ? path : path + "?" + query;
    }
    List<String> segments = List.of(path.split("/", -1));
    return segments.size() > 4 ? String.join("/", segments.subList(0, 4)) : path;
  }

  private static @Nullable String csrfField(ResteasyReactiveContainerRequestContext request) {
    Object value =
        ((ResteasyReactiveRequestContext) request.getServerRequestContext())
            .getFormParameter(CsrfToken.FIELD, true, false);
    return value instanceof String text ? text : null;
  }

  /** For any form that was not made for the browser that sends it. */
  static ProblemException refusedForm() {
    return Problem.of(
            ProblemType.FORBIDDEN,
            "This form was not made for your present session: the page was open since before you"
                + " signed in, or your browser sent no cookie. Nothing was changed. Go back, reload"
                + " the page, and send the form again.")
        .toException();
  }
}
