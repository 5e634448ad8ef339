package org.tokenbroker.refresh;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jboss.logging.Logger;
import org.tokenbroker.agency.AgencyChanged;
import org.tokenbroker.agency.Candidates;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.Renewal;
import org.tokenbroker.agency.TokenRenewed;
import org.tokenbroker.refresh.Journal.Entry;

/**
 * Sees to it that every answer of Active911 that holds tokens reaches the database: journaled
 * first, then stored; where the database is away, tried again for as long as the process lives, and
 * after that from the journal by the next one. Until then a renewed token is served from memory.
 */
@Singleton
public class Settlement {

  /** How soon it is worth asking again for an agency whose answer waits. */
  static final Duration RETRY = Duration.ofSeconds(5);

  /** How long whoever won a consent waits for it to be stored. */
  private static final Duration WAITED_FOR = Duration.ofSeconds(10);

  /**
   * How long to go on with the others while nothing can be stored: each may wait for a connection.
   */
  private static final Duration PASS = Duration.ofSeconds(10);

  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(500);

  /** How many answers are stored by one commit: whoever waits for one waits for all of them. */
  private static final int MOST_TOGETHER = 100;

  private static final Logger LOG = Logger.getLogger(Settlement.class);

  private final Journal journal;
  private final Grants grants;
  private final Candidates candidates;
  private final Event<TokenRenewed> renewed;
  private final Event<AgencyChanged> changed;
  private final ConcurrentMap<Unsettled, Entry> unsettled = new ConcurrentHashMap<>();
  private final GroupCommit<Answer, Boolean> together =
      new GroupCommit<>(
          Thread.ofPlatform().daemon().name("settlement").factory(),
          MOST_TOGETHER,
          this::storeTogether);

  Settlement(
      Journal journal,
      Grants grants,
      Candidates candidates,
      Event<TokenRenewed> renewed,
      Event<AgencyChanged> changed) {
    this.journal = journal;
    this.grants = grants;
    this.candidates = candidates;
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

  /** Journals the answer to a refresh and stores it. */
  Result settle(Renewal renewal) {
    Answer answer = new Answer(renewal);
    Result result = journalAndStore(answer);
    if (result != Result.OUTDATED) {
      renewed.fire(new TokenRenewed(answer.agencyId(), answer.slug(), answer.accessToken()));
    }
    return result;
  }

  /**
   * Journals a consent just won and stores it as a candidate. Blocks.
   *
   * @return whether it is a candidate now; false if its agency was deleted meanwhile
   * @throws DatabaseUnavailableException if it could not be stored within some seconds; it is kept,
   *     and stored when the database is back
   */
  public boolean keep(WonConsent consent) {
    Result result = journalAndStore(consent);
    long deadline = System.nanoTime() + WAITED_FOR.toNanos();
    while (result == Result.KEPT && System.nanoTime() < deadline && pause()) {
      result = storeWaiting(consent);
    }
    return switch (result) {
      case STORED -> true;
      case OUTDATED -> false;
      case KEPT -> throw new DatabaseUnavailableException("a consent that was won is kept");
    };
  }

  private static boolean pause() {
    try {
      Thread.sleep(BETWEEN_ATTEMPTS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private Result journalAndStore(Unsettled answer) {
    Entry entry = journal.append(answer);
    Result result =
        switch (answer) {
          case Answer refresh -> storeWithOthers(refresh, entry);
          case WonConsent _ -> store(entry);
        };
    if (result == Result.KEPT) {
      unsettled.put(answer, entry);
      LOG.errorf(
          "Agency %s: the database is away; its new token is kept %s and stored later",
          answer.slug(), entry.file().isPresent() ? "in memory and journal" : "in memory only");
    }
    return result;
  }

  private Result storeWithOthers(Answer answer, Entry entry) {
    try {
      if (together.commit(answer)) {
        journal.remove(entry);
        return Result.STORED;
      }
    } catch (CompletionException e) {
      if (DatabaseUnavailableException.isCauseOf(e)) {
        return Result.KEPT;
      }
      // One of them is the reason, and it is no other's. The driver's message holds what was to be
      // stored, so that no more than its kind is said.
      LOG.warnf(
          "Several new tokens could not be stored together (%s), and are stored one by one",
          Objects.requireNonNullElse(e.getCause(), e).getClass().getSimpleName());
    }
    return store(entry);
  }

  /**
   * Whether each was stored; if not, that has to be tried by itself. So is one that came alone: it
   * needs no transaction beyond its statement.
   */
  private List<Boolean> storeTogether(List<Answer> answers) {
    return answers.size() == 1
        ? List.of(false)
        : grants.settleTogether(answers.stream().map(Answer::renewal).toList());
  }

  private Result store(Entry entry) {
    boolean stored;
    try {
      stored =
          switch (entry.answer()) {
            case Answer answer -> grants.settle(answer.renewal());
            case WonConsent consent ->
                candidates.keep(
                    consent.candidateId(),
                    consent.agencyId(),
                    consent.kind(),
                    consent.tokens(),
                    consent.anyAgency(),
                    consent.wonAt());
          };
    } catch (DatabaseUnavailableException e) {
      return Result.KEPT;
    } catch (RuntimeException e) {
      // Of whatever kind: what Active911 has given is not let go of.
      if (!isFromDatabase(e)) {
        LOG.errorf(e, "Agency %s: its new token could not be stored", entry.answer().slug());
      }
      return Result.KEPT;
    }
    journal.remove(entry);
    return stored ? Result.STORED : Result.OUTDATED;
  }

  private static boolean isFromDatabase(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException) {
        return true;
      }
    }
    return false;
  }

  private Result storeWaiting(Unsettled answer) {
    Entry entry = unsettled.get(answer);
    return entry == null ? Result.STORED : storeWaiting(entry);
  }

  /**
   * Whether an answer for this agency waits to be stored, after trying once more: as long as one
   * does, the refresh token in the database may be dead and must not be presented.
   */
  boolean isWaiting(long agencyId) {
    boolean waiting = false;
    for (Entry entry : unsettled.values()) {
      if (entry.answer() instanceof Answer && entry.answer().agencyId() == agencyId) {
        waiting |= storeWaiting(entry) == Result.KEPT;
      }
    }
    return waiting;
  }

  /** How many answers are still to be stored. */
  int waiting() {
    return unsettled.size();
  }

  /** Whether an answer for this agency is still to be stored. */
  boolean holdsAnswer(long agencyId) {
    for (Unsettled answer : unsettled.keySet()) {
      if (answer instanceof Answer && answer.agencyId() == agencyId) {
        return true;
      }
    }
    return false;
  }

  private Result storeWaiting(Entry entry) {
    Result result = store(entry);
    if (result != Result.KEPT && unsettled.remove(entry.answer(), entry)) {
      String slug = entry.answer().slug();
      LOG.infof(
          "Agency %s: the token that was kept is %s",
          slug, result == Result.STORED ? "stored" : "outdated");
      changed.fire(new AgencyChanged(slug));
    }
    return result;
  }

  /** What an earlier process left in the journal. */
  void replay(@Observes StartupEvent event) {
    for (Entry entry : journal.entries()) {
      Result result = store(entry);
      String slug = entry.answer().slug();
      LOG.infof("Agency %s: an answer was found in the journal: %s", slug, result);
      if (result == Result.KEPT) {
        unsettled.put(entry.answer(), entry);
      } else {
        changed.fire(new AgencyChanged(slug));
      }
    }
  }

  @Scheduled(every = "1s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void storeWaiting() {
    storeWaitingUntil(System.nanoTime() + PASS.toNanos());
  }

  /** One that cannot be stored, for whatever reason, does not keep the others from it. */
  private void storeWaitingUntil(long deadline) {
    for (Entry entry : unsettled.values()) {
      if (storeWaiting(entry) == Result.KEPT && System.nanoTime() > deadline) {
        return;
      }
    }
  }

  /**
   * Goes on storing what waits until all of it is stored or the time is over, and says what stays.
   */
  void end(Duration atMost) {
    long deadline = System.nanoTime() + atMost.toNanos();
    if (!unsettled.isEmpty()) {
      LOG.errorf(
          "Ending, but %d new tokens are not in the database yet; trying for %d s more",
          unsettled.size(), atMost.toSeconds());
    }
    while (!unsettled.isEmpty()) {
      storeWaitingUntil(deadline);
      if (unsettled.isEmpty() || System.nanoTime() > deadline || !pause()) {
        break;
      }
    }
    for (Entry entry : unsettled.values()) {
      LOG.errorf(
          "Agency %s: its new token could not be stored before the end: %s",
          entry.answer().slug(),
          entry
              .file()
              .map(
                  file ->
                      "it is kept in "
                          + file.getFileName()
                          + " of the journal, which has to be there at the next start")
              .orElse("IT IS LOST, since the journal could not be written either"));
    }
  }
}
