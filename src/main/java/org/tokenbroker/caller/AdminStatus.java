package org.tokenbroker.caller;

import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What an admin may know of an admin; never a key. */
@Schema(description = "A person or pipeline that looks after the broker")
public record AdminStatus(
    @Schema(examples = "alice") String name,
    @Schema(
            implementation = String.class,
            enumeration = {"viewer", "operator", "admin"})
        Role role,
    List<KeyStatus> keys) {}
