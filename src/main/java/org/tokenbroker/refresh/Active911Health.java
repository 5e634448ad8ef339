package org.tokenbroker.refresh;

import io.smallrye.health.api.Wellness;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Whether tokens can be renewed, as far as is known without calling Active911 for it. */
@Wellness
@Singleton
class Active911Health implements HealthCheck {

  /** One agency's refresh may fail by itself. */
  private static final int FAILURES = 3;

  private final RefreshMetrics refreshes;
  private final UpstreamMetrics gate;

  Active911Health(RefreshMetrics refreshes, UpstreamMetrics gate) {
    this.refreshes = refreshes;
    this.gate = gate;
  }

  @Override
  public HealthCheckResponse call() {
    int failures = refreshes.unansweredInARow();
    boolean refused = gate.isClientRefused();
    return HealthCheckResponse.named("active911")
        .status(failures < FAILURES && !refused)
        .withData("calls_failed_in_a_row", failures)
        .withData("client_refused", refused)
        .withData("paused", gate.isPaused())
        .build();
  }
}
