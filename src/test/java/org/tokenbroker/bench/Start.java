package org.tokenbroker.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.tokenbroker.bench.Benchmark.Extent;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;

/** From the start of the process to the first token served, with and without an AOT cache. */
final class Start {

  private static final int AGENCIES = 1_000;
  private static final Duration DAY = Duration.ofDays(1);
  private static final double NANOS = 1e9;

  private Start() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    try (Ground ground = new Ground(directory, AGENCIES)) {
      String agency = ground.connect(AGENCIES, DAY, DAY).getFirst();
      Path cache = directory.resolve("broker.aot");
      List<String> training = with("-XX:AOTCacheOutput=" + cache);
      BrokerProcess trained = ground.serve(BrokerProcess.JAR, training, ground.environment());
      String key =
          new BrokerClient(trained.origin().toString(), BrokerProcess.ADMIN_KEY)
              .createCaller("dispatch-board", "*");
      new Calls(trained.origin(), key).get("/tokens/" + agency);
      trained.close();
      if (!Files.exists(cache)) {
        throw new IllegalStateException("no cache was made:\n" + trained.log());
      }
      Figure cold = starts("without the cache", ground, Ground.JVM, key, agency, extent);
      Figure warm =
          starts("with the cache", ground, with("-XX:AOTCache=" + cache), key, agency, extent);
      return List.of(
          Result.atMost(
              1.5, "from the start to the first token served", warm.median(), "s", cold, warm));
    }
  }

  private static List<String> with(String option) {
    List<String> options = new ArrayList<>(Ground.JVM);
    options.add(option);
    return options;
  }

  private static Figure starts(
      String name, Ground ground, List<String> options, String key, String agency, Extent extent) {
    List<Double> seconds = new ArrayList<>();
    for (int round = 0; round < extent.rounds(); round++) {
      long before = System.nanoTime();
      try (BrokerProcess broker = ground.serve(BrokerProcess.JAR, options, ground.environment())) {
        new Calls(broker.origin(), key).get("/tokens/" + agency);
        seconds.add((System.nanoTime() - before) / NANOS);
      }
    }
    return new Figure(name, "s", seconds);
  }
}
