package org.tokenbroker.handout;

import io.smallrye.health.api.Wellness;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Whether the database is reached. Where it is not, memory goes on serving: no readiness. */
@Wellness
@Singleton
class DatabaseHealth implements HealthCheck {

  /** Memory looks twice a second, and a look may wait for a connection. */
  private static final long LONGEST = 10;

  private final CacheFeed feed;
  private final ChangeBell bell;

  DatabaseHealth(CacheFeed feed, ChangeBell bell) {
    this.feed = feed;
    this.bell = bell;
  }

  @Override
  public HealthCheckResponse call() {
    long seconds = (long) feed.secondsSinceLook();
    return HealthCheckResponse.named("database")
        .status(seconds <= LONGEST)
        .withData("reached_seconds_ago", seconds)
        .withData("changes_are_heard_of", bell.isListening())
        .build();
  }
}
