package org.tokenbroker.simulator;

import java.time.Instant;

/**
 * A refresh token that was presented although it was dead.
 *
 * @param at when it was presented
 * @param kind by which call
 * @param grantId the consent it belonged to
 * @param agencyId that consent's agency
 * @param generation which of the consent's refresh tokens it was; the first is 1
 * @param cause what it had died of
 */
public record DeadToken(
    Instant at, CallKind kind, String grantId, String agencyId, int generation, Cause cause) {

  /** What a refresh token dies of. */
  public enum Cause {
    /** A refresh replaced it. */
    ROTATED,
    /** Its year is over. */
    EXPIRED,
    /** The consent was withdrawn, or its code was presented twice. */
    REVOKED
  }
}
