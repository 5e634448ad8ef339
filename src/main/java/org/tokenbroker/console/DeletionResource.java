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
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.onboarding.Deletion;
import org.tokenbroker.problem.ProblemType;

/** Disconnects and deletes an agency, once its short name was typed to show that it is meant. */
@Path("/console/agencies/{agency}/delete")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class DeletionResource {

  private final Agencies agencies;
  private final Deletion deletion;

  DeletionResource(Agencies agencies, Deletion deletion) {
    this.agencies = agencies;
    this.deletion = deletion;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance deleteAgency(
        Session session, String slug, String name, @Nullable String fault);
  }

  @GET
  @Operation(hidden = true)
  public Response form(String agency, @Context RoutingContext request) {
    return Page.of(template(Page.status(agencies, agency), null, request));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response delete(
      String agency, @RestForm("slug") @Nullable String typed, @Context RoutingContext request) {
    AgencyStatus status = Page.status(agencies, agency);
    if (typed == null || !typed.strip().equals(agency)) {
      return Page.of(
          ProblemType.INVALID_REQUEST,
          template(
              status, "This is not the short name of this agency. Nothing was deleted.", request));
    }
    if (!deletion.delete(agency)) {
      throw Page.unknown(agency);
    }
    return Page.list(Notice.DELETED);
  }

  private static TemplateInstance template(
      AgencyStatus status, @Nullable String fault, @Context RoutingContext request) {
    return Templates.deleteAgency(Session.of(request), status.agency(), status.name(), fault);
  }
}
