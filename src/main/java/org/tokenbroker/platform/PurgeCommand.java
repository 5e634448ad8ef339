package org.tokenbroker.platform;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfig;
import java.io.PrintStream;
import java.sql.SQLException;
import java.time.Duration;
import org.tokenbroker.platform.DatabaseOwner.Purged;

/** Deletes what the audit trail has kept for long enough. */
final class PurgeCommand {

  private PurgeCommand() {}

  /**
   * Drops the months that are too old, and deletes the rest of what is.
   *
   * @return the exit code
   */
  static int run(SmallRyeConfig config, PrintStream out, PrintStream err) {
    String set = DatabaseOwner.value(config, Setting.AUDIT_RETENTION.property());
    Duration retention =
        DurationConverter.parseDuration(
            set == null || set.isEmpty() ? Setting.AUDIT_RETENTION.defaultValue() : set);
    try (DatabaseOwner owner = DatabaseOwner.connect(config)) {
      Purged purged = owner.purge(retention);
      out.printf(
          "Dropped %d partitions and deleted %d rows besides, older than %s.%n",
          purged.months(), purged.rows(), retention);
      return Broker.OK;
    } catch (SQLException e) {
      err.println("The audit trail could not be purged: " + MigrateCommand.reason(e));
      return Broker.FAILED;
    }
  }
}
