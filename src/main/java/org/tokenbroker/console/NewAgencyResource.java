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
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencySettings;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.onboarding.AdminInput;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/**
 * The form that adds an agency. Its address is beside those of the agencies, not among them, as an
 * agency may have any name.
 */
@Path("/console/new-agency")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class NewAgencyResource {

  private final Agencies agencies;
  private final AdminInput input;
  private final Scope defaultScope;

  NewAgencyResource(Agencies agencies, AdminInput input, Active911Config active911) {
    this.agencies = agencies;
    this.input = input;
    this.defaultScope = Scope.parse(active911.scope());
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance newAgency(Session session, AgencyForm form);
  }

  @GET
  @Operation(hidden = true)
  public Response form(@Context RoutingContext request) {
    return Page.of(Templates.newAgency(Session.of(request), AgencyForm.empty(defaultScope)));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response add(
      @RestForm @Nullable String name,
      @RestForm @Nullable String slug,
      @RestForm @Nullable List<String> scope,
      @RestForm("expected_active911_id") @Nullable String expectedActive911Id,
      @RestForm @Nullable String contact,
      @Context RoutingContext request) {
    AgencyForm sent = AgencyForm.sent(name, slug, scope, expectedActive911Id, contact);
    AgencyForm form = sent.slug().isEmpty() ? sent.withSlug(sent.suggestedSlug()) : sent;
    AdminInput.Settings checked = form.check(input);
    if (checked instanceof AdminInput.Settings.Invalid invalid) {
      form = form.withFaults(invalid);
    }
    if (!Slug.matches(form.slug())) {
      form =
          form.withFault(
              "slug",
              "This must be made of a-z, 0-9 and hyphens, begin with a letter or a digit, and be 63"
                  + " characters long at most.");
    }
    if (form.faults().isEmpty()
        && checked instanceof AdminInput.Settings.Valid(AgencySettings settings)) {
      if (agencies.create(form.slug(), settings)) {
        return Page.agency(form.slug(), Notice.AGENCY_ADDED);
      }
      return refused(
          ProblemType.CONFLICT,
          form.withFault("slug", "There is an agency with this short name already."),
          request);
    }
    return refused(ProblemType.INVALID_REQUEST, form, request);
  }

  private static Response refused(
      ProblemType problem, AgencyForm form, @Context RoutingContext request) {
    return Page.of(problem, Templates.newAgency(Session.of(request), form));
  }
}
