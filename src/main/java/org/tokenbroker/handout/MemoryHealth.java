package org.tokenbroker.handout;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Whether this replica can answer reads: not without the database once memory is too old to be
 * relied upon. Neither the database's loss before that nor Active911's takes it out of service, as
 * all replicas would go at once, and with them every token that is still good.
 */
@Readiness
@Singleton
class MemoryHealth implements HealthCheck {

  private final CacheFeed feed;

  MemoryHealth(CacheFeed feed) {
    this.feed = feed;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("memory")
        .status(!feed.isTooOld())
        .withData("age_seconds", (long) feed.secondsSinceLook())
        .build();
  }
}
