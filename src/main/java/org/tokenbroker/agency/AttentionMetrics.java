package org.tokenbroker.agency;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * How much there is that somebody should look at. It is asked of the database, one statement now
 * and then however often the metrics are read; every replica says the same. Where the database does
 * not answer it is not known, and is not a number.
 */
@Startup
@Singleton
class AttentionMetrics {

  private static final Logger LOG = Logger.getLogger(AttentionMetrics.class);

  /**
   * A refresh that failed is due again within an hour: so of all grants only those are looked at
   * that are due by then, which an index knows.
   */
  private static final String COUNT =
      """
      select (select count(*) from agency_grant
               where state = 'CONNECTED' and next_refresh_at <= now() + interval '65 minutes'
                 and consecutive_failures > 0),
             (select count(*) from candidate where expires_at > now())
      """;

  private final DataSource dataSource;
  private volatile double failing = Double.NaN;
  private volatile double candidates = Double.NaN;

  AttentionMetrics(DataSource dataSource, MeterRegistry metrics) {
    this.dataSource = dataSource;
    Gauge.builder("token.broker.agencies.failing", this, found -> found.failing)
        .description("Connected agencies whose last refresh has failed")
        .register(metrics);
    Gauge.builder("token.broker.candidates", this, found -> found.candidates)
        .description("Consents that were won and wait to become an agency's grant")
        .register(metrics);
  }

  @Scheduled(every = "15s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void look() {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(COUNT)) {
      row.next();
      failing = row.getLong(1);
      candidates = row.getLong(2);
    } catch (SQLException e) {
      LOG.debugf("Not counted: the database cannot be reached (SQL state %s)", e.getSQLState());
      failing = Double.NaN;
      candidates = Double.NaN;
    }
  }
}
