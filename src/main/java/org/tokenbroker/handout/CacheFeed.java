package org.tokenbroker.handout;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencySeen;
import org.tokenbroker.agency.ChangesSought;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.Grants;

/**
 * Brings what other replicas changed into this one's memory, by asking the database what changed
 * since it was asked last: as soon as a {@link ChangeBell} rings, and twice a second anyway. A
 * change of this replica is in memory already; it is read once more and does no harm. After a gap,
 * however long, the next look catches up with all of it.
 */
@Singleton
class CacheFeed {

  private static final Logger LOG = Logger.getLogger(CacheFeed.class);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

  private final Grants grants;
  private final TokenCache cache;
  private final Event<AgencySeen> seenEvent;
  private final Event<ChangesSought> soughtEvent;
  private final long graceNanos;

  /** Where to ask from on; one look runs at a time. */
  private volatile long position;

  /**
   * Changes that were seen, but that the next look will find again: some transaction still runs.
   */
  private volatile Map<String, Long> seen = new HashMap<>();

  private volatile long lastLook = System.nanoTime();
  private volatile @Nullable Thread looking;
  private volatile boolean away;
  private final Semaphore rung = new Semaphore(0);
  private volatile boolean callersHaveChanged;
  private long lastSought;

  CacheFeed(
      Grants grants,
      TokenCache cache,
      Event<AgencySeen> seenEvent,
      Event<ChangesSought> soughtEvent,
      @ConfigProperty(name = "broker.offline-grace", defaultValue = "24h") Duration offlineGrace) {
    this.grants = grants;
    this.cache = cache;
    this.seenEvent = seenEvent;
    this.soughtEvent = soughtEvent;
    this.graceNanos = offlineGrace.toNanos();
  }

  /** Fills memory. Whatever changes while that goes on will be found by the first look. */
  void start(@Observes StartupEvent event) {
    int restored = grants.adoptRestored();
    if (restored > 0) {
      LOG.warnf("%d rows come from another server's backup; they count as changed now", restored);
    }
    position = grants.position();
    cache.fill();
    lastLook = System.nanoTime();
    lastSought = lastLook;
    // A thread of its own, since the scheduler counts in whole seconds.
    looking = Thread.ofVirtual().name("cache-feed").start(this::lookAgainAndAgain);
  }

  /** Whether memory is too old to be relied upon: the database has been away for too long. */
  boolean isTooOld() {
    return System.nanoTime() - lastLook > graceNanos;
  }

  /** How long ago memory has last caught up with the database. */
  double secondsSinceLook() {
    return (System.nanoTime() - lastLook) / 1e9;
  }

  /** Has the feed look now. */
  void ring(boolean callers) {
    if (callers) {
      callersHaveChanged = true;
    }
    rung.release();
  }

  void stop(@Observes ShutdownEvent event) {
    Thread thread = looking;
    if (thread != null) {
      thread.interrupt();
    }
  }

  private void lookAgainAndAgain() {
    try {
      while (true) {
        var _ = rung.tryAcquire(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
        rung.drainPermits();
        look();
      }
    } catch (InterruptedException e) {
      // The process ends.
    }
  }

  private void look() {
    try {
      Grants.Changes changes = grants.changesSince(position);
      Map<String, Long> found = changes.agencies();
      List<String> unseen =
          found.entrySet().stream()
              .filter(change -> !change.getValue().equals(seen.get(change.getKey())))
              .map(Map.Entry::getKey)
              .toList();
      if (!unseen.isEmpty()) {
        cache.load(unseen);
      }
      found.values().removeIf(xid -> xid < changes.position());
      seen = found;
      position = changes.position();
      lastLook = System.nanoTime();
      if (away) {
        away = false;
        LOG.info("The database can be reached again; memory has caught up");
      }
      unseen.forEach(slug -> seenEvent.fire(new AgencySeen(slug)));
      haveOthersLook();
    } catch (DatabaseUnavailableException e) {
      if (!away) {
        away = true;
        LOG.warn("The database cannot be reached; what is in memory serves");
      }
    } catch (RuntimeException e) {
      LOG.error("Looking for changes failed in a way that is a bug; it goes on", e);
    }
  }

  /** Not at each ring: those are many while many tokens are renewed. */
  private void haveOthersLook() {
    if (callersHaveChanged || lastLook - lastSought >= BETWEEN_LOOKS.toNanos()) {
      callersHaveChanged = false;
      lastSought = lastLook;
      soughtEvent.fire(new ChangesSought());
    }
  }
}
