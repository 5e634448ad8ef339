package org.tokenbroker.refresh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.Eventually;

/** What comes at once is done together, and each has what came of its own. */
@NullMarked
class GroupCommitTest {

  private static final int MOST = 10;

  /** What was done together, in order. */
  private final List<List<Integer>> groups = Collections.synchronizedList(new ArrayList<>());

  /** Nothing is done before. */
  private final CountDownLatch go = new CountDownLatch(1);

  private final GroupCommit<Integer, String> commits =
      new GroupCommit<>(Thread.ofPlatform().daemon().factory(), MOST, this::work);

  private List<String> work(List<Integer> items) {
    groups.add(items);
    try {
      go.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    if (items.contains(-1)) {
      throw new IllegalArgumentException("minus one");
    }
    return items.stream().map(item -> "done " + item).toList();
  }

  /** A thread that waits for an item to be done, and what it got. */
  private record Waiting(Thread thread, List<Object> result) {}

  private Waiting commit(int item) {
    List<Object> result = Collections.synchronizedList(new ArrayList<>());
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    result.add(commits.commit(item));
                  } catch (CompletionException e) {
                    result.add(e.getCause());
                  }
                  result.add(Thread.currentThread().isInterrupted());
                });
    Eventually.isTrue(
        "it waits, and something is being done",
        () -> thread.getState() == Thread.State.WAITING && !groups.isEmpty(),
        () -> "" + thread.getState());
    return new Waiting(thread, result);
  }

  @Test
  void whoeverComesMeanwhileIsDoneTogetherNextTime() throws InterruptedException {
    List<Waiting> all = IntStream.rangeClosed(0, 13).mapToObj(this::commit).toList();
    go.countDown();
    for (Waiting each : all) {
      each.thread().join();
    }

    assertEquals(
        List.of(List.of(0), IntStream.rangeClosed(1, MOST).boxed().toList(), List.of(11, 12, 13)),
        groups);
    for (int i = 0; i < all.size(); i++) {
      assertEquals(List.of("done " + i, false), all.get(i).result());
    }
  }

  @Test
  void whoWasDoneTogetherFailsTogetherAndNobodyElse() throws InterruptedException {
    List<Waiting> all = IntStream.of(0, 1, -1).mapToObj(this::commit).toList();
    go.countDown();
    for (Waiting each : all) {
      each.thread().join();
    }

    assertEquals(List.of("done 0", false), all.get(0).result());
    assertEquals("minus one", ((Exception) all.get(1).result().getFirst()).getMessage());
    assertSame(all.get(1).result().getFirst(), all.get(2).result().getFirst());
    assertEquals("done 2", commits.commit(2));
    assertThrows(CompletionException.class, () -> commits.commit(-1));
  }

  @Test
  void whoIsInterruptedHasItsAnswerAllTheSame() throws InterruptedException {
    Waiting first = commit(0);
    first.thread().interrupt();
    go.countDown();
    first.thread().join();

    assertEquals(List.of("done 0", true), first.result());
  }

  @Test
  void whereNoThreadCanBeHadItIsDoneAllTheSame() {
    go.countDown();
    GroupCommit<Integer, String> threadless =
        new GroupCommit<>(
            task -> {
              throw new OutOfMemoryError("unable to create native thread");
            },
            MOST,
            this::work);

    assertEquals("done 1", threadless.commit(1));
    assertEquals("done 2", threadless.commit(2));
  }

  @Test
  void eachOfManyHasItsOwn() throws Exception {
    go.countDown();
    List<Future<String>> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 2_000; i++) {
        int item = i;
        results.add(threads.submit(() -> commits.commit(item)));
      }
    }
    for (int i = 0; i < results.size(); i++) {
      assertEquals("done " + i, results.get(i).get());
    }
    assertEquals(
        IntStream.range(0, results.size()).boxed().toList(),
        groups.stream().flatMap(List::stream).sorted().toList());
    assertTrue(groups.stream().allMatch(group -> group.size() <= MOST), groups::toString);
  }
}
