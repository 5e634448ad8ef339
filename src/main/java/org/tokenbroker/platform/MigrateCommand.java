package org.tokenbroker.platform;

import io.smallrye.config.SmallRyeConfig;
import java.io.PrintStream;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.MigrateResult;

/** Brings the schema up to date without starting the broker. */
final class MigrateCommand {

  private MigrateCommand() {}

  /**
   * Applies the migrations that the database does not have yet.
   *
   * @return the exit code
   */
  static int run(SmallRyeConfig config, PrintStream out, PrintStream err) {
    try {
      MigrateResult result =
          Flyway.configure(Thread.currentThread().getContextClassLoader())
              .dataSource(
                  config.getConfigValue("quarkus.datasource.jdbc.url").getValue(),
                  config.getConfigValue("quarkus.datasource.username").getValue(),
                  config.getConfigValue("quarkus.datasource.password").getValue())
              .load()
              .migrate();
      if (result.migrationsExecuted == 0) {
        out.println("The schema is up to date, at version " + result.initialSchemaVersion + ".");
      } else {
        result.migrations.forEach(
            migration ->
                out.println("Applied " + migration.version + ", " + migration.description + "."));
        out.println("The schema is at version " + result.targetSchemaVersion + " now.");
      }
      String role = DatabaseOwner.value(config, Setting.APPLICATION_ROLE.property());
      if (role != null && !role.isEmpty()) {
        try (DatabaseOwner owner = DatabaseOwner.connect(config)) {
          owner.grantTo(role);
        }
        out.println("The application's role may do what serving needs.");
      }
      return Broker.OK;
    } catch (SQLException e) {
      err.println("The application's role could not be granted its rights: " + reason(e));
      return Broker.FAILED;
    } catch (FlywayException e) {
      // Only the database's own words: Flyway's message repeats the URL, which may hold a password.
      err.println("The schema could not be migrated: " + reason(e));
      return Broker.FAILED;
    }
  }

  /** In the database's own words. */
  static String reason(SQLException failure) {
    return failure.getMessage() + " (SQL state " + failure.getSQLState() + ")";
  }

  /** In the database's own words: Flyway's repeat the URL, which may hold a password. */
  static String reason(FlywayException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql) {
        return reason(sql);
      }
    }
    return String.valueOf(failure.getMessage());
  }
}
