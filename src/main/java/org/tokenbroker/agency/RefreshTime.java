package org.tokenbroker.agency;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/** When a token is to be refreshed. */
public final class RefreshTime {

  /** The share of its life after which a token is due, and how far that is spread. */
  private static final double EARLIEST = 0.70;

  private static final double SPREAD = 0.10;

  /** How soon to refresh a token that came expired: soon, but never in a loop. */
  private static final Duration UNUSABLE = Duration.ofSeconds(30);

  private RefreshTime() {}

  /**
   * A moment between 70 and 80 % of the token's life, drawn anew each time, so that agencies
   * connected in one minute are not refreshed in one minute.
   */
  public static Instant dueAt(Instant issuedAt, Instant expiresAt, RandomGenerator random) {
    Duration life = Duration.between(issuedAt, expiresAt);
    if (!life.isPositive()) {
      return issuedAt.plus(UNUSABLE);
    }
    double share = EARLIEST + SPREAD * random.nextDouble();
    return issuedAt.plusMillis((long) (life.toMillis() * share));
  }
}
