package org.tokenbroker.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;

/**
 * Tests an agency's connection. The page can be bookmarked; its form is what calls Active911, and
 * is answered with the page again, since what was found is worth nothing a minute later.
 */
@Path("/console/agencies/{agency}/test")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.OPERATOR)
public class ConnectionCheckResource {

  private final Agencies agencies;
  private final ConnectionCheck check;

  ConnectionCheckResource(Agencies agencies, ConnectionCheck check) {
    this.agencies = agencies;
    this.check = check;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance testConnection(
        Session session, String slug, String name, List<ConnectionCheck.Step> steps);
  }

  @GET
  @Operation(hidden = true)
  public Response page(String agency, @Context RoutingContext request) {
    return page(Page.status(agencies, agency), List.of(), request);
  }

  @POST
  @Operation(hidden = true)
  public Response run(String agency, @Context RoutingContext request) {
    return page(Page.status(agencies, agency), check.run(agency), request);
  }

  private static Response page(
      AgencyStatus status, List<ConnectionCheck.Step> steps, @Context RoutingContext request) {
    return Page.of(
        Templates.testConnection(Session.of(request), status.agency(), status.name(), steps));
  }
}
