package org.tokenbroker.caller;

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
    List<KeyStatus> keys) {}
