package org.tokenbroker.console;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.KeyStatus;

/**
 * A key by its public part, as a page shows it.
 *
 * @param lastUsed null: never yet
 * @param expires null: it does not
 * @param expired whether it counts no more
 */
record KeyView(
    String id,
    Moment created,
    @Nullable Moment lastUsed,
    @Nullable Moment expires,
    boolean expired) {

  static KeyView of(KeyStatus key, Instant now) {
    return new KeyView(
        key.keyId(),
        Moment.at(key.createdAt(), now),
        Moment.of(key.lastUsedAt(), now),
        Moment.of(key.expiresAt(), now),
        !isValid(key, now));
  }

  static List<KeyView> of(List<KeyStatus> keys, Instant now) {
    return keys.stream().map(key -> of(key, now)).toList();
  }

  static boolean isValid(KeyStatus key, Instant now) {
    return key.expiresAt() == null || now.isBefore(key.expiresAt());
  }

  /** When any of them was used last; null: never yet. */
  static @Nullable Moment lastUse(List<KeyStatus> keys, Instant now) {
    return Moment.of(
        keys.stream()
            .map(KeyStatus::lastUsedAt)
            .filter(Objects::nonNull)
            .max(Comparator.naturalOrder())
            .orElse(null),
        now);
  }
}
