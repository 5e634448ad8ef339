package org.tokenbroker.handout;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.TokenCipher.UndecipherableException;

/**
 * Brings what other replicas changed into this one's memory, by asking the database twice a second
 * what changed since it was asked last. A change of this replica is in memory already; it is read
 * once more and does no harm. After a gap, however long, the next look catches up with all of it.
 */
@Singleton
class CacheFeed {

  private static final Logger LOG = Logger.getLogger(CacheFeed.class);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(500);

  private final Grants grants;
  private final TokenCache cache;
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

  CacheFeed(
      Grants grants,
      TokenCache cache,
      @ConfigProperty(name = "broker.offline-grace", defaultValue = "24h") Duration offlineGrace) {
    this.grants = grants;
    this.cache = cache;
    this.graceNanos = offlineGrace.toNanos();
  }

  /** Fills memory. Whatever changes while that goes on will be found by the first look. */
  void start(@Observes StartupEvent event) {
    position = grants.position();
    cache.fill();
    lastLook = System.nanoTime();
    // A thread of its own, since the scheduler counts in whole seconds.
    looking = Thread.ofVirtual().name("cache-feed").start(this::lookAgainAndAgain);
  }

  /** Whether memory is too old to be relied upon: the database has been away for too long. */
  boolean isTooOld() {
    return System.nanoTime() - lastLook > graceNanos;
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
        Thread.sleep(BETWEEN_LOOKS);
        look();
      }
    } catch (InterruptedException e) {
      // The process ends.
    }
  }

  /** One agency that cannot be read must not keep the changes of all others from being seen. */
  private void reload(String agency) {
    try {
      cache.load(agency);
    } catch (UndecipherableException e) {
      LOG.errorf("Agency %s has changed, but: %s", agency, e.getMessage());
    }
  }

  private void look() {
    try {
      Grants.Changes changes = grants.changesSince(position);
      Map<String, Long> found = changes.agencies();
      for (Map.Entry<String, Long> change : found.entrySet()) {
        if (!change.getValue().equals(seen.get(change.getKey()))) {
          reload(change.getKey());
        }
      }
      found.values().removeIf(xid -> xid < changes.position());
      seen = found;
      position = changes.position();
      lastLook = System.nanoTime();
      if (away) {
        away = false;
        LOG.info("The database can be reached again; memory has caught up");
      }
    } catch (DatabaseUnavailableException e) {
      if (!away) {
        away = true;
        LOG.warn("The database cannot be reached; what is in memory serves");
      }
    } catch (RuntimeException e) {
      LOG.error("Looking for changes failed in a way that is a bug; it goes on", e);
    }
  }
}
