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
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencySettings;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.onboarding.AdminInput;
import org.tokenbroker.problem.ProblemType;

/** The form that changes an agency's settings. */
@Path("/console/agencies/{agency}/settings")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class AgencySettingsResource {

  private final Agencies agencies;
  private final AdminInput input;

  AgencySettingsResource(Agencies agencies, AdminInput input) {
    this.agencies = agencies;
    this.input = input;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance agencySettings(Session session, AgencyForm form);
  }

  @GET
  @Operation(hidden = true)
  public Response form(String agency, @Context RoutingContext request) {
    AgencyForm form = AgencyForm.of(Page.status(agencies, agency));
    return Page.of(Templates.agencySettings(Session.of(request), form));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response save(
      String agency,
      @RestForm @Nullable String name,
      @RestForm @Nullable List<String> scope,
      @RestForm("expected_active911_id") @Nullable String expectedActive911Id,
      @RestForm @Nullable String contact,
      @Context RoutingContext request) {
    Page.status(agencies, agency);
    AgencyForm form = AgencyForm.sent(name, agency, scope, expectedActive911Id, contact);
    return switch (form.check(input)) {
      case AdminInput.Settings.Valid(AgencySettings settings) -> {
        if (!agencies.replaceSettings(agency, settings)) {
          throw Page.unknown(agency);
        }
        yield Page.agency(agency, Notice.SETTINGS_SAVED);
      }
      case AdminInput.Settings.Invalid invalid ->
          Page.of(
              ProblemType.INVALID_REQUEST,
              Templates.agencySettings(Session.of(request), form.withFaults(invalid)));
    };
  }
}
