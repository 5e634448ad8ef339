package org.tokenbroker.caller;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key that was just made; the only time that it is seen.
 *
 * @param expiresAt null: never
 */
public record NewKey(ApiKey key, @Nullable Instant expiresAt) {}
