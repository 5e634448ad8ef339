package org.tokenbroker.refresh;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.tokenbroker.agency.AgencyChanged;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.TokenRenewed;
import org.tokenbroker.refresh.Journal.Entry;

/**
 * Sees to it that every answer of Active911 reaches the database: journaled first, then stored;
 * where the database is away, tried again for as long as the process lives, and after that from the
 * journal by the next one. Until then the new token is served from memory.
 */
@Singleton
class Settlement {

  /** How soon it is worth asking again for an agency whose answer waits. */
  static final Duration RETRY = Duration.ofSeconds(5);

  private static final Logger LOG = Logger.getLogger(Settlement.class);

  private final Journal journal;
  private final Grants grants;
  private final Event<TokenRenewed> renewed;
  private final Event<AgencyChanged> changed;
  private final Set<Entry> unsettled = ConcurrentHashMap.newKeySet();

  Settlement(
      Journal journal, Grants grants, Event<TokenRenewed> renewed, Event<AgencyChanged> changed) {
    this.journal = journal;
    this.grants = grants;
    this.renewed = renewed;
    this.changed = changed;
  }

  /** What became of an answer. */
  enum Result {
    /** It is stored. */
    STORED,
    /** Something newer is stored already. */
    OUTDATED,
    /** The database is away; it is kept, and tried again. */
    KEPT
  }

  /** Journals an answer and stores it. */
  Result settle(Answer answer) {
    Entry entry = journal.append(answer);
    Result result = store(entry);
    if (result == Result.KEPT) {
      unsettled.add(entry);
      LOG.errorf(
          "Agency %s: the database is away; its new token is kept %s and stored later",
          answer.lease().slug(),
          entry.file().isPresent() ? "in memory and journal" : "in memory only");
    }
    if (result != Result.OUTDATED) {
      renewed.fire(
          new TokenRenewed(answer.lease().agencyId(), answer.lease().slug(), answer.accessToken()));
    }
    return result;
  }

  private Result store(Entry entry) {
    Answer answer = entry.answer();
    boolean stored;
    try {
      stored = grants.settle(answer.lease(), answer.tokens(), answer.nextRefreshAt());
    } catch (DatabaseUnavailableException e) {
      return Result.KEPT;
    }
    journal.remove(entry);
    return stored ? Result.STORED : Result.OUTDATED;
  }

  /**
   * Whether an answer for this agency waits to be stored, after trying once more: as long as one
   * does, the refresh token in the database may be dead and must not be presented.
   */
  boolean isWaiting(long agencyId) {
    boolean waiting = false;
    for (Entry entry : unsettled) {
      if (entry.answer().lease().agencyId() == agencyId) {
        waiting |= !storeWaiting(entry);
      }
    }
    return waiting;
  }

  private boolean storeWaiting(Entry entry) {
    Result result = store(entry);
    if (result == Result.KEPT) {
      return false;
    }
    unsettled.remove(entry);
    String slug = entry.answer().lease().slug();
    LOG.infof(
        "Agency %s: the token that was kept is %s",
        slug, result == Result.STORED ? "stored" : "outdated");
    changed.fire(new AgencyChanged(slug));
    return true;
  }

  /** What an earlier process left in the journal. */
  void replay(@Observes StartupEvent event) {
    for (Entry entry : journal.entries()) {
      Result result = store(entry);
      LOG.infof(
          "Agency %s: an answer was found in the journal: %s",
          entry.answer().lease().slug(), result);
      if (result == Result.KEPT) {
        unsettled.add(entry);
      } else {
        changed.fire(new AgencyChanged(entry.answer().lease().slug()));
      }
    }
  }

  @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void storeWaiting() {
    for (Entry entry : unsettled) {
      if (!storeWaiting(entry)) {
        return; // the database is away for the others as well
      }
    }
  }
}
