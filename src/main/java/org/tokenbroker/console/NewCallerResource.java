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
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.Callers;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.ProblemType;

/** The form that adds a caller; beside their addresses, as a caller may have any name. */
@Path("/console/new-caller")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class NewCallerResource {

  private final Callers callers;

  NewCallerResource(Callers callers) {
    this.callers = callers;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance newCaller(Session session, CallerForm form);
  }

  @GET
  @Operation(hidden = true)
  public Response form(@Context RoutingContext request) {
    return Page.of(Templates.newCaller(Session.of(request), CallerForm.empty()));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response add(
      @RestForm @Nullable String name,
      @RestForm @Nullable String all,
      @RestForm @Nullable String agencies,
      @RestForm @Nullable String issuer,
      @RestForm @Nullable String subject,
      @RestForm("certificate_subject") @Nullable String certificateSubject,
      @Context RoutingContext request) {
    CallerForm form =
        CallerForm.sent(name, all, agencies, issuer, subject, certificateSubject).checked();
    if (!form.faults().isEmpty()) {
      return refused(ProblemType.INVALID_REQUEST, form, request);
    }
    Optional<Callers.Put> put = callers.create(form.name(), form.settings());
    if (put.isEmpty()) {
      return refused(
          ProblemType.CONFLICT,
          form.withFault("name", "There is a caller of this name already."),
          request);
    }
    return switch (put.get()) {
      case Callers.Put.Created() -> CallerResource.seen(form.name(), Notice.CALLER_ADDED);
      case Callers.Put.Replaced() -> CallerResource.seen(form.name(), Notice.CALLER_ADDED);
      case Callers.Put.ProvedByOther(String other) ->
          refused(ProblemType.CONFLICT, CallerSettingsResource.provedBy(other, form), request);
    };
  }

  private static Response refused(
      ProblemType problem, CallerForm form, @Context RoutingContext request) {
    return Page.of(problem, Templates.newCaller(Session.of(request), form));
  }
}
