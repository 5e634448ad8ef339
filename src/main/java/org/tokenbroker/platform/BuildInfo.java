package org.tokenbroker.platform;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Says among the metrics which release this replica is. */
@Startup
@Singleton
class BuildInfo {

  BuildInfo(
      @ConfigProperty(name = "quarkus.application.version") String version, MeterRegistry metrics) {
    Gauge.builder("token.broker.build.info", () -> 1)
        .description("The release that this replica runs")
        .tag("version", version)
        .tag("java", Runtime.version().toString())
        .register(metrics);
  }
}
