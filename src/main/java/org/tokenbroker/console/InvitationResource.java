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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import java.time.Duration;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.onboarding.Invitations;

/**
 * Makes invitations and takes them back. The page with a new link is the answer to the form that
 * asked for it, since the link must stand in no address of ours and is kept nowhere.
 */
@Path("/console/agencies/{agency}/invitations")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.OPERATOR)
public class InvitationResource {

  /** How long invitations may live, as the form offers it, by the days that it sends. */
  private static final Map<String, Duration> LIVES =
      Map.of("1", Duration.ofDays(1), "7", Duration.ofDays(7), "30", Duration.ofDays(30));

  private final Agencies agencies;
  private final Invitations invitations;
  private final InvitationPages pages;

  InvitationResource(Agencies agencies, Invitations invitations, InvitationPages pages) {
    this.agencies = agencies;
    this.invitations = invitations;
    this.pages = pages;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance newInvitation(
        Session session, String slug, String name, InvitationPages.NewLink invitation);
  }

  /** Who comes here by Back, or by the address of the page with the link. */
  @GET
  @RequiresRole(Role.VIEWER)
  @Operation(hidden = true)
  public Response list(String agency) {
    return Response.seeOther(
            UriBuilder.fromPath("/console/agencies/{slug}")
                .fragment("invitations")
                .build(Page.status(agencies, agency).agency()))
        .build();
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response create(
      String agency, @RestForm @Nullable String days, @Context RoutingContext request) {
    AgencyStatus status = Page.status(agencies, agency);
    Duration life = days == null ? null : LIVES.get(days);
    return pages.created(
        status, life == null ? Invitations.DEFAULT_LIFE : life, Session.of(request));
  }

  @POST
  @Path("/{id}/revoke")
  @Operation(hidden = true)
  public Response revoke(String agency, String id) {
    Page.status(agencies, agency);
    return Page.agency(
        agency,
        invitations.revoke(agency, id) ? Notice.INVITATION_REVOKED : Notice.INVITATION_UNKNOWN);
  }
}
