package org.tokenbroker.refresh;

import io.smallrye.health.api.Wellness;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Whether answers of Active911 could be written down, and are all in the database. */
@Wellness
@Singleton
class JournalHealth implements HealthCheck {

  private final Journal journal;
  private final Settlement settlement;

  JournalHealth(Journal journal, Settlement settlement) {
    this.journal = journal;
    this.settlement = settlement;
  }

  @Override
  public HealthCheckResponse call() {
    int waiting = settlement.waiting();
    return HealthCheckResponse.named("journal")
        .status(journal.isWritable() && waiting == 0)
        .withData("writable", journal.isWritable())
        .withData("answers_not_stored", waiting)
        .build();
  }
}
