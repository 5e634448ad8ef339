package org.tokenbroker.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.agency.Candidates;
import org.tokenbroker.agency.Candidates.Adoption;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.HandoutState;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.onboarding.AuthorizationFlow;
import org.tokenbroker.onboarding.Invitations;
import org.tokenbroker.refresh.RefreshOutcome;
import org.tokenbroker.refresh.Refresher;

/** The page of one agency and its buttons. */
@Path("/console/agencies/{agency}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.OPERATOR)
public class AgencyResource {

  private final Agencies agencies;
  private final Candidates candidates;
  private final Grants grants;
  private final Refresher refresher;
  private final AuthorizationFlow flow;
  private final Invitations invitations;
  private final DatabaseClock clock;
  private final AuditLog audit;
  private final AgencyHistory history;

  AgencyResource(
      Agencies agencies,
      Candidates candidates,
      Grants grants,
      Refresher refresher,
      AuthorizationFlow flow,
      Invitations invitations,
      DatabaseClock clock,
      AuditLog audit,
      AgencyHistory history) {
    this.agencies = agencies;
    this.candidates = candidates;
    this.grants = grants;
    this.refresher = refresher;
    this.flow = flow;
    this.invitations = invitations;
    this.clock = clock;
    this.audit = audit;
    this.history = history;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance agency(
        Session session,
        @Nullable Notice notice,
        AgencyView agency,
        List<InvitationView> invitations,
        AgencyHistory.View history);
  }

  @GET
  @RequiresRole(Role.VIEWER)
  @Operation(hidden = true)
  public Response page(
      String agency, @RestQuery @Nullable String notice, @Context RoutingContext request) {
    AgencyStatus status = Page.status(agencies, agency);
    Instant now = clock.instant();
    return Page.of(
        Templates.agency(
            Session.of(request),
            Notice.of(notice),
            AgencyView.of(status, now),
            InvitationView.all(invitations.ofAgency(agency), now),
            history.of(agency)));
  }

  /** Leads to Active911, the flow bound to this browser by its cookie. */
  @POST
  @Path("/authorize")
  @Operation(hidden = true)
  public Response authorize(String agency, @Context RoutingContext request) {
    AuthorizationFlow.Begun begun =
        Page.slug(agency)
            .flatMap(slug -> flow.begin(slug, Session.of(request).admin()))
            .orElseThrow(() -> Page.unknown(agency));
    return Response.seeOther(begun.location()).cookie(begun.cookie()).build();
  }

  @POST
  @Path("/refresh")
  @Operation(hidden = true)
  public Response refresh(String agency) {
    HandoutState state =
        Page.slug(agency).flatMap(grants::handoutState).orElseThrow(() -> Page.unknown(agency));
    if (state.token() == null) {
      return Page.agency(agency, Notice.NEVER_CONNECTED);
    }
    audit.note(AuditEvent.of(Kind.REFRESH_REQUESTED).agency(agency));
    RefreshOutcome outcome =
        refresher
            .refresh(
                state.agencyId(), agency, state.token().generation(), Refresher.Reason.BY_ADMIN)
            .join();
    return Page.agency(agency, notice(outcome));
  }

  /** What to say of a refresh that an admin asked for. */
  static Notice notice(RefreshOutcome outcome) {
    return switch (outcome) {
      case RefreshOutcome.Refreshed() -> Notice.REFRESHED;
      case RefreshOutcome.NotDue() -> Notice.REFRESHED_BY_OTHER;
      case RefreshOutcome.ConsentGone() -> Notice.CONSENT_GONE;
      case RefreshOutcome.HeldElsewhere() -> Notice.REFRESH_UNDER_WAY;
      case RefreshOutcome.TooSoon(Instant _) -> Notice.REFRESHED_A_MOMENT_AGO;
      case RefreshOutcome.Deferred(String error, Duration _) ->
          // What is not the agency's failure is not said further down on its page either.
          switch (error) {
            case "invalid_client" -> Notice.CLIENT_REFUSED;
            case "rate_limited" -> Notice.SLOWED_DOWN;
            default -> Notice.REFRESH_FAILED;
          };
    };
  }

  @POST
  @Path("/pause")
  @Operation(hidden = true)
  public Response pause(String agency) {
    return setPaused(agency, true, Notice.PAUSED);
  }

  @POST
  @Path("/resume")
  @Operation(hidden = true)
  public Response resume(String agency) {
    return setPaused(agency, false, Notice.RESUMED);
  }

  private Response setPaused(String agency, boolean paused, Notice notice) {
    if (!agencies.setPaused(Page.slug(agency).orElseThrow(() -> Page.unknown(agency)), paused)) {
      throw Page.unknown(agency);
    }
    return Page.agency(agency, notice);
  }

  @POST
  @Path("/candidates/{id}/confirm")
  @Operation(hidden = true)
  public Response confirm(String agency, String id) {
    Page.status(agencies, agency);
    return Page.agency(
        agency,
        switch (candidates.confirm(agency, id)) {
          case Adoption.Adopted(String _, Active911Agency _) -> Notice.CANDIDATE_CONFIRMED;
          case Adoption.IdentityUnknown(String _) -> Notice.CANDIDATE_UNIDENTIFIED;
          case Adoption.OtherAgency(String _, Active911Agency _) -> Notice.CANDIDATE_UNIDENTIFIED;
          case Adoption.Superseded(String _, Active911Agency _) -> Notice.CANDIDATE_UNIDENTIFIED;
          case Adoption.Gone() -> Notice.CANDIDATE_GONE;
        });
  }

  @POST
  @Path("/candidates/{id}/discard")
  @Operation(hidden = true)
  public Response discard(String agency, String id) {
    Page.status(agencies, agency);
    return Page.agency(
        agency,
        candidates.discard(agency, id) ? Notice.CANDIDATE_DISCARDED : Notice.CANDIDATE_GONE);
  }
}
