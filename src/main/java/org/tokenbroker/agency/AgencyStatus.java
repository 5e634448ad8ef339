package org.tokenbroker.agency;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Everything that an admin may know of an agency; never a token. Times are whole seconds of the
 * database's clock.
 */
@Schema(description = "What is known of an agency and its consent")
public record AgencyStatus(
    @Schema(examples = "springfield-fd") String agency,
    @Schema(examples = "Springfield FD") String name,
    ConnectionState state,
    boolean paused,
    @Schema(nullable = true) @Nullable GrantKind kind,
    @Schema(examples = "read_agency read_alert") String scopeRequested,
    @Schema(nullable = true) @Nullable String scopeGranted,
    @Schema(nullable = true) @Nullable String expectedActive911Id,
    @Schema(nullable = true) @Nullable String contact,
    @Schema(nullable = true) @Nullable Active911Agency active911Agency,
    @Schema(nullable = true) @Nullable CandidateStatus candidate,
    @Schema(nullable = true) @Nullable Instant accessTokenExpiresAt,
    @Schema(nullable = true) @Nullable Instant refreshTokenExpiresAt,
    @Schema(nullable = true) @Nullable Instant lastRefreshedAt,
    @Schema(nullable = true) @Nullable Instant nextRefreshAt,
    int consecutiveFailures,
    @Schema(nullable = true) @Nullable LastError lastError) {

  /** The most recent failed refresh, by a short name of ours. */
  public record LastError(@Schema(examples = "upstream_timeout") String type, Instant at) {}

  /** A consent that waits to be confirmed or discarded. */
  public record CandidateStatus(
      String id,
      CandidateReason reason,
      @Schema(nullable = true) @Nullable Active911Agency active911Agency,
      Instant expiresAt) {}

  static AgencyStatus of(Agency agency, @Nullable Grant grant, @Nullable Candidate candidate) {
    CandidateStatus waiting =
        candidate == null
            ? null
            : new CandidateStatus(
                candidate.id,
                candidate.reason,
                candidate.active911Id == null || candidate.active911Name == null
                    ? null
                    : new Active911Agency(candidate.active911Id, candidate.active911Name),
                seconds(candidate.expiresAt));
    if (grant == null) {
      return new AgencyStatus(
          agency.slug,
          agency.name,
          ConnectionState.PENDING,
          agency.paused,
          null,
          agency.scopeRequested,
          null,
          agency.expectedActive911Id,
          agency.contact,
          null,
          waiting,
          null,
          null,
          null,
          null,
          0,
          null);
    }
    return new AgencyStatus(
        agency.slug,
        agency.name,
        grant.state,
        agency.paused,
        grant.kind,
        agency.scopeRequested,
        grant.scopeGranted,
        agency.expectedActive911Id,
        agency.contact,
        new Active911Agency(grant.active911Id, grant.active911Name),
        waiting,
        seconds(grant.accessTokenExpiresAt),
        seconds(grant.refreshTokenExpiresAt),
        seconds(grant.lastRefreshedAt),
        // A consent that is gone is not presented again by the schedule.
        grant.state == ConnectionState.CONNECTED ? seconds(grant.nextRefreshAt) : null,
        grant.consecutiveFailures,
        grant.lastError == null || grant.lastErrorAt == null
            ? null
            : new LastError(grant.lastError, seconds(grant.lastErrorAt)));
  }

  private static Instant seconds(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS);
  }
}
