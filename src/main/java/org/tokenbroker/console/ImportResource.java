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
import jakarta.ws.rs.core.UriBuilder;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.agency.Candidates.Adoption;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.HandoutState;
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
  private static final String ISSUED_ON = "issued_on";
  private static final String FOUND = "found";

  private final Agencies agencies;
  private final Imports imports;
  private final AdminInput input;
  private final Grants grants;
  private final DatabaseClock clock;

  ImportResource(
      Agencies agencies, Imports imports, AdminInput input, Grants grants, DatabaseClock clock) {
    this.agencies = agencies;
    this.imports = imports;
    this.input = input;
    this.grants = grants;
    this.clock = clock;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance importToken(
        Session session, String slug, String name, ImportForm form);

    static native TemplateInstance importResult(
        Session session, @Nullable Notice notice, List<String> found, AgencyView agency);
  }

  /**
   * The form, without the token.
   *
   * @param kind which kind is chosen; empty: none yet
   * @param issuedOn when the token was first issued, as typed
   * @param faults by field, what is wrong with it, as a whole sentence
   */
  record ImportForm(String kind, String issuedOn, Map<String, String> faults) {
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
    return Page.of(template(status, new ImportForm("", "", Map.of()), request));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response take(
      String agency,
      @RestForm(KIND) @Nullable String kindField,
      @RestForm(REFRESH_TOKEN) @Nullable String tokenField,
      @RestForm(ISSUED_ON) @Nullable String issuedField,
      @Context RoutingContext request) {
    AgencyStatus status = Page.status(agencies, agency);
    Map<String, String> faults = new HashMap<>();
    PastedToken pasted = pasted(agency, tokenField == null ? "" : tokenField);
    if (pasted instanceof PastedToken.Faulty(String fault)) {
      faults.put(REFRESH_TOKEN, fault);
    }
    Optional<GrantKind> kind = kind(kindField, pasted, faults);
    String issuedOn = issuedField == null ? "" : issuedField.strip();
    Optional<Instant> issuedAt = issuedAt(issuedOn, faults);
    if (kind.isEmpty()
        || !faults.isEmpty()
        || !(pasted instanceof PastedToken.Recognised recognised)) {
      return Page.of(
          ProblemType.INVALID_REQUEST, template(status, form(kind, issuedOn, faults), request));
    }
    return taken(
        status,
        recognised,
        form(kind, issuedOn, Map.of()),
        imports.take(agency, kind.get(), recognised.token(), issuedAt.orElse(null)),
        request);
  }

  /** What was pasted, held also against what is known here. */
  private PastedToken pasted(String agency, String text) {
    PastedToken pasted = PastedToken.read(text);
    if (!(pasted instanceof PastedToken.Recognised(Secret token, var _, var _))) {
      return pasted;
    }
    Optional<String> fault = input.refreshTokenFault(token.value());
    if (fault.isPresent()) {
      return new PastedToken.Faulty("This " + fault.get() + ".");
    }
    boolean isAccessToken =
        grants
            .handoutState(agency)
            .map(HandoutState::token)
            .filter(stored -> stored.accessToken().equals(token))
            .isPresent();
    return isAccessToken
        ? new PastedToken.Faulty(
            "This is the agency’s present access token, which is good for a day only. The refresh"
                + " token is needed.")
        : pasted;
  }

  private static Optional<GrantKind> kind(
      @Nullable String field, PastedToken pasted, Map<String, String> faults) {
    Optional<GrantKind> chosen = kind(field);
    GrantKind seen = pasted instanceof PastedToken.Recognised recognised ? recognised.kind() : null;
    if (chosen.isPresent() && seen != null && chosen.get() != seen) {
      faults.put(
          KIND,
          "What you pasted was given to an application, not made by a person. Choose that, if it was"
              + " this application.");
      return chosen;
    }
    Optional<GrantKind> kind = chosen.or(() -> Optional.ofNullable(seen));
    if (kind.isEmpty()) {
      faults.put(KIND, "Choose where the token comes from.");
    }
    return kind;
  }

  private Optional<Instant> issuedAt(String field, Map<String, String> faults) {
    if (field.isEmpty()) {
      return Optional.empty();
    }
    try {
      Instant issuedAt = LocalDate.parse(field).atStartOfDay(ZoneOffset.UTC).toInstant();
      input
          .issuedAtFault(issuedAt)
          .ifPresent(fault -> faults.put(ISSUED_ON, "This " + fault + "."));
      return Optional.of(issuedAt);
    } catch (DateTimeParseException e) {
      faults.put(ISSUED_ON, "This must be a date, such as 2026-03-31.");
      return Optional.empty();
    }
  }

  private static Response taken(
      AgencyStatus status,
      PastedToken.Recognised recognised,
      ImportForm form,
      Imports.Outcome outcome,
      @Context RoutingContext request) {
    String agency = status.agency();
    return switch (outcome) {
      case Imports.Outcome.Taken(Adoption adoption) -> result(agency, notice(adoption), recognised);
      case Imports.Outcome.AlreadyHeld(RefreshOutcome renewal) ->
          result(
              agency,
              renewal instanceof RefreshOutcome.Refreshed
                  ? Notice.IMPORTED_AGAIN
                  : AgencyResource.notice(renewal),
              recognised);
      case Imports.Outcome.HeldByOther(String other) ->
          refused(
              ProblemType.CONFLICT,
              status,
              form,
              "This token is the consent of the agency " + other + " here. Disconnect that first.",
              request);
      case Imports.Outcome.Refused(OAuthError error) ->
          switch (error) {
            case INVALID_CLIENT -> Page.agency(agency, Notice.CLIENT_REFUSED);
            case INVALID_GRANT ->
                refused(
                    ProblemType.IMPORT_REJECTED,
                    status,
                    form,
                    "Active911 does not know this refresh token, or no longer. Is it perhaps an"
                        + " access token, or of the other kind?",
                    request);
            case INVALID_SCOPE, OTHER ->
                refused(
                    ProblemType.IMPORT_REJECTED,
                    status,
                    form,
                    "Active911 refuses to refresh this token.",
                    request);
          };
      case Imports.Outcome.NoAnswer(String _) -> Page.agency(agency, Notice.IMPORT_UNANSWERED);
      case Imports.Outcome.NotPresented(String _, Duration _) ->
          Page.agency(agency, Notice.IMPORT_NOT_SENT);
      case Imports.Outcome.NoSuchAgency() -> throw Page.unknown(agency);
    };
  }

  /**
   * Leads to the page that says what was recognised and which agency it is for (303), so that a
   * reload does not present the token again.
   */
  private static Response result(String agency, Notice notice, PastedToken.Recognised recognised) {
    return Response.seeOther(
            UriBuilder.fromPath("/console/agencies/{slug}/import/result")
                .queryParam(Notice.PARAMETER, notice.code())
                .queryParam(
                    FOUND,
                    recognised.findings().stream()
                        .sorted()
                        .map(PastedToken.Finding::code)
                        .collect(Collectors.joining("-")))
                .build(agency))
        .build();
  }

  @GET
  @Path("/result")
  @Operation(hidden = true)
  public Response result(
      String agency,
      @RestQuery @Nullable String notice,
      @RestQuery(FOUND) @Nullable String found,
      @Context RoutingContext request) {
    return Page.of(
        Templates.importResult(
            Session.of(request),
            Notice.of(notice),
            PastedToken.Finding.sentences(found),
            AgencyView.of(Page.status(agencies, agency), clock.instant())));
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

  private static ImportForm form(
      Optional<GrantKind> kind, String issuedOn, Map<String, String> faults) {
    return new ImportForm(kind.map(ImportResource::name).orElse(""), issuedOn, faults);
  }

  private static Response refused(
      ProblemType problem,
      AgencyStatus status,
      ImportForm form,
      String why,
      @Context RoutingContext request) {
    return Page.of(
        problem,
        template(
            status,
            new ImportForm(form.kind(), form.issuedOn(), Map.of(REFRESH_TOKEN, why)),
            request));
  }

  private static TemplateInstance template(
      AgencyStatus status, ImportForm form, @Context RoutingContext request) {
    return Templates.importToken(Session.of(request), status.agency(), status.name(), form);
  }
}
