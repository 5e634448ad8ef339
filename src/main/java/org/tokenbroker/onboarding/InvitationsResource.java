package org.tokenbroker.onboarding;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.extensions.Extension;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.security.SecurityRequirement;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/** Invitations, for admins. */
@Path("/agencies/{agency}/invitations")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@RequiresRole(Role.OPERATOR)
@Tag(name = "agencies")
@SecurityRequirement(name = "admin_key")
public class InvitationsResource {

  private static final String SLUG_MESSAGE = "must match " + Slug.REGEX;

  private final Invitations invitations;
  private final URI publicUrl;

  InvitationsResource(
      Invitations invitations, @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.invitations = invitations;
    this.publicUrl = publicUrl;
  }

  /** What a new invitation is to be like. */
  @Schema(name = "InvitationRequest")
  public record InvitationRequest(
      @Schema(
              description = "Seconds until the link opens nothing any more; at most 90 days",
              examples = "604800",
              defaultValue = "604800",
              nullable = true)
          @Min(value = 60, message = "must be 60 or more")
          @Max(value = 7_776_000, message = "must be 7776000 or less")
          @Nullable Long expiresIn) {}

  /** An invitation as it is shown, once. */
  @Schema(name = "NewInvitation")
  public record NewInvitationShown(
      @Schema(examples = "3f1c9a0b5d7e2468") String id,
      @Schema(
              description = "The officer's link, shown this once",
              examples = "https://broker.example.com/connect/…")
          String url,
      Instant expiresAt) {
    @Override
    public String toString() {
      return "NewInvitationShown[" + id + "]";
    }
  }

  /** An agency's invitations, newest first. */
  @Schema(name = "InvitationList")
  public record InvitationList(List<InvitationStatus> items) {}

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN")
  @Operation(
      operationId = "createInvitation",
      summary = "Makes a one-time link with which an officer connects this one agency",
      description =
          "The link is used up by success only. A consent that is given through it is taken over if"
              + " it is for the expected Active911 agency, or for the one that was connected before;"
              + " where neither is known it is kept as the agency's candidate.")
  @APIResponse(responseCode = "201", description = "Made")
  public RestResponse<NewInvitationShown> create(
      @Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency,
      @Valid @Nullable InvitationRequest body,
      @Context RoutingContext request) {
    Long seconds = body == null ? null : body.expiresIn();
    NewInvitation made =
        invitations
            .create(
                agency,
                Admin.of(request),
                seconds == null ? Invitations.DEFAULT_LIFE : Duration.ofSeconds(seconds))
            .orElseThrow(() -> unknown(agency));
    return ResponseBuilder.create(
            RestResponse.Status.CREATED,
            new NewInvitationShown(made.id(), made.link(publicUrl), made.expiresAt()))
        .header(HttpHeaders.CACHE_CONTROL, "no-store")
        .build();
  }

  @GET
  @RequiresRole(Role.VIEWER)
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN")
  @Operation(
      operationId = "listInvitations",
      summary = "The agency's invitations, newest first, without their links")
  public InvitationList list(@Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency) {
    return new InvitationList(invitations.ofAgency(agency).orElseThrow(() -> unknown(agency)));
  }

  @DELETE
  @Path("/{id}")
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN NOT_FOUND")
  @Operation(
      operationId = "revokeInvitation",
      summary = "Takes an invitation back: its link opens nothing from now on")
  @APIResponse(responseCode = "204", description = "It opens nothing any more")
  public void revoke(
      @Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency, String id) {
    if (invitations.revoke(agency, id)) {
      return;
    }
    throw invitations.ofAgency(agency).isEmpty()
        ? unknown(agency)
        : Problem.of(ProblemType.NOT_FOUND, "The agency has no such invitation, or no longer.")
            .about(agency)
            .toException();
  }

  private static ProblemException unknown(String agency) {
    return Problem.of(ProblemType.AGENCY_UNKNOWN, "There is no agency of this name.")
        .about(agency)
        .toException();
  }
}
