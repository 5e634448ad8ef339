package org.tokenbroker.caller;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * A key by its public part.
 *
 * @param lastUsedAt when it was last used, give or take a minute if that was at another replica
 */
@Schema(name = "Key", description = "A key, without its secret")
public record KeyStatus(
    @Schema(examples = "4fZ0aQ81LmXc") String keyId,
    Instant createdAt,
    @Schema(nullable = true, description = "null: it does not expire") @Nullable Instant expiresAt,
    @Schema(
            nullable = true,
            description = "null: never yet. Of uses at other replicas it is known within a minute")
        @Nullable Instant lastUsedAt) {

  /** In whole seconds, as everything that is shown. */
  static KeyStatus of(
      String keyId,
      Instant createdAt,
      @Nullable Instant expiresAt,
      @Nullable Instant stored,
      @Nullable Instant here) {
    Instant lastUsed = stored == null || (here != null && here.isAfter(stored)) ? here : stored;
    return new KeyStatus(
        keyId,
        createdAt.truncatedTo(ChronoUnit.SECONDS),
        expiresAt,
        lastUsed == null ? null : lastUsed.truncatedTo(ChronoUnit.SECONDS));
  }
}
