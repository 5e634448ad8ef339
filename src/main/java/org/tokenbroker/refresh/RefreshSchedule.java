package org.tokenbroker.refresh;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Event;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import org.jboss.logging.Logger;
import org.tokenbroker.agency.AgencyChanged;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.Grants.Due;

/** Looks for tokens that are due and has them renewed; decides nothing else. */
@Singleton
public class RefreshSchedule {

  private static final Logger LOG = Logger.getLogger(RefreshSchedule.class);

  /** How many due agencies are taken on in one go. */
  private static final int BATCH = 500;

  private final Grants grants;
  private final Refresher refresher;
  private final Semaphore slots;
  private final Event<AgencyChanged> changed;

  RefreshSchedule(
      Grants grants, Refresher refresher, RefreshConfig config, Event<AgencyChanged> changed) {
    this.grants = grants;
    this.refresher = refresher;
    this.changed = changed;
    this.slots = new Semaphore(config.concurrency());
  }

  @Scheduled(
      every = "${broker.refresh.interval:10s}",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void tick() throws InterruptedException {
    try {
      refreshDue();
    } catch (DatabaseUnavailableException e) {
      LOG.warn("Nothing can be refreshed: the database cannot be reached");
    }
  }

  /** Renews what is due now and returns when that is done. */
  public void refreshDue() throws InterruptedException {
    for (String slug : grants.giveUpRivals()) {
      LOG.warnf("Agency %s: its consent is gone, or was lost with an answer that never came", slug);
      changed.fire(new AgencyChanged(slug));
    }
    List<CompletableFuture<?>> flights = new ArrayList<>();
    for (Due due : grants.due(BATCH)) {
      slots.acquire();
      flights.add(
          refresher
              .refresh(due.agencyId(), due.slug(), due.generation(), Refresher.Reason.DUE)
              .whenComplete((outcome, failure) -> slots.release()));
    }
    for (CompletableFuture<?> flight : flights) {
      try {
        flight.join();
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof DatabaseUnavailableException)) {
          LOG.error("A refresh failed in a way that is a bug", e);
        }
      }
    }
  }
}
