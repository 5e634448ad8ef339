package org.tokenbroker.console;

import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.onboarding.AuthorizationFlow;
import org.tokenbroker.onboarding.Invitations;

/** What is to be done with an agency after its settings are stored: the button that was pressed. */
@Singleton
class NextStep {

  /** The name of those buttons. */
  static final String FIELD = "then";

  private final AuthorizationFlow flow;
  private final InvitationPages invitations;

  NextStep(AuthorizationFlow flow, InvitationPages invitations) {
    this.flow = flow;
    this.invitations = invitations;
  }

  /**
   * Does it.
   *
   * @param button the value of the button; anything unknown leads to the agency's page
   * @param stored what the agency's page then says
   */
  Response take(@Nullable String button, AgencyStatus agency, Session session, Notice stored) {
    return switch (button) {
      case "connect" -> {
        AuthorizationFlow.Begun begun =
            flow.begin(agency.agency(), session.admin())
                .orElseThrow(() -> Page.unknown(agency.agency()));
        yield Response.seeOther(begun.location()).cookie(begun.cookie()).build();
      }
      case "invite" -> invitations.created(agency, Invitations.DEFAULT_LIFE, session);
      case "import" ->
          Response.seeOther(
                  UriBuilder.fromPath("/console/agencies/{slug}/import").build(agency.agency()))
              .build();
      case null, default -> Page.agency(agency.agency(), stored);
    };
  }
}
