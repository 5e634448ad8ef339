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
import java.util.Set;
import java.util.stream.IntStream;
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
  private final NextStep next;
  private final Scope defaultScope;

  NewAgencyResource(Agencies agencies, AdminInput input, NextStep next, Active911Config active911) {
    this.agencies = agencies;
    this.input = input;
    this.next = next;
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
      @RestForm(NextStep.FIELD) @Nullable String then,
      @Context RoutingContext request) {
    AgencyForm sent = AgencyForm.sent(name, slug, scope, expectedActive911Id, contact);
    AgencyForm form = sent.slug().isEmpty() ? sent.withSlug(sent.suggestedSlug()) : sent;
    AdminInput.Settings checked = form.check(input);
    if (checked instanceof AdminInput.Settings.Invalid invalid) {
      form = form.withFaults(invalid);
    }
    form = form.checkedSlug();
    if (form.faults().isEmpty()
        && checked instanceof AdminInput.Settings.Valid(AgencySettings settings)) {
      if (agencies.create(form.slug(), settings)) {
        return next.take(
            then, Page.status(agencies, form.slug()), Session.of(request), Notice.AGENCY_ADDED);
      }
      return refused(
          ProblemType.CONFLICT,
          form.withFault(
              "slug", "There is an agency with this short name already." + suggestion(form.slug())),
          request);
    }
    return refused(ProblemType.INVALID_REQUEST, form, request);
  }

  /** Another short name that is free, as the rest of a message; empty if none is near. */
  private String suggestion(String slug) {
    List<String> others =
        IntStream.rangeClosed(2, 9)
            .mapToObj(number -> slug + "-" + number)
            .filter(Slug::matches)
            .toList();
    Set<String> taken = agencies.existing(others);
    return others.stream()
        .filter(other -> !taken.contains(other))
        .findFirst()
        .map(other -> " Free is " + other + ".")
        .orElse("");
  }

  private static Response refused(
      ProblemType problem, AgencyForm form, @Context RoutingContext request) {
    return Page.of(problem, Templates.newAgency(Session.of(request), form));
  }
}
