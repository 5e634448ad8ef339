package org.tokenbroker.caller;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A key of a named admin, as stored: its hash only. */
@Entity
@Table(name = "admin_key")
@SuppressWarnings(
    "NullAway.Init") // filled by the repository before it is persisted, or by Hibernate
class AdminKey {

  @Id
  @Column(name = "key_id")
  String keyId;

  @Column(name = "admin_id", nullable = false, updatable = false)
  long adminId;

  @Column(nullable = false, updatable = false)
  byte[] hash;

  @Column(name = "created_at", nullable = false, insertable = false, updatable = false)
  Instant createdAt;

  @Column(name = "expires_at", updatable = false)
  @Nullable Instant expiresAt;

  /** Written by {@link KeyUse} alone. */
  @Column(name = "last_used_at", insertable = false, updatable = false)
  @Nullable Instant lastUsedAt;
}
