package org.tokenbroker.audit;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.jboss.logging.Logger;

/**
 * Has the schema's owner make the audit tables' next months, also for a broker that runs for months
 * without a migration. Where that fails, rows fall into the default partitions until it succeeds.
 */
@Singleton
class AuditPartitions {

  private static final Logger LOG = Logger.getLogger(AuditPartitions.class);

  private final DataSource dataSource;

  AuditPartitions(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  void start(@Observes StartupEvent event) {
    create();
  }

  @Scheduled(every = "1h", delayed = "1h", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void create() {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("select audit_create_partitions()");
    } catch (SQLException e) {
      LOG.warnf(
          "The audit trail's next months could not be made; trying again in an hour (SQL state %s)",
          e.getSQLState());
    }
  }
}
