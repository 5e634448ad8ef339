package org.tokenbroker.caller;

import java.security.MessageDigest;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every caller and key at one moment; never changed, only replaced, so that a request reads it
 * without a lock. Looked up by key id, compared by hash in constant time.
 */
final class Directory {

  static final Directory EMPTY = new Directory(Map.of());

  private static final class Entry {
    private final byte[] hash;
    private final AuthenticatedCaller caller;
    private final @Nullable Instant expiresAt;

    Entry(byte[] hash, AuthenticatedCaller caller, @Nullable Instant expiresAt) {
      this.hash = hash;
      this.caller = caller;
      this.expiresAt = expiresAt;
    }
  }

  private final Map<String, Entry> byKeyId;

  private Directory(Map<String, Entry> byKeyId) {
    this.byKeyId = byKeyId;
  }

  static Directory of(List<Caller> callers, List<CallerKey> keys) {
    Map<Long, AuthenticatedCaller> byId = new HashMap<>();
    for (Caller caller : callers) {
      byId.put(
          Callers.idOf(caller),
          new AuthenticatedCaller(caller.name, caller.allAgencies, caller.agencies));
    }
    Map<String, Entry> byKeyId = new HashMap<>();
    for (CallerKey key : keys) {
      AuthenticatedCaller caller = byId.get(key.callerId);
      if (caller != null) {
        byKeyId.put(key.keyId, new Entry(key.hash, caller, key.expiresAt));
      }
    }
    return new Directory(byKeyId);
  }

  /** The caller whose key this is, unless it was revoked or has expired. */
  Optional<AuthenticatedCaller> find(ApiKey key, Instant now) {
    Entry entry = byKeyId.get(key.id());
    if (entry == null
        || !MessageDigest.isEqual(entry.hash, key.hash())
        || (entry.expiresAt != null && !now.isBefore(entry.expiresAt))) {
      return Optional.empty();
    }
    return Optional.of(entry.caller);
  }
}
