package org.tokenbroker.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Counts what happens too often to be written down one by one. Counting waits for nobody; what was
 * counted is collected from time to time, each happening exactly once.
 *
 * <p>Memory is bounded: with more different keys than the limit, those that come later are counted
 * under a coarser one.
 *
 * @param <K> what is told apart
 */
final class Tally<K> {

  /** One count, until it is collected: open at first, then closed, and never opened again. */
  private static final class Window {
    private final long first;
    private final AtomicLong count = new AtomicLong();
    private volatile long last;

    Window(long now) {
      this.first = now;
      this.last = now;
    }

    /** Counts one more; false if the window is closed, and nothing was counted. */
    boolean add(long now) {
      last = now;
      return count.getAndIncrement() >= 0;
    }

    long close() {
      return count.getAndSet(Long.MIN_VALUE);
    }
  }

  /**
   * What was counted of a key.
   *
   * @param first when it happened first, as of {@link System#nanoTime()}
   * @param last when it happened last
   */
  record Counted<K>(K key, long count, long first, long last) {
    private Counted<K> plus(Counted<K> other) {
      return new Counted<>(
          key,
          count + other.count,
          first - other.first < 0 ? first : other.first,
          last - other.last > 0 ? last : other.last);
    }
  }

  private final int limit;
  private final UnaryOperator<K> coarser;
  private final ConcurrentMap<K, Window> windows = new ConcurrentHashMap<>();

  /** Collected before, but in vain. */
  private final Map<K, Counted<K>> returned = new LinkedHashMap<>();

  /**
   * A tally.
   *
   * @param limit how many keys are told apart
   * @param coarser the key under which others are counted beyond that; there must be few such
   */
  Tally(int limit, UnaryOperator<K> coarser) {
    this.limit = limit;
    this.coarser = coarser;
  }

  /**
   * Counts one happening; does not block.
   *
   * @param now as of {@link System#nanoTime()}
   */
  void count(K key, long now) {
    while (true) {
      @Nullable Window window = windows.get(key);
      if (window == null) {
        K counted = windows.size() < limit ? key : coarser.apply(key);
        window = windows.computeIfAbsent(counted, absent -> new Window(now));
      }
      if (window.add(now)) {
        return;
      }
      Thread.onSpinWait(); // it was just closed, and is about to be taken out
    }
  }

  /**
   * Takes out what was counted by windows that are at least so old. For one thread at a time.
   *
   * @param age nanoseconds
   */
  synchronized List<Counted<K>> collect(long age, long now) {
    windows.forEach(
        (key, window) -> {
          if (now - window.first >= age) {
            long count = window.close();
            windows.remove(key, window);
            if (count > 0) {
              keep(new Counted<>(key, count, window.first, window.last));
            }
          }
        });
    List<Counted<K>> all = new ArrayList<>(returned.values());
    returned.clear();
    return all;
  }

  /** Puts back what could not be written: it is collected again with what comes to it. */
  synchronized void giveBack(List<Counted<K>> unwritten) {
    unwritten.forEach(this::keep);
  }

  private void keep(Counted<K> counted) {
    K key =
        returned.size() < limit || returned.containsKey(counted.key())
            ? counted.key()
            : coarser.apply(counted.key());
    returned.merge(
        key,
        new Counted<>(key, counted.count(), counted.first(), counted.last()),
        (one, other) -> one.plus(other));
  }
}
