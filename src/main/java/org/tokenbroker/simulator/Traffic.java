package org.tokenbroker.simulator;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What was called, and how it ended. Safe for use by several threads. */
final class Traffic {

  /** Of dead tokens and of overlaps so many are kept one by one; beyond, they are only counted. */
  private static final int LIST_LIMIT = 100_000;

  private static final int SECONDS_KEPT = 3600;

  /**
   * What is counted together.
   *
   * @param agencyId empty: the call belongs to no agency
   */
  record Key(CallKind kind, String agencyId, String outcome) {}

  /** How many calls ended in one way. */
  record Count(Key key, long calls) {}

  /** How many calls began in one second. */
  record Second(Instant second, long calls) {}

  private final InstantSource clock;
  private final Map<Key, LongAdder> counts = new ConcurrentHashMap<>();
  private final ConcurrentNavigableMap<Long, LongAdder> seconds = new ConcurrentSkipListMap<>();
  private final Deque<DeadToken> deadTokens = new ArrayDeque<>();
  private final AtomicLong deadTokenTotal = new AtomicLong();
  private final Deque<OverlappingRefresh> overlaps = new ArrayDeque<>();
  private final AtomicLong overlapTotal = new AtomicLong();

  Traffic(InstantSource clock) {
    this.clock = clock;
  }

  /** Notes that a call began. */
  void began() {
    long second = clock.instant().getEpochSecond();
    LongAdder calls = seconds.get(second);
    if (calls == null) {
      calls = seconds.computeIfAbsent(second, _ -> new LongAdder());
      seconds.headMap(second - SECONDS_KEPT).clear();
    }
    calls.increment();
  }

  /** Notes how a call ended. */
  void ended(CallKind kind, @Nullable SimulatedAgency agency, String outcome) {
    counts
        .computeIfAbsent(
            new Key(kind, agency == null ? "" : agency.id(), outcome), _ -> new LongAdder())
        .increment();
  }

  void presentedDead(DeadToken token) {
    deadTokenTotal.incrementAndGet();
    keep(deadTokens, token);
  }

  void overlapped(OverlappingRefresh refresh) {
    overlapTotal.incrementAndGet();
    keep(overlaps, refresh);
  }

  private static <T> void keep(Deque<T> list, T element) {
    synchronized (list) {
      if (list.size() == LIST_LIMIT) {
        list.removeFirst();
      }
      list.addLast(element);
    }
  }

  /** All counts, in a fixed order. */
  List<Count> counts() {
    List<Count> result = new ArrayList<>();
    counts.forEach((key, calls) -> result.add(new Count(key, calls.sum())));
    result.sort(
        Comparator.comparing((Count count) -> count.key().kind())
            .thenComparing(count -> count.key().agencyId())
            .thenComparing(count -> count.key().outcome()));
    return result;
  }

  /** Calls a second, oldest first, for the last hour; seconds without a call are left out. */
  List<Second> seconds() {
    List<Second> result = new ArrayList<>();
    seconds.forEach(
        (second, calls) -> result.add(new Second(Instant.ofEpochSecond(second), calls.sum())));
    return result;
  }

  List<DeadToken> deadTokens() {
    synchronized (deadTokens) {
      return List.copyOf(deadTokens);
    }
  }

  long deadTokenTotal() {
    return deadTokenTotal.get();
  }

  List<OverlappingRefresh> overlaps() {
    synchronized (overlaps) {
      return List.copyOf(overlaps);
    }
  }

  long overlapTotal() {
    return overlapTotal.get();
  }

  /** Starts counting anew. */
  void forget() {
    counts.clear();
    seconds.clear();
    synchronized (deadTokens) {
      deadTokens.clear();
    }
    deadTokenTotal.set(0);
    synchronized (overlaps) {
      overlaps.clear();
    }
    overlapTotal.set(0);
  }
}
