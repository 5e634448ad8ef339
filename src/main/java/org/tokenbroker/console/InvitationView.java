package org.tokenbroker.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.onboarding.InvitationStatus;

/**
 * An invitation in words.
 *
 * @param state a word or two
 * @param tone of the state, as the style sheet names it
 * @param since when it was used, revoked or expired, or until when it is open
 */
record InvitationView(
    String id,
    boolean open,
    String state,
    String tone,
    String createdBy,
    @Nullable Moment created,
    @Nullable Moment since) {

  /** All invitations of an agency; none if the agency has just been deleted. */
  static List<InvitationView> all(Optional<List<InvitationStatus>> invitations, Instant now) {
    return invitations.orElse(List.of()).stream().map(one -> of(one, now)).toList();
  }

  static InvitationView of(InvitationStatus status, Instant now) {
    return switch (status.state()) {
      case OPEN -> of(status, "Open until", "good", status.expiresAt(), now);
      case USED -> of(status, "Used", "plain", status.usedAt(), now);
      case EXPIRED -> of(status, "Expired", "warn", status.expiresAt(), now);
      case REVOKED -> of(status, "Revoked", "plain", status.revokedAt(), now);
    };
  }

  private static InvitationView of(
      InvitationStatus status, String state, String tone, @Nullable Instant since, Instant now) {
    return new InvitationView(
        status.id(),
        status.state() == InvitationStatus.State.OPEN,
        state,
        tone,
        status.createdBy(),
        Moment.of(status.createdAt(), now),
        Moment.of(since, now));
  }
}
