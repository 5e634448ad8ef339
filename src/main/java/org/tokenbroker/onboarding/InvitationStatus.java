package org.tokenbroker.onboarding;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What admins may know of an invitation; never its link. Times are whole seconds of the database's
 * clock.
 *
 * @param createdBy the admin who made it; {@code the broker}: it went along with a notice
 * @param usedAt when a consent that was given through it was kept
 */
@Schema(name = "Invitation")
public record InvitationStatus(
    @Schema(examples = "3f1c9a0b5d7e2468") String id,
    State state,
    String createdBy,
    Instant createdAt,
    Instant expiresAt,
    @Schema(nullable = true) @Nullable Instant usedAt,
    @Schema(nullable = true) @Nullable Instant revokedAt) {

  /** What its link still opens; its text is its name in lower case. */
  @Schema(name = "InvitationState")
  public enum State {
    /** The officer can use it. */
    OPEN,
    /** A consent was given through it. */
    USED,
    /** Its time was over before. */
    EXPIRED,
    /** An admin took it back. */
    REVOKED;

    @JsonValue
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static InvitationStatus of(Invitation invitation, Instant now) {
    return new InvitationStatus(
        invitation.id,
        state(invitation, now),
        invitation.createdBy,
        seconds(invitation.createdAt),
        seconds(invitation.expiresAt),
        invitation.usedAt == null ? null : seconds(invitation.usedAt),
        invitation.revokedAt == null ? null : seconds(invitation.revokedAt));
  }

  static State state(Invitation invitation, Instant now) {
    if (invitation.usedAt != null) {
      return State.USED;
    }
    if (invitation.revokedAt != null) {
      return State.REVOKED;
    }
    return invitation.expiresAt.isAfter(now) ? State.OPEN : State.EXPIRED;
  }

  private static Instant seconds(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS);
  }
}
