package org.tokenbroker.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.tokenbroker.bench.Benchmark.Extent;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;

/**
 * From the start of the process to the first token served, with the AOT cache of the image and
 * without, and the memory that a load leaves behind.
 */
final class Start {

  private static final int AGENCIES = 1_000;
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration LOAD = Duration.ofSeconds(10);

  /** What the compiler has used is given back by then. */
  private static final Duration REST = Duration.ofSeconds(3);

  private static final double NANOS = 1e9;

  private Start() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    try (Ground ground = new Ground(directory, AGENCIES)) {
      List<String> agencies = ground.connect(AGENCIES, DAY, DAY);
      String key;
      try (BrokerProcess broker = ground.broker()) {
        key =
            new BrokerClient(broker.origin().toString(), BrokerProcess.ADMIN_KEY)
                .createCaller("dispatch-board", "*");
      }
      List<Double> cold = new ArrayList<>();
      List<Double> warm = new ArrayList<>();
      for (int round = 0; round < extent.rounds(); round++) {
        cold.add(start(ground, Ground.JVM, key, agencies.getFirst()));
        warm.add(start(ground, Ground.AS_IN_IMAGE, key, agencies.getFirst()));
      }
      Path requests =
          Wrk.requests(
              directory.resolve("requests"),
              agencies.stream()
                  .map(agency -> "/tokens/" + agency + "\tAuthorization: Bearer " + key)
                  .toList());
      List<Double> loaded = new ArrayList<>();
      List<Double> rested = new ArrayList<>();
      for (int round = 0; round < extent.rounds(); round++) {
        try (BrokerProcess broker = ground.broker()) {
          Wrk.run(broker.origin(), requests, LOAD);
          loaded.add(Machine.residentMegabytes(broker.pid()));
          Thread.sleep(REST);
          rested.add(Machine.residentMegabytes(broker.pid()));
        }
      }
      Figure withCache = new Figure("with the cache", "s", warm);
      Figure resident = new Figure("right after a load of 10 s", "MB", loaded);
      return List.of(
          Result.atMost(
              1.5,
              "from the start to the first token served",
              withCache.median(),
              "s",
              new Figure("without the cache", "s", cold),
              withCache),
          Result.atMost(
              256,
              "resident memory after a load",
              resident.median(),
              "MB",
              resident,
              new Figure("3 s later", "MB", rested)));
    }
  }

  private static double start(Ground ground, List<String> options, String key, String agency) {
    long before = System.nanoTime();
    try (BrokerProcess broker = ground.serve(BrokerProcess.JAR, options, ground.environment())) {
      new Calls(broker.origin(), key).get("/tokens/" + agency);
      return (System.nanoTime() - before) / NANOS;
    }
  }
}
