package org.tokenbroker.onboarding;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A one-time link with which an officer connects one agency; its secret is stored as a hash. */
@Entity
@Table(name = "invitation")
@SuppressWarnings(
    "NullAway.Init") // filled by the repository before it is persisted, or by Hibernate
class Invitation {

  @Id String id;

  @Column(name = "agency_id", nullable = false, updatable = false)
  long agencyId;

  @Column(name = "secret_hash", nullable = false, updatable = false)
  byte[] secretHash;

  @Column(name = "created_by", nullable = false, updatable = false)
  String createdBy;

  @Column(name = "created_at", nullable = false, updatable = false)
  Instant createdAt;

  @Column(name = "expires_at", nullable = false, updatable = false)
  Instant expiresAt;

  @Column(name = "used_at")
  @Nullable Instant usedAt;

  @Column(name = "revoked_at")
  @Nullable Instant revokedAt;
}
