package org.tokenbroker.refresh;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Does together what comes from several threads at once (group commit): whoever comes while some
 * are being done is among the next. One that comes alone waits for nobody. For work that costs
 * nearly the same for many as for one, since most of it is the wait for a disk.
 *
 * <p>One thread does it all, not one of those who wait: they are many, and each would make a cipher
 * of its own (see {@link org.tokenbroker.agency.TokenCipher}). It ends when there is nothing to do.
 *
 * @param <T> what is to be done
 * @param <R> what comes of it
 */
final class GroupCommit<T, R> {

  private static final int IDLE_SECONDS = 10;

  private record Waiting<T, R>(T item, CompletableFuture<R> result) {}

  private final int most;
  private final Function<List<T>, List<R>> work;
  private final Queue<Waiting<T, R>> waiting = new ConcurrentLinkedQueue<>();
  private final ExecutorService thread;

  /**
   * @param threads makes the thread
   * @param most how many are done together
   * @param work does some, in the order in which they came, and returns what came of each in that
   *     order
   */
  GroupCommit(ThreadFactory threads, int most, Function<List<T>, List<R>> work) {
    this.most = most;
    this.work = work;
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
    executor.allowCoreThreadTimeOut(true);
    this.thread = executor;
  }

  /**
   * Waits until it is done, and is not to be interrupted.
   *
   * @throws CompletionException if the work failed, for all that were done together
   */
  R commit(T item) {
    Waiting<T, R> own = new Waiting<>(item, new CompletableFuture<>());
    waiting.add(own);
    try {
      thread.execute(this::doSome);
    } catch (OutOfMemoryError e) {
      // No thread can be had; but what Active911 has given is not let go of.
      while (waiting.contains(own)) {
        doSome();
      }
    }
    return own.result().join();
  }

  /** Once for each that came, so that none is left; mostly there is nothing any more. */
  private void doSome() {
    List<Waiting<T, R>> group = new ArrayList<>();
    while (group.size() < most) {
      Waiting<T, R> next = waiting.poll();
      if (next == null) {
        break;
      }
      group.add(next);
    }
    if (group.isEmpty()) {
      return;
    }
    try {
      List<R> results = work.apply(group.stream().map(Waiting::item).toList());
      for (int i = 0; i < group.size(); i++) {
        group.get(i).result().complete(results.get(i));
      }
    } catch (RuntimeException | Error e) {
      group.forEach(each -> each.result().completeExceptionally(e));
    }
  }
}
