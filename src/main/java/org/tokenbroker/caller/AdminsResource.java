package org.tokenbroker.caller;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.extensions.Extension;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.security.SecurityRequirement;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.CallersResource.KeyRequest;
import org.tokenbroker.caller.CallersResource.NewKeyShown;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/** Admins, their roles and keys, for admins. */
@Path("/admins")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@RequiresRole(Role.ADMIN)
@Tag(name = "admins", description = "People and pipelines that look after the broker")
@SecurityRequirement(name = "admin_key")
public class AdminsResource {

  private static final String SLUG_MESSAGE = "must match " + Slug.REGEX;

  private final Admins admins;

  AdminsResource(Admins admins) {
    this.admins = admins;
  }

  /** What is decided about an admin. */
  @Schema(name = "AdminSettings")
  public record Settings(
      @Schema(
              implementation = String.class,
              enumeration = {"viewer", "operator", "admin"},
              description =
                  "`viewer` sees states and the audit trail; `operator` also connects, imports,"
                      + " invites, refreshes and pauses; `admin` does everything")
          @NotNull(message = "is needed: viewer, operator or admin")
          Role role) {}

  /** All admins. */
  @Schema(name = "AdminList")
  public record AdminList(List<AdminStatus> items) {}

  @GET
  @RequiresRole(Role.VIEWER)
  @Operation(
      operationId = "listAdmins",
      summary = "All admins, without their keys' secrets; `bootstrap` is the configuration's")
  public AdminList list() {
    return new AdminList(admins.list());
  }

  @PUT
  @Path("/{name}")
  @Consumes(MediaType.APPLICATION_JSON)
  @Extension(name = "x-problems", value = "CONFLICT")
  @Operation(
      operationId = "putAdmin",
      summary = "Creates an admin or gives it another role; its keys stay")
  @APIResponse(responseCode = "200", description = "Replaced")
  @APIResponse(responseCode = "201", description = "Created")
  public RestResponse<AdminStatus> put(
      @Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String name,
      @Valid @NotNull(message = "a JSON object is needed") Settings body) {
    refuseBootstrap(name);
    boolean created = admins.put(name, body.role());
    AdminStatus status =
        admins.status(name).orElseThrow(() -> conflict("The admin was deleted at the same time."));
    return RestResponse.status(
        created ? RestResponse.Status.CREATED : RestResponse.Status.OK, status);
  }

  @DELETE
  @Path("/{name}")
  @Extension(name = "x-problems", value = "NOT_FOUND CONFLICT")
  @Operation(
      operationId = "deleteAdmin",
      summary = "Deletes an admin; its keys are refused and its sessions over from then on")
  @APIResponse(responseCode = "204", description = "Deleted")
  public void delete(@Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String name) {
    refuseBootstrap(name);
    if (!admins.remove(name)) {
      throw noSuchAdmin();
    }
  }

  @POST
  @Path("/{name}/keys")
  @Consumes(MediaType.APPLICATION_JSON)
  @Extension(name = "x-problems", value = "NOT_FOUND CONFLICT")
  @Operation(
      operationId = "createAdminKey",
      summary = "Makes a key; those that there are stay valid, so that a key can be rolled")
  @APIResponse(responseCode = "201", description = "The only answer that shows the key")
  public RestResponse<NewKeyShown> createKey(
      @Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String name,
      @Valid @Nullable KeyRequest body) {
    refuseBootstrap(name);
    return CallersResource.shown(
        admins
            .createKey(name, CallersResource.life(body))
            .orElseThrow(AdminsResource::noSuchAdmin));
  }

  @DELETE
  @Path("/{name}/keys/{key_id}")
  @Extension(name = "x-problems", value = "NOT_FOUND CONFLICT")
  @Operation(
      operationId = "revokeAdminKey",
      summary = "Revokes a key; sessions begun with it are over")
  @APIResponse(responseCode = "204", description = "Revoked")
  public void revokeKey(
      @Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String name,
      @PathParam("key_id") @Pattern(regexp = ApiKey.ID_REGEX, message = "must be a key id")
          String keyId) {
    refuseBootstrap(name);
    if (!admins.revokeKey(name, keyId)) {
      throw Problem.of(ProblemType.NOT_FOUND, "The admin has no such key.").toException();
    }
  }

  /** So the last way in cannot be taken away from here. */
  private static void refuseBootstrap(String name) {
    if (name.equals(Admin.BOOTSTRAP.name())) {
      throw conflict("This admin is the configuration's: its key and its role stand there.");
    }
  }

  private static ProblemException noSuchAdmin() {
    return Problem.of(ProblemType.NOT_FOUND, "There is no such admin.").toException();
  }

  private static ProblemException conflict(String detail) {
    return Problem.of(ProblemType.CONFLICT, detail).toException();
  }
}
