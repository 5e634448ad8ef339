package org.tokenbroker.agency;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A consent won from Active911 that is not, or not yet, the agency's grant. */
@Entity
@Table(name = "candidate")
@SuppressWarnings(
    "NullAway.Init") // filled by the repository before it is persisted, or by Hibernate
class Candidate {

  @Id String id;

  @Column(name = "agency_id", nullable = false)
  long agencyId;

  @Enumerated(EnumType.STRING)
  @Column(nullable = false)
  GrantKind kind;

  @Enumerated(EnumType.STRING)
  @Column(nullable = false)
  CandidateReason reason;

  /**
   * Whether any Active911 agency will do where neither the expected nor the former one is known.
   */
  @Column(name = "any_agency", nullable = false)
  boolean anyAgency;

  @Column(name = "active911_id")
  @Nullable String active911Id;

  @Column(name = "active911_name")
  @Nullable String active911Name;

  @Column(name = "scope_granted", nullable = false)
  String scopeGranted;

  @Column(name = "refresh_token", nullable = false)
  byte[] refreshToken;

  @Column(name = "access_token", nullable = false)
  byte[] accessToken;

  @Column(name = "access_token_expires_at", nullable = false)
  Instant accessTokenExpiresAt;

  @Column(name = "refresh_token_expires_at", nullable = false)
  Instant refreshTokenExpiresAt;

  @Column(name = "created_at", nullable = false)
  Instant createdAt;

  @Column(name = "expires_at", nullable = false)
  Instant expiresAt;
}
