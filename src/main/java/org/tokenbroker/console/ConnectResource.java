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
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencyRef;
import org.tokenbroker.audit.Actor;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.FailedAuthentications;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.onboarding.AuthorizationFlow;
import org.tokenbroker.onboarding.InvitationStatus;
import org.tokenbroker.onboarding.Invitations;
import org.tokenbroker.onboarding.Invitations.Presented;
import org.tokenbroker.onboarding.Organisation;

/**
 * Where an invitation's link leads: a page for an agency's officer, who has no session here. Its
 * form is bound to the browser by a cookie, like that of the sign-in: another site cannot send it,
 * and a browser without cookies is told so before it goes to Active911 in vain.
 */
@Path("/connect/{invitation}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class ConnectResource {

  private final Invitations invitations;
  private final AuthorizationFlow flow;
  private final Organisation organisation;
  private final BrowserCookie cookies;
  private final FailedAuthentications failures;
  private final SecureRandom random;
  private final AuditLog audit;

  ConnectResource(
      Invitations invitations,
      AuthorizationFlow flow,
      Organisation organisation,
      BrowserCookie cookies,
      FailedAuthentications failures,
      SecureRandom random,
      AuditLog audit) {
    this.invitations = invitations;
    this.flow = flow;
    this.organisation = organisation;
    this.cookies = cookies;
    this.failures = failures;
    this.random = random;
    this.audit = audit;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance connect(String csrfToken, Request request);

    static native TemplateInstance connectClosed(Closed page);
  }

  /**
   * What an officer is asked for.
   *
   * @param link the last part of the page's own address, where its form leads
   * @param agency how the agency is called here
   * @param company who asks, within a sentence
   * @param companyAtBeginning the same at the beginning of one
   */
  record Request(
      String link,
      String agency,
      String company,
      String companyAtBeginning,
      List<Permission> permissions) {
    @Override
    public String toString() {
      return "Request[" + agency + "]";
    }
  }

  /** Why a link opens nothing. */
  record Closed(String title, String happened, String next) {}

  @GET
  @Operation(hidden = true)
  public Response page(
      String invitation, @Context HttpHeaders headers, @Context RoutingContext request) {
    Presented presented = presented(invitation, request).orElse(null);
    if (presented == null) {
      return unknown();
    }
    if (presented.state() != InvitationStatus.State.OPEN) {
      return closed(presented.state());
    }
    // Two tabs share one cookie, so that opening the second does not spoil the first one's form.
    Secret cookie =
        cookies
            .read(BrowserCookie.Kind.CONNECT, headers.getCookies())
            .orElseGet(() -> Secret.random(random));
    AgencyRef agency = presented.agency();
    Set<String> asked = agency.scope().tokens();
    Response page =
        Page.of(
            Templates.connect(
                CsrfToken.of(cookie),
                new Request(
                    invitation,
                    agency.name(),
                    organisation.name(),
                    organisation.nameAtBeginning(),
                    Permission.all(asked, Set.of()).stream().filter(Permission::ticked).toList())));
    return Response.fromResponse(page)
        .cookie(cookies.set(BrowserCookie.Kind.CONNECT, cookie))
        .build();
  }

  /** Leads to Active911, the flow bound to this browser by its cookie. */
  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response connect(
      String invitation,
      @RestForm(CsrfToken.FIELD) @Nullable String csrf,
      @Context HttpHeaders headers,
      @Context RoutingContext request) {
    Presented presented = presented(invitation, request).orElse(null);
    if (presented == null) {
      return unknown();
    }
    if (presented.state() != InvitationStatus.State.OPEN) {
      return closed(presented.state());
    }
    if (cookies
        .read(BrowserCookie.Kind.CONNECT, headers.getCookies())
        .filter(sent -> CsrfToken.matches(sent, csrf))
        .isEmpty()) {
      return withoutCookie();
    }
    audit.actAs(Actor.officer(presented.id()));
    AuthorizationFlow.Begun begun = flow.begin(presented);
    return Response.seeOther(begun.location()).cookie(begun.cookie()).build();
  }

  /** Whoever tries links that there are not is soon told to wait, as with wrong keys. */
  private Optional<Presented> presented(String invitation, RoutingContext request) {
    Optional<Presented> presented = invitations.presented(invitation);
    if (presented.isEmpty()) {
      audit.authenticationFailed(failures.address(request).getHostAddress());
      failures.refuseIfTooMany(request);
      failures.note(request);
    }
    return presented;
  }

  private Response unknown() {
    return closed(
        Response.Status.NOT_FOUND,
        new Closed(
            "This link is not known",
            "It may not have been copied as a whole, or its time was over long ago.",
            "Open the link in the message that you got once more, all of it. If it ends here again,"
                + " ask "
                + organisation.name()
                + " for a new one."));
  }

  private Response withoutCookie() {
    return closed(
        Response.Status.FORBIDDEN,
        new Closed(
            "Please try once more",
            "Your browser did not send back the cookie that keeps your connection apart from others,"
                + " or the page was open for too long. Nothing was changed.",
            "Open the link that you were sent once more. If it ends here again, allow cookies for"
                + " this site or use another browser."));
  }

  private Response closed(InvitationStatus.State state) {
    String askForNew =
        "If you still want to connect, ask " + organisation.name() + " for a new link.";
    return closed(
        Response.Status.GONE,
        switch (state) {
          case USED ->
              new Closed(
                  "This link was used already",
                  "It works once, and a permission was given through it. Nothing more is to be"
                      + " done.",
                  "If that was not you, or if something is to be changed, tell "
                      + organisation.name()
                      + ".");
          case EXPIRED ->
              new Closed(
                  "This link is too old",
                  "Links work for a limited time. Nothing was changed.",
                  askForNew);
          case REVOKED ->
              new Closed(
                  "This link was taken back",
                  organisation.nameAtBeginning() + " has taken the invitation back.",
                  askForNew);
          case OPEN -> throw new IllegalArgumentException("an open link is not closed");
        });
  }

  private static Response closed(Response.Status status, Closed page) {
    return Response.fromResponse(Page.of(Templates.connectClosed(page))).status(status).build();
  }
}
