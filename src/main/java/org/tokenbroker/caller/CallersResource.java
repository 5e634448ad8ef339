package org.tokenbroker.caller;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.extensions.Extension;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.security.SecurityRequirement;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestResponse;
import org.jboss.resteasy.reactive.RestResponse.ResponseBuilder;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/** Callers, their grants and keys, for admins. */
@Path("/callers")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@RequiresRole(Role.ADMIN)
@Tag(name = "callers", description = "Internal services, what is granted to them, and their keys")
@SecurityRequirement(name = "admin_key")
public class CallersResource {

  private static final long TEN_YEARS = 315_360_000;

  private final Callers callers;

  CallersResource(Callers callers) {
    this.callers = callers;
  }

  /** Everything about a caller that an admin decides; it replaces what was there. */
  @Schema(name = "CallerSettings")
  public record Settings(
      @Schema(
              description = "Slugs of agencies, which need not exist yet; or `[\"*\"]` for all",
              examples = "[\"springfield-fd\"]")
          @NotNull(message = "is needed; an empty list grants nothing")
          @Size(max = 10_000)
          Set<
                  @NotNull
                  @Pattern(
                      regexp = "\\*|" + Slug.REGEX,
                      message = "must be a slug (" + Slug.REGEX + "), or * alone")
                  String>
              agencies,
      @Schema(
              description =
                  "With `subject`: the issuer of the JWT that the caller proves itself by",
              nullable = true)
          @Size(min = 1, max = 500)
          @Nullable String issuer,
      @Schema(description = "The JWT's subject at that issuer", nullable = true)
          @Size(min = 1, max = 500)
          @Nullable String subject,
      @Schema(
              description =
                  "The subject of the client certificate that the caller proves itself by (RFC 2253)",
              examples = "CN=dispatch-board,O=Example",
              nullable = true)
          @Size(min = 1, max = 500)
          @Nullable String certificateSubject) {}

  /** How long a key is to be valid. */
  @Schema(name = "KeyRequest")
  public record KeyRequest(
      @Schema(
              description = "Seconds; without it the key does not expire",
              nullable = true,
              examples = "7776000")
          @Min(1)
          @Max(TEN_YEARS)
          @Nullable Long expiresIn) {}

  /** A key as it is shown, once. */
  @Schema(name = "NewKey")
  public record NewKeyShown(
      @Schema(examples = "4fZ0aQ81LmXc") String keyId,
      @Schema(description = "Shown this once", examples = "tbk_4fZ0aQ81LmXc_…_1bXz9Q")
          @JsonProperty("api_key")
          String apiKey,
      @Schema(nullable = true) @Nullable Instant expiresAt) {}

  /** All callers. */
  @Schema(name = "CallerList")
  public record CallerList(List<CallerStatus> items) {}

  @GET
  @RequiresRole(Role.VIEWER)
  @Operation(
      operationId = "listCallers",
      summary = "All callers, by name, without their keys' secrets")
  public CallerList list() {
    return new CallerList(callers.list());
  }

  @PUT
  @Path("/{caller}")
  @Consumes(MediaType.APPLICATION_JSON)
  @Extension(name = "x-problems", value = "CONFLICT")
  @Operation(
      operationId = "putCaller",
      summary = "Creates a caller or replaces its settings; its keys stay")
  @APIResponse(responseCode = "200", description = "Replaced")
  @APIResponse(responseCode = "201", description = "Created")
  public RestResponse<CallerStatus> put(
      @Pattern(regexp = Slug.REGEX, message = "must match " + Slug.REGEX) String caller,
      @Valid @NotNull(message = "a JSON object is needed") Settings body) {
    Callers.Settings settings =
        new Callers.Settings(
            body.agencies(), body.issuer(), body.subject(), body.certificateSubject());
    settings.faults().entrySet().stream()
        .findFirst()
        .ifPresent(
            fault -> {
              throw Problem.invalid(fault.getKey(), fault.getValue()).toException();
            });
    boolean created =
        switch (callers.put(caller, settings)) {
          case Callers.Put.Created() -> true;
          case Callers.Put.Replaced() -> false;
          case Callers.Put.ProvedByOther(String other) ->
              throw Problem.of(
                      ProblemType.CONFLICT,
                      "Caller " + other + " proves itself by the same subject already.")
                  .toException();
        };
    CallerStatus status = callers.status(caller).orElseThrow(() -> conflict());
    return RestResponse.status(
        created ? RestResponse.Status.CREATED : RestResponse.Status.OK, status);
  }

  @DELETE
  @Path("/{caller}")
  @Extension(name = "x-problems", value = "NOT_FOUND")
  @Operation(
      operationId = "deleteCaller",
      summary = "Deletes a caller; its keys are refused from then on")
  @APIResponse(responseCode = "204", description = "Deleted")
  public void delete(
      @Pattern(regexp = Slug.REGEX, message = "must match " + Slug.REGEX) String caller) {
    if (!callers.remove(caller)) {
      throw noSuchCaller();
    }
  }

  @POST
  @Path("/{caller}/keys")
  @Consumes(MediaType.APPLICATION_JSON)
  @Extension(name = "x-problems", value = "NOT_FOUND")
  @Operation(
      operationId = "createCallerKey",
      summary = "Makes a key; those that there are stay valid, so that a key can be rolled")
  @APIResponse(responseCode = "201", description = "The only answer that shows the key")
  public RestResponse<NewKeyShown> createKey(
      @Pattern(regexp = Slug.REGEX, message = "must match " + Slug.REGEX) String caller,
      @Valid @Nullable KeyRequest body) {
    return shown(callers.createKey(caller, life(body)).orElseThrow(CallersResource::noSuchCaller));
  }

  /** How long a new key is to live; null: for ever. */
  static @Nullable Duration life(@Nullable KeyRequest body) {
    Long seconds = body == null ? null : body.expiresIn();
    return seconds == null ? null : Duration.ofSeconds(seconds);
  }

  /** The only answer that shows a key. */
  static RestResponse<NewKeyShown> shown(NewKey made) {
    return ResponseBuilder.create(
            RestResponse.Status.CREATED,
            new NewKeyShown(made.key().id(), made.key().text().value(), made.expiresAt()))
        .header(HttpHeaders.CACHE_CONTROL, "no-store")
        .build();
  }

  @DELETE
  @Path("/{caller}/keys/{key_id}")
  @Extension(name = "x-problems", value = "NOT_FOUND")
  @Operation(operationId = "revokeCallerKey", summary = "Revokes a key")
  @APIResponse(responseCode = "204", description = "Revoked")
  public void revokeKey(
      @Pattern(regexp = Slug.REGEX, message = "must match " + Slug.REGEX) String caller,
      @PathParam("key_id") @Pattern(regexp = ApiKey.ID_REGEX, message = "must be a key id")
          String keyId) {
    if (!callers.revokeKey(caller, keyId)) {
      throw Problem.of(ProblemType.NOT_FOUND, "The caller has no such key.").toException();
    }
  }

  private static RuntimeException noSuchCaller() {
    return Problem.of(ProblemType.NOT_FOUND, "There is no such caller.").toException();
  }

  private static RuntimeException conflict() {
    return Problem.of(ProblemType.CONFLICT, "The caller was deleted at the same time.")
        .toException();
  }
}
