package org.tokenbroker.refresh;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.tokenbroker.agency.AgencyChanged;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.Lease;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.trace.Traces;

/**
 * Has every token renewed that is due, used or not. Each replica does so by itself; what one claims
 * the others pass over, so they share the work and none leads.
 */
@Singleton
public class RefreshSchedule {

  private static final Logger LOG = Logger.getLogger(RefreshSchedule.class);

  /** What a batch may wait for its turn: what is claimed must not lie about. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration GATHERING = Duration.ofMillis(50);

  /** At the end, before whatever this still needs. */
  private static final int FIRST = 1;

  private final Grants grants;
  private final Refresher refresher;
  private final Settlement settlement;
  private final UpstreamGate gate;
  private final RefreshConfig config;
  private final Event<AgencyChanged> changed;
  private final AuditLog audit;
  private final Traces traces;
  private final Semaphore slots;

  /** Those under way whose refresh before has failed: at most half of all. */
  private final AtomicInteger failing = new AtomicInteger();

  private volatile boolean ending;

  /** Held while leases are being claimed, until each is on its way or given back. */
  private final Semaphore claiming = new Semaphore(1);

  RefreshSchedule(
      Grants grants,
      Refresher refresher,
      Settlement settlement,
      UpstreamGate gate,
      RefreshConfig config,
      Event<AgencyChanged> changed,
      AuditLog audit,
      Traces traces) {
    this.grants = grants;
    this.refresher = refresher;
    this.settlement = settlement;
    this.gate = gate;
    this.config = config;
    this.changed = changed;
    this.audit = audit;
    this.traces = traces;
    this.slots = new Semaphore(config.concurrency());
  }

  @Scheduled(
      every = "${broker.refresh.interval:10s}",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void tick() throws InterruptedException {
    try {
      var _ = takeOnWhatIsDue();
    } catch (DatabaseUnavailableException e) {
      LOG.warn("Nothing can be refreshed: the database cannot be reached");
    }
  }

  /** Renews what is due now and returns when that is done. */
  public void refreshDue() throws InterruptedException {
    for (CompletableFuture<?> flight : takeOnWhatIsDue()) {
      try {
        flight.join();
      } catch (CompletionException e) {
        LOG.debug("A refresh ended without an outcome", e);
      }
    }
  }

  private List<CompletableFuture<RefreshOutcome>> takeOnWhatIsDue() throws InterruptedException {
    List<CompletableFuture<RefreshOutcome>> flights = new ArrayList<>();
    if (ending || !grants.isAnyDue()) {
      return flights;
    }
    for (String slug : grants.giveUpRivals()) {
      LOG.warnf("Agency %s: its consent is gone, or was lost with an answer that never came", slug);
      audit.note(AuditEvent.of(Kind.CONSENT_LOST).agency(slug));
      changed.fire(new AgencyChanged(slug));
    }
    while (true) {
      int free = acquireSlots();
      claiming.acquire();
      int used = 0;
      // Ended, and so seen, only if there is something below it.
      Span round = traces.start("refresh due", SpanKind.INTERNAL);
      try {
        List<Lease> leases = ending ? List.of() : Traces.within(round, () -> claim(free));
        if (leases.isEmpty()) {
          return flights;
        }
        Optional<Duration> wait = gate.reserve(leases.size(), PATIENCE);
        if (wait.isEmpty()) {
          leases.forEach(grants::release);
          return flights; // those who wait for a token need the calls more
        }
        used = leases.size();
        flights.addAll(Traces.within(round, () -> launch(leases, wait.get())));
        round.end();
      } finally {
        claiming.release();
        slots.release(free - used);
      }
    }
  }

  /**
   * Waits for one slot, and for a moment for some more, since a claim for each by itself costs more
   * than the refresh; and takes what else is free, but no more than may be called in a second.
   */
  private int acquireSlots() throws InterruptedException {
    slots.acquire();
    int most = config.rate() == 0 ? config.concurrency() : config.rate();
    int taken = 1;
    int more = Math.min(most, config.concurrency() / 4) - taken;
    if (more > 0 && slots.tryAcquire(more, GATHERING.toMillis(), TimeUnit.MILLISECONDS)) {
      taken += more;
    }
    while (taken < most && slots.tryAcquire()) {
      taken++;
    }
    return taken;
  }

  private List<Lease> claim(int free) {
    UpstreamGate.State upstream = gate.state();
    if (upstream.pausedFor().compareTo(PATIENCE) > 0) {
      return List.of();
    }
    int failingToo = Math.clamp((config.concurrency() + 1) / 2 - failing.get(), 0, free);
    if (!upstream.clientRefused()) {
      return grants.claimDue(free, failingToo, true, refresher.owner(), config.lease());
    }
    List<Lease> personal =
        grants.claimDue(free, failingToo, false, refresher.owner(), config.lease());
    return personal.isEmpty() && gate.mayProbe()
        ? grants.claimDue(1, 1, true, refresher.owner(), config.lease())
        : personal;
  }

  private List<CompletableFuture<RefreshOutcome>> launch(List<Lease> leases, Duration wait) {
    List<Lease> ordered = new ArrayList<>(leases);
    ordered.sort(Comparator.comparing(Lease::accessTokenExpiresAt));
    List<CompletableFuture<RefreshOutcome>> flights = new ArrayList<>();
    Duration turn = wait;
    for (Lease lease : ordered) {
      boolean failed = lease.consecutiveFailures() > 0;
      if (failed) {
        failing.incrementAndGet();
      }
      flights.add(
          refresher
              .refresh(lease, turn)
              .whenComplete(
                  (outcome, failure) -> {
                    if (failed) {
                      failing.decrementAndGet();
                    }
                    slots.release();
                    if (failure != null && !(failure instanceof DatabaseUnavailableException)) {
                      LOG.error("A refresh failed in a way that is a bug", failure);
                    }
                  }));
      turn = turn.plus(gate.spacing());
    }
    return flights;
  }

  /**
   * Ends in order: claims nothing any more, waits for the answers under way, and sees to it that
   * they are stored. Before the database's pool closes, which is when the container does.
   */
  void end(@Observes @Priority(FIRST) ShutdownEvent event) throws InterruptedException {
    ending = true;
    long deadline = System.nanoTime() + config.shutdownGrace().toNanos();
    var _ = claiming.tryAcquire(config.shutdownGrace().toMillis(), TimeUnit.MILLISECONDS);
    if (!refresher.end(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())))) {
      LOG.error(
          "Refreshes under way did not end within BROKER_REFRESH_SHUTDOWN_GRACE and are left to their"
              + " leases; an answer that comes now is lost");
    }
    settlement.end(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
  }
}
