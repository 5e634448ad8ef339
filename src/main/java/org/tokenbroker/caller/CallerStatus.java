package org.tokenbroker.caller;

import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What an admin may know of a caller; never a key. */
@Schema(description = "An internal service and what is granted to it")
public record CallerStatus(
    @Schema(examples = "dispatch-board") String caller,
    @Schema(
            description = "The slugs granted to it, sorted; `[\"*\"]` for all",
            examples = "[\"springfield-fd\"]")
        List<String> agencies,
    @Schema(nullable = true) @Nullable String issuer,
    @Schema(nullable = true) @Nullable String subject,
    @Schema(nullable = true) @Nullable String certificateSubject,
    List<Key> keys) {

  /** A key by its public part. */
  @Schema(name = "CallerKey", description = "A key, without its secret")
  public record Key(
      @Schema(examples = "4fZ0aQ81LmXc") String keyId,
      Instant createdAt,
      @Schema(nullable = true, description = "null: it does not expire")
          @Nullable Instant expiresAt) {}
}
