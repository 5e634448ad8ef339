package org.tokenbroker.caller;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/**
 * Every caller, named admin and key at one moment; never changed, only replaced, so that a request
 * reads it without a lock. Keys are looked up by their id, and compared by hash in constant time.
 */
final class Directory {

  static final Directory EMPTY = new Directory(Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

  /** A key and whose it is. */
  private static final class Entry<T> {
    private final byte[] hash;
    private final T holder;
    private final @Nullable Instant expiresAt;

    Entry(byte[] hash, T holder, @Nullable Instant expiresAt) {
      this.hash = hash;
      this.holder = holder;
      this.expiresAt = expiresAt;
    }

    Optional<T> ifValid(byte[] presented, Instant now) {
      return MessageDigest.isEqual(hash, presented)
              && (expiresAt == null || now.isBefore(expiresAt))
          ? Optional.of(holder)
          : Optional.empty();
    }
  }

  /** Who a caller is at an issuer of JWTs. */
  private record Subject(String issuer, String subject) {}

  private final Map<String, Entry<AuthenticatedCaller>> callers;
  private final Map<Subject, AuthenticatedCaller> callersBySubject;
  private final Map<X500Principal, AuthenticatedCaller> callersByCertificate;
  private final Map<String, Entry<Admin>> admins;
  private final Map<ByteBuffer, Entry<Admin>> adminsByHash;

  private Directory(
      Map<String, Entry<AuthenticatedCaller>> callers,
      Map<Subject, AuthenticatedCaller> callersBySubject,
      Map<X500Principal, AuthenticatedCaller> callersByCertificate,
      Map<String, Entry<Admin>> admins,
      Map<ByteBuffer, Entry<Admin>> adminsByHash) {
    this.callers = callers;
    this.callersBySubject = callersBySubject;
    this.callersByCertificate = callersByCertificate;
    this.admins = admins;
    this.adminsByHash = adminsByHash;
  }

  static Directory of(
      List<Caller> callers,
      List<CallerKey> callerKeys,
      List<NamedAdmin> admins,
      List<AdminKey> adminKeys) {
    Map<Long, AuthenticatedCaller> callersById = new HashMap<>();
    Map<Subject, AuthenticatedCaller> callersBySubject = new HashMap<>();
    Map<X500Principal, AuthenticatedCaller> callersByCertificate = new HashMap<>();
    for (Caller row : callers) {
      AuthenticatedCaller caller = new AuthenticatedCaller(row.name, row.allAgencies, row.agencies);
      callersById.put(Callers.idOf(row), caller);
      if (row.issuer != null && row.subject != null) {
        callersBySubject.put(new Subject(row.issuer, row.subject), caller);
      }
      if (row.certificateSubject != null) {
        DistinguishedName.parse(row.certificateSubject)
            .ifPresent(subject -> callersByCertificate.put(subject, caller));
      }
    }
    Map<String, Entry<AuthenticatedCaller>> callersByKeyId = new HashMap<>();
    for (CallerKey key : callerKeys) {
      AuthenticatedCaller caller = callersById.get(key.callerId);
      if (caller != null) {
        callersByKeyId.put(key.keyId, new Entry<>(key.hash, caller, key.expiresAt));
      }
    }
    Map<Long, Admin> adminsById = new HashMap<>();
    for (NamedAdmin admin : admins) {
      adminsById.put(admin.id(), admin.toAdmin());
    }
    Map<String, Entry<Admin>> adminsByKeyId = new HashMap<>();
    Map<ByteBuffer, Entry<Admin>> adminsByHash = new HashMap<>();
    for (AdminKey key : adminKeys) {
      Admin admin = adminsById.get(key.adminId);
      if (admin != null) {
        Entry<Admin> entry = new Entry<>(key.hash, admin, key.expiresAt);
        adminsByKeyId.put(key.keyId, entry);
        adminsByHash.put(ByteBuffer.wrap(key.hash), entry);
      }
    }
    return new Directory(
        callersByKeyId, callersBySubject, callersByCertificate, adminsByKeyId, adminsByHash);
  }

  /** The caller whose key this is, unless it was revoked or has expired. */
  Optional<AuthenticatedCaller> caller(ApiKey key, Instant now) {
    Entry<AuthenticatedCaller> entry = callers.get(key.id());
    return key.kind() == ApiKey.Kind.CALLER && entry != null
        ? entry.ifValid(key.hash(), now)
        : Optional.empty();
  }

  /** The caller that is this subject at that issuer. */
  Optional<AuthenticatedCaller> callerOf(String issuer, String subject) {
    return Optional.ofNullable(callersBySubject.get(new Subject(issuer, subject)));
  }

  /** The caller whose certificates have this subject. */
  Optional<AuthenticatedCaller> callerOf(X500Principal subject) {
    return Optional.ofNullable(callersByCertificate.get(subject));
  }

  /** The named admin whose key this is, unless it was revoked or has expired. */
  Optional<Admin> admin(ApiKey key, Instant now) {
    Entry<Admin> entry = admins.get(key.id());
    return key.kind() == ApiKey.Kind.ADMIN && entry != null
        ? entry.ifValid(key.hash(), now)
        : Optional.empty();
  }

  /** The named admin with a key of this hash, unless it was revoked or has expired. */
  Optional<Admin> adminByHash(byte[] hash, Instant now) {
    Entry<Admin> entry = adminsByHash.get(ByteBuffer.wrap(hash));
    return entry == null ? Optional.empty() : entry.ifValid(hash, now);
  }
}
