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
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.agency.Candidates.Adoption;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.onboarding.AdminInput;
import org.tokenbroker.onboarding.Imports;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.refresh.RefreshOutcome;

/** The form that takes over a refresh token from elsewhere. The token is never shown again. */
@Path("/console/agencies/{agency}/import")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.OPERATOR)
public class ImportResource {

  private static final String KIND = "kind";
  private static final String REFRESH_TOKEN = "refresh_token";

  private final Agencies agencies;
  private final Imports imports;
  private final AdminInput input;

  ImportResource(Agencies agencies, Imports imports, AdminInput input) {
    this.agencies = agencies;
    this.imports = imports;
    this.input = input;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance importToken(
        Session session, String slug, String name, ImportForm form);
  }

  /**
   * The form, without the token.
   *
   * @param kind which kind is chosen; empty: none yet
   * @param faults by field, what is wrong with it, as a whole sentence
   */
  record ImportForm(String kind, Map<String, String> faults) {
    ImportForm {
      faults = Map.copyOf(faults);
    }

    /** What is wrong with a field; null if nothing is. */
    public @Nullable String fault(String field) {
      return faults.get(field);
    }
  }

  @GET
  @Operation(hidden = true)
  public Response form(String agency, @Context RoutingContext request) {
    AgencyStatus status = Page.status(agencies, agency);
    return Page.of(template(status, new ImportForm("", Map.of()), request));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response take(
      String agency,
      @RestForm(KIND) @Nullable String kindField,
      @RestForm(REFRESH_TOKEN) @Nullable String tokenField,
      @Context RoutingContext request) {
    AgencyStatus status = Page.status(agencies, agency);
    Optional<GrantKind> kind = kind(kindField);
    String token = tokenField == null ? "" : tokenField.strip();
    Map<String, String> faults = new HashMap<>();
    if (kind.isEmpty()) {
      faults.put(KIND, "Choose where the token comes from.");
    }
    if (token.isEmpty()) {
      faults.put(REFRESH_TOKEN, "Paste the refresh token here.");
    } else {
      input
          .refreshTokenFault(token)
          .ifPresent(fault -> faults.put(REFRESH_TOKEN, "This " + fault + "."));
    }
    if (kind.isEmpty() || !faults.isEmpty()) {
      return Page.of(ProblemType.INVALID_REQUEST, template(status, form(kind, faults), request));
    }
    return switch (imports.take(agency, kind.get(), Secret.of(token), null)) {
      case Imports.Outcome.Taken(Adoption adoption) -> Page.agency(agency, notice(adoption));
      case Imports.Outcome.AlreadyHeld(RefreshOutcome renewal) ->
          Page.agency(
              agency,
              renewal instanceof RefreshOutcome.Refreshed
                  ? Notice.IMPORTED_AGAIN
                  : AgencyResource.notice(renewal));
      case Imports.Outcome.HeldByOther(String other) ->
          refused(
              ProblemType.CONFLICT,
              status,
              kind,
              "This token is the consent of the agency " + other + " here. Disconnect that first.",
              request);
      case Imports.Outcome.Refused(OAuthError error) ->
          switch (error) {
            case INVALID_CLIENT -> Page.agency(agency, Notice.CLIENT_REFUSED);
            case INVALID_GRANT ->
                refused(
                    ProblemType.IMPORT_REJECTED,
                    status,
                    kind,
                    "Active911 does not know this refresh token, or no longer. Is it perhaps an"
                        + " access token, or of the other kind?",
                    request);
            case INVALID_SCOPE, OTHER ->
                refused(
                    ProblemType.IMPORT_REJECTED,
                    status,
                    kind,
                    "Active911 refuses to refresh this token.",
                    request);
          };
      case Imports.Outcome.NoAnswer(String _) -> Page.agency(agency, Notice.IMPORT_UNANSWERED);
      case Imports.Outcome.NotPresented(String _, Duration _) ->
          Page.agency(agency, Notice.IMPORT_NOT_SENT);
      case Imports.Outcome.NoSuchAgency() -> throw Page.unknown(agency);
    };
  }

  private static Notice notice(Adoption adoption) {
    return switch (adoption) {
      case Adoption.Adopted(String _, Active911Agency _) -> Notice.IMPORTED;
      case Adoption.OtherAgency(String _, Active911Agency _) -> Notice.IMPORT_OTHER_AGENCY;
      case Adoption.Superseded(String _, Active911Agency _) -> Notice.IMPORT_SUPERSEDED;
      case Adoption.IdentityUnknown(String _) -> Notice.IMPORT_UNIDENTIFIED;
      case Adoption.Gone() -> Notice.CANDIDATE_GONE;
    };
  }

  private static Optional<GrantKind> kind(@Nullable String field) {
    return Arrays.stream(GrantKind.values()).filter(kind -> name(kind).equals(field)).findFirst();
  }

  private static String name(GrantKind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  private static ImportForm form(Optional<GrantKind> kind, Map<String, String> faults) {
    return new ImportForm(kind.map(ImportResource::name).orElse(""), faults);
  }

  private static Response refused(
      ProblemType problem,
      AgencyStatus status,
      Optional<GrantKind> kind,
      String why,
      @Context RoutingContext request) {
    return Page.of(problem, template(status, form(kind, Map.of(REFRESH_TOKEN, why)), request));
  }

  private static TemplateInstance template(
      AgencyStatus status, ImportForm form, @Context RoutingContext request) {
    return Templates.importToken(Session.of(request), status.agency(), status.name(), form);
  }
}
