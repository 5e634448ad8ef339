package org.tokenbroker.notice;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.onboarding.Invitations;
import org.tokenbroker.onboarding.NewInvitation;
import org.tokenbroker.onboarding.Organisation;

/**
 * Letters to agencies' contacts, each with an invitation that is made the moment before it is sent:
 * its link is stored nowhere. Which invitation goes along is stored in the same transaction that
 * makes it, so that the one of an attempt that failed is taken back.
 */
@ApplicationScoped
class Letters {

  private static final Pattern ADDRESS = Pattern.compile("[^\\s@,;<>?&\"()]+@[^\\s@,;<>?&\"()]+");

  private final DataSource dataSource;
  private final Invitations invitations;
  private final Organisation organisation;
  private final URI publicUrl;

  @Inject
  Letters(
      DataSource dataSource,
      Invitations invitations,
      Organisation organisation,
      @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.dataSource = dataSource;
    this.invitations = invitations;
    this.organisation = organisation;
    this.publicUrl = publicUrl;
  }

  /**
   * A letter ready to be sent.
   *
   * @param to the contact's address
   * @param invitation the id of the one in it
   */
  record Letter(String to, NoticeText text, String invitation) {}

  private record Addressee(String name, String contact) {}

  /**
   * Writes the letter, and makes its invitation. The one of an earlier attempt is revoked.
   *
   * @param data of the notice
   * @return empty if there is nothing to ask for any more: the consent was given again or is gone,
   *     or the agency is, or nobody is named there who has an address
   */
  @Transactional
  Optional<Letter> write(Outbox.Claimed claim, JsonNode data) {
    String agency = data.path("agency").asText();
    takeBack(agency, claim.invitation());
    Optional<Addressee> addressee = addressee(agency, data.path("consent_ends_at").asText());
    if (addressee.isEmpty()) {
      return Optional.empty();
    }
    Optional<NewInvitation> made =
        invitations.createWithNotice(agency, life(data.path("days").asInt()));
    if (made.isEmpty()) {
      return Optional.empty();
    }
    NewInvitation invitation = made.get();
    remember(claim, invitation.id());
    return Optional.of(
        new Letter(
            addressee.get().contact(),
            NoticeText.letter(
                addressee.get().name(),
                organisation.isNamed() ? organisation.name() : "the company that you gave it to",
                Instant.parse(data.path("consent_ends_at").asText()),
                invitation.link(publicUrl),
                invitation.expiresAt()),
            invitation.id()));
  }

  /** Revokes an invitation whose letter was not sent, as far as is known; null: there is none. */
  @Transactional
  void takeBack(String agency, @Nullable String invitation) {
    if (invitation != null) {
      invitations.revoke(agency, invitation);
    }
  }

  /** Until a day after the next letter is due, which brings another link. */
  private static Duration life(int days) {
    return Duration.ofDays(
        switch (days) {
          case 30 -> 17;
          case 14 -> 8;
          default -> 7;
        });
  }

  private Optional<Addressee> addressee(String agency, String ends) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                select a.name, a.contact from agency a join agency_grant g on g.agency_id = a.id
                 where a.slug = ? and a.contact is not null and g.state = 'CONNECTED'
                   and date_trunc('second', g.refresh_token_expires_at) = ?::timestamptz
                """)) {
      statement.setString(1, agency);
      statement.setString(2, ends);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && ADDRESS.matcher(row.getString(2)).matches()
            ? Optional.of(new Addressee(row.getString(1), row.getString(2)))
            : Optional.empty();
      }
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e); // unchecked, so that the invitation goes with it
    }
  }

  private void remember(Outbox.Claimed claim, String invitation) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update notice_delivery set invitation_id = ? where notice_id = ? and channel = ?")) {
      statement.setString(1, invitation);
      statement.setObject(2, claim.notice());
      statement.setString(3, claim.channel().toString());
      statement.executeUpdate();
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }
}
