package org.tokenbroker.agency;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.Nullable;

/**
 * An agency's consent and the tokens won with it, as stored. Read-only to Hibernate: every change
 * is one conditional statement of {@link Grants}, so that two replicas cannot overwrite each other.
 */
@Entity
@Immutable
@Table(name = "agency_grant")
@SuppressWarnings("NullAway.Init") // filled by Hibernate
class Grant {

  @Id
  @Column(name = "agency_id")
  long agencyId;

  @Column(name = "connection_id", nullable = false)
  UUID connectionId;

  @Enumerated(EnumType.STRING)
  @Column(nullable = false)
  GrantKind kind;

  @Enumerated(EnumType.STRING)
  @Column(nullable = false)
  ConnectionState state;

  @Column(name = "active911_id", nullable = false)
  String active911Id;

  @Column(name = "active911_name", nullable = false)
  String active911Name;

  @Column(name = "scope_granted", nullable = false)
  String scopeGranted;

  @Column(name = "refresh_token_hash", nullable = false)
  byte[] refreshTokenHash;

  @Column(name = "access_token", nullable = false)
  byte[] accessToken;

  @Column(nullable = false)
  long generation;

  @Column(name = "access_token_expires_at", nullable = false)
  Instant accessTokenExpiresAt;

  @Column(name = "refresh_token_expires_at", nullable = false)
  Instant refreshTokenExpiresAt;

  @Column(name = "connected_at", nullable = false)
  Instant connectedAt;

  @Column(name = "last_refreshed_at", nullable = false)
  Instant lastRefreshedAt;

  @Column(name = "next_refresh_at", nullable = false)
  Instant nextRefreshAt;

  @Column(name = "consecutive_failures", nullable = false)
  int consecutiveFailures;

  @Column(name = "last_error")
  @Nullable String lastError;

  @Column(name = "last_error_at")
  @Nullable Instant lastErrorAt;
}
