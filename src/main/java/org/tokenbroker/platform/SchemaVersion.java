package org.tokenbroker.platform;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationInfoService;
import org.jboss.logging.Logger;

/**
 * Ends the start where the database's schema is older than this release needs, because {@code
 * migrate} was forgotten. Hibernate's look at the schema does not find that out where no entity
 * maps what is missing: statements would fail one by one later. A newer schema is that of a later
 * release, which this one is the rollback from, and is served.
 */
@Singleton
class SchemaVersion {

  private static final Logger LOG = Logger.getLogger(SchemaVersion.class);

  /** Before anything asks for what may be missing. */
  private static final int BEFORE_ALL = 0;

  private final Flyway flyway;

  SchemaVersion(Flyway flyway) {
    this.flyway = flyway;
  }

  void requireNewEnough(@Observes @Priority(BEFORE_ALL) StartupEvent event) {
    MigrationInfoService schema;
    try {
      schema = flyway.info();
    } catch (FlywayException e) {
      // What this cannot tell is no reason to keep out a broker whose schema may be right.
      LOG.warnf(
          "Whether the schema is new enough cannot be told: %s. The command 'migrate' gives the"
              + " application's role the right to read its version",
          MigrateCommand.reason(e));
      return;
    }
    MigrationInfo[] missing = schema.pending();
    if (missing.length > 0) {
      MigrationInfo current = schema.current();
      throw new IllegalStateException(
          "The database's schema is %s, and this release needs version %s: run the command 'migrate' as the schema's owner, or set BROKER_MIGRATE=true where one role does everything"
              .formatted(
                  current == null ? "empty" : "at version " + current.getVersion(),
                  missing[missing.length - 1].getVersion()));
    }
  }
}
