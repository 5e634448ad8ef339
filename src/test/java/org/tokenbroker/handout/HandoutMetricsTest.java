package org.tokenbroker.handout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import java.lang.management.ManagementFactory;
import java.sql.SQLException;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.handout.HandoutMetrics.Source;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/** What is counted of reads, with the registry of production. */
@NullMarked
@SuppressWarnings("deprecation") // the registry that Quarkus brings
class HandoutMetricsTest {

  private static final int READS = 10_000;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HandoutMetrics metrics = new HandoutMetrics(registry);

  private Timer reads(String outcome) {
    return registry.get("token.broker.handout").tag("outcome", outcome).timer();
  }

  @Test
  void eachReadIsCountedByWhatCameOfIt() {
    metrics.answered(Source.MEMORY, System.nanoTime());
    metrics.answered(Source.NOT_MODIFIED, System.nanoTime());
    metrics.answered(Source.RENEWED, System.nanoTime());
    metrics.refused(
        Problem.of(ProblemType.CONSENT_REQUIRED, "gone").toException(), System.nanoTime());
    metrics.refused(new DatabaseUnavailableException(new SQLException("away")), System.nanoTime());

    for (String outcome :
        new String[] {
          "memory", "not_modified", "renewed", "consent_required", "database_unavailable"
        }) {
      assertEquals(1, reads(outcome).count(), outcome);
    }
    assertEquals(0, reads("upstream_unavailable").count());
  }

  @Test
  void whateverElseFailsIsABug() {
    metrics.refused(new IllegalStateException("unforeseen"), System.nanoTime());
    metrics.refused(
        Problem.of(ProblemType.TOO_LARGE, "no outcome of a read").toException(), System.nanoTime());

    assertEquals(2, reads("internal_error").count());
  }

  @Test
  void aTokenThatIsTooShortIsCountedButNotOneWhoseSecondHasJustEnded() {
    metrics.lives(60, 60);
    metrics.lives(59, 60);
    metrics.lives(58, 60);

    assertEquals(1, registry.get("token.broker.handouts.below.min.ttl").counter().count());
  }

  @Test
  void measuringAReadAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    measure(); // whatever is made once
    long before = threads.getCurrentThreadAllocatedBytes();

    measure();

    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(bytes < READS, bytes + " bytes for " + READS + " reads");
  }

  private void measure() {
    for (int read = 0; read < READS; read++) {
      metrics.lives(3600, 60);
      metrics.answered(Source.MEMORY, System.nanoTime());
    }
  }
}
