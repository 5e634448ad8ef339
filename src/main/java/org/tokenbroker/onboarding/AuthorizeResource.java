package org.tokenbroker.onboarding;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.constraints.Pattern;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.extensions.Extension;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.security.SecurityRequirement;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/** Begins the authorization-code flow for a client that brings its own cookie jar. */
@Path("/authorize")
@Tag(name = "agencies")
@SecurityRequirement(name = "admin_key")
public class AuthorizeResource {

  private final AuthorizationFlow flow;

  AuthorizeResource(AuthorizationFlow flow) {
    this.flow = flow;
  }

  @GET
  @Path("/{agency}")
  @RunOnVirtualThread
  @RequiresRole(Role.OPERATOR)
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN")
  @Operation(
      operationId = "authorizeAgency",
      summary = "Leads to Active911's consent page",
      description =
          "The flow is bound to this client by the cookie of the answer, which it must bring to the"
              + " callback within 10 minutes.")
  @APIResponse(
      responseCode = "302",
      description = "To Active911",
      headers = {
        @Header(
            name = "Location",
            description = "The authorization request (RFC 6749 §4.1.1)",
            schema = @Schema(type = SchemaType.STRING, format = "uri")),
        @Header(
            name = "Set-Cookie",
            description = "Binds the flow to this client",
            schema = @Schema(type = SchemaType.STRING))
      })
  public Response authorize(
      @Pattern(regexp = Slug.REGEX, message = "must match " + Slug.REGEX) String agency,
      @Context RoutingContext request) {
    AuthorizationFlow.Begun begun =
        flow.begin(agency, Admin.of(request))
            .orElseThrow(
                () ->
                    Problem.of(ProblemType.AGENCY_UNKNOWN, "There is no agency of this name.")
                        .about(agency)
                        .toException());
    return Response.status(Response.Status.FOUND)
        .location(begun.location())
        .cookie(begun.cookie())
        .header("Cache-Control", "no-store")
        .build();
  }
}
