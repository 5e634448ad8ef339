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
import org.tokenbroker.caller.Callers;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.ProblemType;

/** The form that changes what a caller may read and how it proves itself. */
@Path("/console/callers/{caller}/settings")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class CallerSettingsResource {

  private final Callers callers;

  CallerSettingsResource(Callers callers) {
    this.callers = callers;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance callerSettings(Session session, CallerForm form);
  }

  @GET
  @Operation(hidden = true)
  public Response form(String caller, @Context RoutingContext request) {
    return Page.of(
        Templates.callerSettings(
            Session.of(request), CallerForm.of(CallerResource.status(callers, caller))));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response save(
      String caller,
      @RestForm @Nullable String all,
      @RestForm @Nullable String agencies,
      @RestForm @Nullable String issuer,
      @RestForm @Nullable String subject,
      @RestForm("certificate_subject") @Nullable String certificateSubject,
      @Context RoutingContext request) {
    CallerResource.status(callers, caller);
    CallerForm form =
        CallerForm.sent(caller, all, agencies, issuer, subject, certificateSubject).checked();
    if (!form.faults().isEmpty()) {
      return refused(ProblemType.INVALID_REQUEST, form, request);
    }
    return switch (callers.replace(caller, form.settings()).orElseThrow(CallerResource::unknown)) {
      case Callers.Put.Created() -> CallerResource.seen(caller, Notice.CALLER_SAVED);
      case Callers.Put.Replaced() -> CallerResource.seen(caller, Notice.CALLER_SAVED);
      case Callers.Put.ProvedByOther(String other) ->
          refused(ProblemType.CONFLICT, provedBy(other, form), request);
    };
  }

  /** Another caller proves itself alike: a request could not be told whose it is. */
  static CallerForm provedBy(String other, CallerForm form) {
    return form.withFault(
        form.subject().isEmpty() ? "certificate_subject" : "subject",
        "The caller " + other + " proves itself by the same subject already.");
  }

  private static Response refused(
      ProblemType problem, CallerForm form, @Context RoutingContext request) {
    return Page.of(problem, Templates.callerSettings(Session.of(request), form));
  }
}
