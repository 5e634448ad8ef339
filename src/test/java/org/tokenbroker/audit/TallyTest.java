package org.tokenbroker.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.audit.Tally.Counted;

@NullMarked
class TallyTest {

  private static final long MINUTE = 60;

  private final Tally<String> tally = new Tally<>(3, key -> "others");

  private static Map<String, Long> counts(List<Counted<String>> counted) {
    return counted.stream()
        .collect(Collectors.groupingBy(Counted::key, Collectors.summingLong(Counted::count)));
  }

  @Test
  void howOftenAndWhenIsCountedByKey() {
    tally.count("a", 10);
    tally.count("a", 12);
    tally.count("a", 15);
    tally.count("b", 20);

    Map<String, Counted<String>> counted =
        tally.collect(0, 30).stream().collect(Collectors.toMap(Counted::key, Function.identity()));

    assertEquals(
        Map.of("a", new Counted<>("a", 3, 10, 15), "b", new Counted<>("b", 1, 20, 20)), counted);
  }

  @Test
  void whatWasCollectedIsNotCollectedAgain() {
    tally.count("a", 10);
    tally.collect(0, 30);
    tally.count("a", 40);

    assertEquals(List.of(new Counted<>("a", 1, 40, 40)), tally.collect(0, 50));
  }

  @Test
  void whatIsTooYoungStays() {
    tally.count("old", 10);
    tally.count("young", 11);

    assertEquals(Map.of("old", 1L), counts(tally.collect(MINUTE, 10 + MINUTE)));
    assertEquals(Map.of("young", 1L), counts(tally.collect(MINUTE, 11 + MINUTE)));
  }

  @Test
  void keysBeyondTheLimitCountAsOne() {
    for (String key : List.of("a", "b", "c", "d", "e", "a")) {
      tally.count(key, 10);
    }

    assertEquals(Map.of("a", 2L, "b", 1L, "c", 1L, "others", 2L), counts(tally.collect(0, 10)));
  }

  @Test
  void whatCouldNotBeWrittenComesAgainWithWhatWasAdded() {
    tally.count("a", 10);
    tally.count("b", 10);
    tally.giveBack(tally.collect(0, 20));
    tally.count("a", 30);

    List<Counted<String>> counted = tally.collect(0, 40);

    assertEquals(List.of(new Counted<>("a", 2, 10, 30), new Counted<>("b", 1, 10, 10)), counted);
  }

  @Test
  void whatCouldNotBeWrittenIsBoundedToo() {
    for (int round = 0; round < 10; round++) {
      for (int key = 0; key < 3; key++) {
        tally.count(round + "-" + key, round);
      }
      tally.giveBack(tally.collect(0, round));
    }

    Map<String, Long> counts = counts(tally.collect(0, 10));

    assertEquals(Map.of("0-0", 1L, "0-1", 1L, "0-2", 1L, "others", 27L), counts);
  }

  @Test
  void nothingIsLostOrCountedTwiceWhileItIsCollected() throws Exception {
    int threads = 4;
    int each = 200_000;
    AtomicBoolean counting = new AtomicBoolean(true);
    List<Counted<String>> collected = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads + 1)) {
      Future<?> collector =
          executor.submit(
              () -> {
                while (counting.get()) {
                  collected.addAll(tally.collect(0, 0));
                }
              });
      List<Callable<Void>> counters = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        counters.add(
            () -> {
              for (int i = 0; i < each; i++) {
                tally.count(i % 2 == 0 ? "even" : "odd", 0);
              }
              return null;
            });
      }
      for (Future<Void> counter : executor.invokeAll(counters)) {
        counter.get();
      }
      counting.set(false);
      collector.get();
    }
    collected.addAll(tally.collect(0, 0));

    assertEquals(
        Map.of("even", (long) threads * each / 2, "odd", (long) threads * each / 2),
        counts(collected));
  }
}
