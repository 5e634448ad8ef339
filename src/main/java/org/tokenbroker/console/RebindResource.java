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
import org.tokenbroker.agency.AgencySettings;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.onboarding.AdminInput;
import org.tokenbroker.problem.ProblemType;

/**
 * Binds an agency to another agency at Active911. The consent that it has stays in use until one
 * for the other agency is won: at once where its id was given, else when it is confirmed.
 */
@Path("/console/agencies/{agency}/rebind")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class RebindResource {

  private static final String ID = "expected_active911_id";

  private final Agencies agencies;
  private final AdminInput input;
  private final NextStep next;

  RebindResource(Agencies agencies, AdminInput input, NextStep next) {
    this.agencies = agencies;
    this.input = input;
    this.next = next;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance rebind(
        Session session, AgencyStatus agency, String id, @Nullable String fault);
  }

  @GET
  @Operation(hidden = true)
  public Response form(String agency, @Context RoutingContext request) {
    AgencyStatus status = Page.status(agencies, agency);
    return Page.of(Templates.rebind(Session.of(request), status, "", null));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response rebind(
      String agency,
      @RestForm(ID) @Nullable String id,
      @RestForm(NextStep.FIELD) @Nullable String then,
      @Context RoutingContext request) {
    AgencyStatus status = Page.status(agencies, agency);
    AgencyForm form = AgencyForm.of(status).withExpectedActive911Id(id == null ? "" : id.strip());
    if (form.expectedActive911Id().isEmpty()) {
      // Whatever is chosen at Active911 then waits to be confirmed.
      return next.take(then, status, Session.of(request), Notice.REBIND_BY_CHOICE);
    }
    return switch (form.check(input)) {
      case AdminInput.Settings.Valid(AgencySettings settings) -> {
        if (!agencies.replaceSettings(agency, settings)) {
          throw Page.unknown(agency);
        }
        yield next.take(
            then, Page.status(agencies, agency), Session.of(request), Notice.REBIND_EXPECTED);
      }
      case AdminInput.Settings.Invalid invalid ->
          Page.of(
              ProblemType.INVALID_REQUEST,
              Templates.rebind(
                  Session.of(request),
                  status,
                  form.expectedActive911Id(),
                  form.withFaults(invalid).fault(ID)));
    };
  }
}
