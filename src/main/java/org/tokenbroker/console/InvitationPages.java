package org.tokenbroker.console;

import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.onboarding.Invitations;
import org.tokenbroker.onboarding.NewInvitation;
import org.tokenbroker.onboarding.Organisation;

/** The page that shows a new invitation's link, once. */
@Singleton
class InvitationPages {

  private final Invitations invitations;
  private final Organisation organisation;
  private final DatabaseClock clock;
  private final URI publicUrl;

  InvitationPages(
      Invitations invitations,
      Organisation organisation,
      DatabaseClock clock,
      @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.invitations = invitations;
    this.organisation = organisation;
    this.clock = clock;
    this.publicUrl = publicUrl;
  }

  /**
   * A link as the page shows it.
   *
   * @param letter the address of an e-mail with it
   * @param idKnown whether it is known which Active911 agency a consent must be for
   */
  record NewLink(String link, String letter, @Nullable Moment expires, boolean idKnown) {
    @Override
    public String toString() {
      return "NewLink";
    }
  }

  /** Makes an invitation and shows its link. */
  Response created(AgencyStatus agency, Duration life, Session session) {
    NewInvitation made =
        invitations
            .create(agency.agency(), session.admin(), life)
            .orElseThrow(() -> Page.unknown(agency.agency()));
    String link = made.link(publicUrl);
    return Page.of(
        InvitationResource.Templates.newInvitation(
            session,
            agency.agency(),
            agency.name(),
            new NewLink(
                link,
                InvitationLetter.address(
                    agency.name(),
                    agency.contact(),
                    link,
                    organisation.isNamed() ? organisation.name() : "us"),
                Moment.of(made.expiresAt(), clock.instant()),
                agency.expectedActive911Id() != null || agency.active911Agency() != null)));
  }
}
