package org.tokenbroker.bench;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.tokenbroker.bench.Benchmark.Extent;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;

/** A hundred thousand agencies in one broker: what it takes to start, to hold, to read them. */
final class ManyAgencies {

  private static final int FEW = 100;
  private static final int MANY = 100_000;
  private static final int READS = 2_000;
  private static final Duration DAY = Duration.ofDays(1);
  private static final double NANOS = 1e9;

  private ManyAgencies() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    try (Ground ground = new Ground(directory, MANY)) {
      List<String> agencies = new ArrayList<>(ground.connect(FEW, DAY, DAY));
      Figure few = starts("start with " + FEW, ground, extent);
      agencies.addAll(ground.connect(MANY - FEW, DAY, DAY));
      Figure many = starts("start with 100,000", ground, extent);

      BrokerProcess broker = ground.broker();
      String key =
          new BrokerClient(broker.origin().toString(), BrokerProcess.ADMIN_KEY)
              .createCaller("dispatch-board", "*");
      Figure reads = firstReads(new Calls(broker.origin(), key), agencies);
      return List.of(
          Result.atMost(
              3,
              "until it listens, with 100,000 agencies, beyond what it takes with " + FEW,
              many.median() - few.median(),
              "s",
              few,
              many),
          Result.atMost(
              20, "the slowest of first reads of random agencies", reads.most(), "ms", reads),
          Result.atMost(256, "heap (its limit, within which it all fits)", limit(), "MB"),
          Result.of("resident memory then", Machine.residentMegabytes(broker.pid()), "MB"));
    }
  }

  private static double limit() {
    return Ground.JVM.stream()
        .filter(option -> option.startsWith("-Xmx"))
        .mapToInt(option -> Integer.parseInt(option.substring(4, option.length() - 1)))
        .findFirst()
        .orElseThrow();
  }

  private static Figure starts(String name, Ground ground, Extent extent) {
    List<Double> seconds = new ArrayList<>();
    for (int round = 0; round < extent.rounds(); round++) {
      long before = System.nanoTime();
      BrokerProcess broker = ground.broker();
      seconds.add((System.nanoTime() - before) / NANOS);
      broker.close();
    }
    return new Figure(name, "s", seconds);
  }

  private static Figure firstReads(Calls calls, List<String> agencies) {
    // The connection and the code are warm, the agencies are not.
    List<String> drawn = new ArrayList<>(agencies);
    Collections.shuffle(drawn, new Random(1));
    drawn.subList(0, READS).forEach(agency -> calls.get("/tokens/" + agency));
    List<Double> millis = new ArrayList<>();
    for (String agency : drawn.subList(READS, 2 * READS)) {
      long collections = collections();
      long before = System.nanoTime();
      calls.get("/tokens/" + agency);
      double taken = (System.nanoTime() - before) / NANOS * 1000;
      // Else it was this process, which plays Active911 as well, that stood still for up to 30 ms.
      if (collections() == collections) {
        millis.add(taken);
      }
    }
    return new Figure("a first read", "ms", millis);
  }

  /** How often the garbage of this process, not of the broker, was collected. */
  private static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }
}
