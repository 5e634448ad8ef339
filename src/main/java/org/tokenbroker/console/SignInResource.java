package org.tokenbroker.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.caller.ApiKey;
import org.tokenbroker.caller.FailedAuthentications;
import org.tokenbroker.caller.ProviderSignIn;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;

/** The way in with an admin key, and out again. */
@Path("/console")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class SignInResource {

  static final String ADDRESS = "/console/sign-in";
  static final String RETURN_TO = "return_to";

  private static final Logger LOG = Logger.getLogger(SignInResource.class);

  private final Sessions sessions;
  private final BrowserCookie cookies;
  private final FailedAuthentications failures;
  private final ProviderSignIn provider;
  private final SecureRandom random;
  private final AuditLog audit;

  SignInResource(
      Sessions sessions,
      BrowserCookie cookies,
      FailedAuthentications failures,
      ProviderSignIn provider,
      SecureRandom random,
      AuditLog audit) {
    this.sessions = sessions;
    this.cookies = cookies;
    this.failures = failures;
    this.provider = provider;
    this.random = random;
    this.audit = audit;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance signIn(
        String csrfToken,
        String returnTo,
        @Nullable String providerLink,
        @Nullable String error,
        @Nullable Notice notice);
  }

  @GET
  @Path("/sign-in")
  @Operation(hidden = true)
  public Response form(
      @RestQuery(RETURN_TO) @Nullable String returnTo,
      @RestQuery @Nullable String notice,
      @Context HttpHeaders headers) {
    String target = ReturnTarget.of(returnTo);
    if (session(headers).flatMap(sessions::use).isPresent()) {
      return Response.seeOther(URI.create(target)).build();
    }
    // Two tabs share one cookie, so that opening the second does not spoil the first one's form.
    Secret cookie =
        cookies
            .read(BrowserCookie.Kind.SIGN_IN, headers.getCookies())
            .orElseGet(() -> Secret.random(random));
    Response page =
        Page.of(
            Templates.signIn(
                CsrfToken.of(cookie), target, providerLink(target), null, Notice.of(notice)));
    return Response.fromResponse(page)
        .cookie(cookies.set(BrowserCookie.Kind.SIGN_IN, cookie))
        .build();
  }

  /** Where the identity provider's button leads; null if there is none. */
  private @Nullable String providerLink(String target) {
    return provider.isConfigured()
        ? "/console/sign-in/oidc?"
            + RETURN_TO
            + '='
            + URLEncoder.encode(target, StandardCharsets.UTF_8)
        : null;
  }

  @POST
  @Path("/sign-in")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response signIn(
      @RestForm(CsrfToken.FIELD) @Nullable String csrf,
      @RestForm @Nullable String key,
      @RestForm(RETURN_TO) @Nullable String returnTo,
      @Context HttpHeaders headers,
      @Context RoutingContext request) {
    Secret cookie =
        cookies
            .read(BrowserCookie.Kind.SIGN_IN, headers.getCookies())
            .filter(sent -> CsrfToken.matches(sent, csrf))
            .orElseThrow(SessionFilter::refusedForm);
    String target = ReturnTarget.of(returnTo);
    Optional<Session> session = begin(key == null ? "" : key.strip(), request);
    if (session.isEmpty()) {
      audit.signInFailed(failures.address(request).getHostAddress());
      failures.refuseIfTooMany(request);
      failures.note(request);
      LOG.warn("A sign-in to the console with a wrong key was refused");
      return Page.of(
          ProblemType.INVALID_REQUEST,
          Templates.signIn(
              CsrfToken.of(cookie),
              target,
              providerLink(target),
              "This is not a valid admin key.",
              null));
    }
    return signedIn(session.get(), target, headers);
  }

  private Optional<Session> begin(String key, RoutingContext request) {
    if (ApiKey.parse(key).isEmpty()) {
      refuseIfTooMany(request); // it may be one that somebody has chosen
    }
    return sessions.begin(key);
  }

  /** Who is not even looked at has failed as well. */
  private void refuseIfTooMany(RoutingContext request) {
    try {
      failures.refuseIfTooMany(request);
    } catch (ProblemException e) {
      audit.signInFailed(failures.address(request).getHostAddress());
      throw e;
    }
  }

  private Response signedIn(Session session, String target, HttpHeaders headers) {
    // One who signs in anew leaves no older session of this browser behind.
    session(headers).ifPresent(sessions::end);
    return Response.seeOther(URI.create(target))
        .cookie(cookies.set(BrowserCookie.Kind.SESSION, session.id()))
        .build();
  }

  /**
   * Leads to the company's identity provider, and is where that leads back to. That is no form of
   * ours, so what it brings along is bound to this browser by a cookie of its own.
   */
  @GET
  @Path("/sign-in/oidc")
  @Operation(hidden = true)
  public Response atProvider(
      @RestQuery(RETURN_TO) @Nullable String returnTo,
      @Context HttpHeaders headers,
      @Context RoutingContext request) {
    if (!provider.isConfigured()) {
      throw Problem.of(ProblemType.NOT_FOUND, "There is nothing at this address.").toException();
    }
    return switch (provider.take(request).await().indefinitely()) {
      case ProviderSignIn.Step.Away(URI location) -> {
        Secret target = Secret.of(ReturnTarget.of(returnTo));
        yield Response.seeOther(location)
            .cookie(cookies.set(BrowserCookie.Kind.RETURN_TO, target))
            .build();
      }
      case ProviderSignIn.Step.Proved(Admin admin) -> {
        String target =
            ReturnTarget.of(
                cookies
                    .read(BrowserCookie.Kind.RETURN_TO, headers.getCookies())
                    .map(Secret::value)
                    .orElse(null));
        yield signedIn(sessions.begin(admin), target, headers);
      }
      case ProviderSignIn.Step.WithoutRole(String name) -> {
        audit.signInFailed(failures.address(request).getHostAddress());
        throw Problem.of(
                ProblemType.FORBIDDEN,
                "You are signed in at your identity provider as "
                    + name
                    + ", but have no role here. Ask whoever looks after the broker for one.")
            .toException();
      }
      case ProviderSignIn.Step.Refused() -> {
        audit.signInFailed(failures.address(request).getHostAddress());
        failures.refuseIfTooMany(request);
        failures.note(request);
        throw Problem.of(
                ProblemType.INVALID_REQUEST,
                "Your identity provider did not confirm this sign-in, or it was begun in another"
                    + " browser or too long ago. Begin it anew.")
            .toException();
      }
    };
  }

  @POST
  @Path("/sign-out")
  @SignedIn
  @RequiresRole(Role.VIEWER)
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response signOut(@Context HttpHeaders headers) {
    session(headers).ifPresent(sessions::end);
    return Response.seeOther(
            URI.create(ADDRESS + "?" + Notice.PARAMETER + "=" + Notice.SIGNED_OUT.code()))
        .cookie(cookies.clear(BrowserCookie.Kind.SESSION))
        .build();
  }

  private Optional<Secret> session(HttpHeaders headers) {
    return cookies.read(BrowserCookie.Kind.SESSION, headers.getCookies());
  }
}
