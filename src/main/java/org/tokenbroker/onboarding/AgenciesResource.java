package org.tokenbroker.onboarding;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.extensions.Extension;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.security.SecurityRequirement;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencySettings;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.agency.Candidates;
import org.tokenbroker.agency.Candidates.Adoption;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.HandoutState;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;
import org.tokenbroker.refresh.RefreshOutcome;
import org.tokenbroker.refresh.Refresher;

/** Agencies, for admins. */
@Path("/agencies")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
@RequiresRole(Role.ADMIN)
@Tag(name = "agencies", description = "Agencies, their consents, and what can be done about them")
@SecurityRequirement(name = "admin_key")
public class AgenciesResource {

  private static final String SLUG_MESSAGE = "must match " + Slug.REGEX;
  private static final int DEFAULT_PAGE = 100;
  private static final java.util.regex.Pattern LIMIT =
      java.util.regex.Pattern.compile("1000|[1-9][0-9]{0,2}");
  private static final String NO_CONTROL = "[^\\p{Cntrl}]*";
  private static final String NO_CONTROL_MESSAGE = "must hold no control character";
  private static final Duration RETRY = Duration.ofSeconds(30);

  private final Agencies agencies;
  private final Candidates candidates;
  private final Grants grants;
  private final Deletion deletion;
  private final Imports imports;
  private final Refresher refresher;
  private final AdminInput input;
  private final AuditLog audit;
  private final Scope defaultScope;

  AgenciesResource(
      Agencies agencies,
      Candidates candidates,
      Grants grants,
      Deletion deletion,
      Imports imports,
      Refresher refresher,
      AdminInput input,
      AuditLog audit,
      Active911Config active911) {
    this.agencies = agencies;
    this.candidates = candidates;
    this.grants = grants;
    this.deletion = deletion;
    this.imports = imports;
    this.refresher = refresher;
    this.input = input;
    this.audit = audit;
    this.defaultScope = Scope.parse(active911.scope());
  }

  /** Everything about an agency that an admin decides; it replaces what was there. */
  @Schema(name = "AgencySettings")
  public record Settings(
      @Schema(examples = "Springfield FD")
          @NotNull(message = "is needed")
          @Size(min = 1, max = 200, message = "must be 1 to 200 characters long")
          @Pattern(
              regexp = "[^\\p{Cntrl}]*[^\\s\\p{Cntrl}][^\\p{Cntrl}]*",
              message = "must hold a visible character and no control character")
          String name,
      @Schema(
              description =
                  "What to ask for at the next authorization, separated by spaces; must hold"
                      + " read_agency. Without it, the configured scope",
              examples = "read_agency read_alert",
              nullable = true)
          @Size(max = 1000, message = "must be 1000 characters long at most")
          @Nullable String scope,
      @Schema(
              description = "The Active911 agency that a consent must be for",
              examples = "123",
              nullable = true)
          @Size(min = 1, max = 100, message = "must be 1 to 100 characters long")
          @Pattern(regexp = NO_CONTROL, message = NO_CONTROL_MESSAGE)
          @Nullable String expectedActive911Id,
      @Schema(
              description = "Whom to write to about this agency",
              examples = "chief@springfield.example",
              nullable = true)
          @Size(min = 1, max = 320, message = "must be 1 to 320 characters long")
          @Pattern(regexp = NO_CONTROL, message = NO_CONTROL_MESSAGE)
          @Nullable String contact) {}

  /** A refresh token that was obtained elsewhere. */
  @Schema(name = "Import")
  public record ImportRequest(
      @NotNull(message = "is needed: application or personal") GrantKind kind,
      @Schema(description = "Presented to Active911 once, at once")
          @NotNull(message = "is needed")
          @Pattern(
              regexp = "[\\x20-\\x7E]{1,4096}",
              message = "must be 1 to 4096 printable ASCII characters")
          String refreshToken,
      @Schema(
              description = "When it was first issued, from which its year counts. Without it: now",
              nullable = true)
          @Nullable Instant issuedAt) {
    @Override
    public String toString() {
      return "ImportRequest[" + kind + "]";
    }
  }

  /** One page of agencies. */
  @Schema(name = "AgencyList")
  public record AgencyList(
      List<AgencyStatus> items,
      @Schema(description = "Pass it as `after` to go on; null at the end", nullable = true)
          @Nullable String next) {}

  @PUT
  @Path("/{agency}")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      operationId = "putAgency",
      summary = "Creates an agency or replaces its settings; its consent stays")
  @APIResponse(responseCode = "200", description = "Replaced")
  @APIResponse(responseCode = "201", description = "Created")
  public RestResponse<AgencyStatus> put(
      @Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency,
      @Valid @NotNull(message = "a JSON object is needed") Settings body) {
    boolean created =
        agencies.put(
            agency,
            new AgencySettings(
                body.name(), scope(body.scope()), body.expectedActive911Id(), body.contact()));
    return RestResponse.status(
        created ? RestResponse.Status.CREATED : RestResponse.Status.OK, status(agency));
  }

  private Scope scope(@Nullable String text) {
    if (text == null) {
      return defaultScope;
    }
    AdminInput.scopeFault(text)
        .ifPresent(
            fault -> {
              throw Problem.invalid("scope", fault).toException();
            });
    return Scope.parse(text);
  }

  @GET
  @RequiresRole(Role.VIEWER)
  @Operation(operationId = "listAgencies", summary = "Agencies by slug, a page at a time")
  public AgencyList list(
      @Parameter(schema = @Schema(implementation = ConnectionState.class)) @RestQuery
          @Nullable String state,
      @Parameter(schema = @Schema(type = SchemaType.STRING, pattern = Slug.REGEX)) @RestQuery
          @Nullable String after,
      @Parameter(
              schema =
                  @Schema(
                      type = SchemaType.INTEGER,
                      minimum = "1",
                      maximum = "1000",
                      defaultValue = "100"))
          @RestQuery
          @Nullable String limit) {
    Agencies.Page page = agencies.list(state(state), after(after), limit(limit));
    return new AgencyList(page.items(), page.next());
  }

  // Read here and not by the framework, which says of a wrong parameter that the address is.

  private static @Nullable ConnectionState state(@Nullable String text) {
    if (text == null) {
      return null;
    }
    for (ConnectionState state : ConnectionState.values()) {
      if (state.name().equals(text)) {
        return state;
      }
    }
    throw Problem.invalid("state", "must be PENDING, CONNECTED or NEEDS_CONSENT").toException();
  }

  private static String after(@Nullable String text) {
    if (text != null && !Slug.matches(text)) {
      throw Problem.invalid("after", SLUG_MESSAGE).toException();
    }
    return text == null ? "" : text;
  }

  private static int limit(@Nullable String text) {
    if (text == null) {
      return DEFAULT_PAGE;
    }
    if (LIMIT.matcher(text).matches()) {
      return Integer.parseInt(text);
    }
    throw Problem.invalid("limit", "must be a whole number from 1 to 1000").toException();
  }

  @GET
  @Path("/{agency}")
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN")
  @RequiresRole(Role.VIEWER)
  @Operation(operationId = "getAgency", summary = "The status of an agency")
  public AgencyStatus get(@Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency) {
    return status(agency);
  }

  @DELETE
  @Path("/{agency}")
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN")
  @Operation(
      operationId = "deleteAgency",
      summary = "Erases an agency with its tokens and takes it out of every caller's grants")
  @APIResponse(responseCode = "204", description = "Erased")
  public void delete(@Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency) {
    if (!deletion.delete(agency)) {
      throw unknown(agency);
    }
  }

  @POST
  @Path("/{agency}/import")
  @Consumes(MediaType.APPLICATION_JSON)
  @Extension(
      name = "x-problems",
      value =
          "AGENCY_UNKNOWN AGENCY_MISMATCH CONFLICT CONSENT_REQUIRED IMPORT_REJECTED UPSTREAM_UNAVAILABLE")
  @RequiresRole(Role.OPERATOR)
  @Operation(
      operationId = "importRefreshToken",
      summary = "Takes over a refresh token that was obtained elsewhere",
      description =
          "The token is presented to Active911 once, which may use it up; what comes back is stored"
              + " before anything else is done. If it turns out to be for another Active911 agency it is"
              + " kept as the agency's candidate.")
  @APIResponse(responseCode = "200", description = "It is the agency's grant now")
  @APIResponse(
      responseCode = "202",
      description =
          "The token is live and kept as a candidate; it becomes the grant as soon as Active911 says"
              + " which agency it is for")
  public RestResponse<AgencyStatus> importToken(
      @Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency,
      @Valid @NotNull(message = "a JSON object is needed") ImportRequest body) {
    Instant issuedAt = body.issuedAt();
    if (issuedAt != null) {
      input
          .issuedAtFault(issuedAt)
          .ifPresent(
              fault -> {
                throw Problem.invalid("issued_at", fault).toException();
              });
    }
    Imports.Outcome outcome =
        imports.take(agency, body.kind(), Secret.of(body.refreshToken()), issuedAt);
    return switch (outcome) {
      case Imports.Outcome.Taken(Adoption adoption) -> answer(agency, adoption);
      case Imports.Outcome.AlreadyHeld(RefreshOutcome renewal) ->
          RestResponse.ok(answer(agency, renewal));
      case Imports.Outcome.HeldByOther(String other) ->
          throw problem(
              ProblemType.CONFLICT,
              "This token is the consent of agency " + other + " here; disconnect that one first.",
              agency);
      case Imports.Outcome.Refused(OAuthError error) -> throw refused(agency, error);
      case Imports.Outcome.NoAnswer(String error) ->
          throw Problem.of(
                  ProblemType.UPSTREAM_UNAVAILABLE,
                  "Active911 did not answer ("
                      + error
                      + "); nothing was stored. It may have used the token up.")
              .about(agency)
              .retryAfter(RETRY)
              .toException();
      case Imports.Outcome.NotPresented(String error, Duration retryIn) ->
          throw Problem.of(
                  ProblemType.UPSTREAM_UNAVAILABLE,
                  "Nothing may be sent to Active911 now (" + error + "); the token was not used.")
              .about(agency)
              .retryAfter(retryIn)
              .toException();
      case Imports.Outcome.NoSuchAgency() -> throw unknown(agency);
    };
  }

  private static ProblemException refused(String agency, OAuthError error) {
    return switch (error) {
      case INVALID_GRANT ->
          problem(
              ProblemType.IMPORT_REJECTED,
              "Active911 does not know this refresh token, or no longer. Is it an access token, or"
                  + " of the other kind?",
              agency);
      case INVALID_CLIENT ->
          Problem.of(
                  ProblemType.UPSTREAM_UNAVAILABLE,
                  "Active911 refuses the broker's own client id or secret; the token was not looked at.")
              .about(agency)
              .retryAfter(RETRY)
              .toException();
      case INVALID_SCOPE, OTHER ->
          problem(ProblemType.IMPORT_REJECTED, "Active911 refuses to refresh this token.", agency);
    };
  }

  private RestResponse<AgencyStatus> answer(String agency, Adoption adoption) {
    return switch (adoption) {
      case Adoption.Adopted(String _, Active911Agency _) -> RestResponse.ok(status(agency));
      case Adoption.IdentityUnknown(String _) -> RestResponse.accepted(status(agency));
      case Adoption.OtherAgency(String candidate, Active911Agency _) ->
          throw Problem.of(
                  ProblemType.AGENCY_MISMATCH,
                  "The consent is for another Active911 agency. It is kept as a candidate for 24"
                      + " hours: confirm or discard it.")
              .about(agency)
              .withCandidate(candidate)
              .toException();
      case Adoption.Superseded(String _, Active911Agency _) ->
          throw problem(
              ProblemType.CONFLICT,
              "The agency was connected anew meanwhile; the imported consent is kept as a candidate.",
              agency);
      case Adoption.Gone() ->
          throw problem(
              ProblemType.CONFLICT,
              "The agency or candidate was deleted at the same time.",
              agency);
    };
  }

  @POST
  @Path("/{agency}/refresh")
  @Extension(
      name = "x-problems",
      value = "AGENCY_UNKNOWN CONSENT_REQUIRED CONFLICT UPSTREAM_UNAVAILABLE")
  @RequiresRole(Role.OPERATOR)
  @Operation(
      operationId = "refreshAgency",
      summary = "Refreshes now, even a consent that was found gone")
  public AgencyStatus refresh(@Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency) {
    HandoutState state = grants.handoutState(agency).orElseThrow(() -> unknown(agency));
    if (state.token() == null) {
      throw problem(
          ProblemType.CONSENT_REQUIRED,
          "The agency was never connected; connect it first.",
          agency);
    }
    audit.note(AuditEvent.of(Kind.REFRESH_REQUESTED).agency(agency));
    return answer(
        agency,
        refresher
            .refresh(
                state.agencyId(), agency, state.token().generation(), Refresher.Reason.BY_ADMIN)
            .join());
  }

  private AgencyStatus answer(String agency, RefreshOutcome outcome) {
    return switch (outcome) {
      case RefreshOutcome.Refreshed() -> status(agency);
      case RefreshOutcome.NotDue() -> status(agency);
      case RefreshOutcome.ConsentGone() ->
          throw problem(
              ProblemType.CONSENT_REQUIRED,
              "Active911 refuses the agency's consent; connect it again.",
              agency);
      case RefreshOutcome.HeldElsewhere() ->
          throw problem(
              ProblemType.CONFLICT, "Another refresh of this agency is under way.", agency);
      case RefreshOutcome.TooSoon(Instant _) ->
          throw problem(ProblemType.CONFLICT, "The agency was refreshed a moment ago.", agency);
      case RefreshOutcome.Deferred(String error, Duration retryIn) ->
          throw Problem.of(
                  ProblemType.UPSTREAM_UNAVAILABLE,
                  "Active911 gave no token (" + error + "); the consent is not affected.")
              .about(agency)
              .retryAfter(retryIn)
              .toException();
    };
  }

  @POST
  @Path("/{agency}/pause")
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN")
  @RequiresRole(Role.OPERATOR)
  @Operation(
      operationId = "pauseAgency",
      summary = "Hands out no tokens from now on; refreshing goes on")
  public AgencyStatus pause(@Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency) {
    return setPaused(agency, true);
  }

  @POST
  @Path("/{agency}/resume")
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN")
  @RequiresRole(Role.OPERATOR)
  @Operation(operationId = "resumeAgency", summary = "Hands out tokens again")
  public AgencyStatus resume(@Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency) {
    return setPaused(agency, false);
  }

  private AgencyStatus setPaused(String agency, boolean paused) {
    if (!agencies.setPaused(agency, paused)) {
      throw unknown(agency);
    }
    return status(agency);
  }

  @POST
  @Path("/{agency}/candidates/{id}/confirm")
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN NOT_FOUND CONFLICT")
  @RequiresRole(Role.OPERATOR)
  @Operation(
      operationId = "confirmCandidate",
      summary = "Makes the kept consent the agency's grant, in place of the one it had")
  public AgencyStatus confirm(
      @Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency, String id) {
    status(agency);
    return switch (candidates.confirm(agency, id)) {
      case Adoption.Adopted(String _, Active911Agency _) -> status(agency);
      case Adoption.IdentityUnknown(String _) ->
          throw problem(
              ProblemType.CONFLICT,
              "Active911 has not said yet which agency this consent is for; it is being asked.",
              agency);
      case Adoption.OtherAgency(String _, Active911Agency _) -> status(agency);
      case Adoption.Superseded(String _, Active911Agency _) -> status(agency);
      case Adoption.Gone() -> throw noSuchCandidate(agency);
    };
  }

  @DELETE
  @Path("/{agency}/candidates/{id}")
  @Extension(name = "x-problems", value = "AGENCY_UNKNOWN NOT_FOUND")
  @RequiresRole(Role.OPERATOR)
  @Operation(operationId = "discardCandidate", summary = "Throws the kept consent away")
  @APIResponse(responseCode = "204", description = "Discarded")
  public void discard(
      @Pattern(regexp = Slug.REGEX, message = SLUG_MESSAGE) String agency, String id) {
    status(agency);
    if (!candidates.discard(agency, id)) {
      throw noSuchCandidate(agency);
    }
  }

  private AgencyStatus status(String agency) {
    return agencies.status(agency).orElseThrow(() -> unknown(agency));
  }

  private static ProblemException unknown(String agency) {
    return problem(ProblemType.AGENCY_UNKNOWN, "There is no agency of this name.", agency);
  }

  private static ProblemException noSuchCandidate(String agency) {
    return problem(
        ProblemType.NOT_FOUND, "The agency has no such candidate, or no longer.", agency);
  }

  private static ProblemException problem(ProblemType type, String detail, String agency) {
    return Problem.of(type, detail).about(agency).toException();
  }
}
