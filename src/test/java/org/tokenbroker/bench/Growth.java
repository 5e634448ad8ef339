package org.tokenbroker.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.tokenbroker.bench.Benchmark.Extent;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;

/**
 * What grows with the agencies, the callers and the replicas. Throughput of several replicas is
 * left out: on one machine they would take the processor from each other. What each asks of the
 * database while it has nothing to do is the same on any machine.
 */
final class Growth {

  private static final List<Integer> AGENCIES = List.of(100, 1_000, 10_000, 100_000);
  private static final int AGENCIES_OF_CALLERS = 1_000;
  private static final List<Integer> CALLERS = List.of(1, 100, 1_000);
  private static final List<Integer> REPLICAS = List.of(1, 3);

  /** Rounds for the compiler: each number of agencies is a process of its own. */
  private static final int WARM_UP = 3;

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration SETTLED = Duration.ofSeconds(12);
  private static final Path BASELINE =
      Path.of("bench", "baseline", "target", "quarkus-app", "quarkus-run.jar");

  private Growth() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    try (Ground ground = new Ground(directory, AGENCIES.getLast())) {
      List<String> agencies = new ArrayList<>(ground.connect(AGENCIES.getFirst(), DAY, DAY));
      List<Result> results = new ArrayList<>();
      results.add(replicas(ground, extent));
      String key;
      String body;
      try (BrokerProcess broker = ground.broker()) {
        key = admin(broker).createCaller("dispatch-board", "*");
        body = new Calls(broker.origin(), key).get("/tokens/" + agencies.getFirst()).body();
      }
      BrokerProcess baseline = ground.serve(BASELINE, Ground.JVM, Map.of("BASELINE_BODY", body));
      Path constant = Wrk.requests(directory.resolve("constant"), List.of("/constant"));
      Map<String, List<Double>> byAgencies = new LinkedHashMap<>();
      Map<String, List<Double>> byCallers = new LinkedHashMap<>();
      for (int wanted : AGENCIES) {
        agencies.addAll(ground.connect(wanted - agencies.size(), DAY, DAY));
        try (BrokerProcess broker = ground.broker()) {
          Map<String, Path> loads = new LinkedHashMap<>();
          loads.put(name(wanted, "agencies"), requests(directory, agencies, List.of(key)));
          measure(baseline, constant, broker, loads, extent, byAgencies);
          if (wanted == AGENCIES_OF_CALLERS) {
            measure(
                baseline,
                constant,
                broker,
                callers(directory, broker, agencies, key),
                extent,
                byCallers);
          }
        }
      }
      results.add(throughput("reads by key, by the number of agencies", byAgencies));
      results.add(throughput("reads by key, by the number of callers", byCallers));
      return results;
    }
  }

  private static BrokerClient admin(BrokerProcess broker) {
    return new BrokerClient(broker.origin().toString(), BrokerProcess.ADMIN_KEY);
  }

  private static String name(int count, String what) {
    return Report.number(count) + ' ' + what;
  }

  private static Path requests(Path directory, List<String> agencies, List<String> keys) {
    int lines = Math.max(agencies.size(), keys.size());
    return Wrk.requests(
        directory.resolve("requests-" + agencies.size() + '-' + keys.size()),
        IntStream.range(0, lines)
            .mapToObj(
                i ->
                    "/tokens/"
                        + agencies.get(i % agencies.size())
                        + "\tAuthorization: Bearer "
                        + keys.get(i % keys.size()))
            .toList());
  }

  private static Map<String, Path> callers(
      Path directory, BrokerProcess broker, List<String> agencies, String first) {
    List<String> keys = new ArrayList<>(List.of(first));
    Map<String, Path> loads = new LinkedHashMap<>();
    for (int wanted : CALLERS) {
      while (keys.size() < wanted) {
        keys.add(admin(broker).createCaller("caller-" + keys.size(), "*"));
      }
      loads.put(name(wanted, "callers"), requests(directory, agencies, List.copyOf(keys)));
    }
    return loads;
  }

  /** All of them and the constant take turns. */
  private static void measure(
      BrokerProcess baseline,
      Path constant,
      BrokerProcess broker,
      Map<String, Path> loads,
      Extent extent,
      Map<String, List<Double>> rates) {
    for (int round = -WARM_UP; round < extent.rounds(); round++) {
      double still = rate(baseline, constant, extent);
      for (Map.Entry<String, Path> load : loads.entrySet()) {
        double rate = rate(broker, load.getValue(), extent);
        System.out.printf("%s: %s a second%n", load.getKey(), Report.number(rate));
        if (round >= 0) {
          rates.computeIfAbsent(load.getKey(), name -> new ArrayList<>()).add(rate);
        }
      }
      if (round >= 0) {
        rates.computeIfAbsent(Reads.CONSTANT, name -> new ArrayList<>()).add(still);
      }
    }
  }

  private static double rate(BrokerProcess process, Path requests, Extent extent) {
    Wrk.Load load = Wrk.run(process.origin(), requests, extent.load());
    if (load.refused() > 0) {
      throw new IllegalStateException(load.refused() + " refused");
    }
    return load.perSecond();
  }

  private static Result throughput(String what, Map<String, List<Double>> rates) {
    List<Figure> figures =
        rates.entrySet().stream()
            .map(each -> new Figure(each.getKey(), "a second", each.getValue()))
            .toList();
    List<Figure> sizes =
        figures.stream().filter(figure -> !figure.name().equals(Reads.CONSTANT)).toList();
    return Result.of(
        what + ": the most against the fewest",
        sizes.getLast().median() / sizes.getFirst().median(),
        "×",
        figures.toArray(Figure[]::new));
  }

  /** With a hundred agencies, of which none is due, and nobody who asks. */
  private static Result replicas(Ground ground, Extent extent) throws InterruptedException {
    List<Figure> statements = new ArrayList<>();
    List<Figure> busy = new ArrayList<>();
    List<BrokerProcess> running = new ArrayList<>();
    for (int wanted : REPLICAS) {
      while (running.size() < wanted) {
        running.add(ground.broker());
      }
      Thread.sleep(SETTLED);
      Figure each = new Figure(replicas(wanted), "statements a second", new ArrayList<>());
      Figure time = new Figure(replicas(wanted), "ms a second", new ArrayList<>());
      for (int round = 0; round < extent.rounds(); round++) {
        ground.execute("select pg_stat_statements_reset()");
        long before = System.nanoTime();
        Thread.sleep(extent.load());
        double seconds = (System.nanoTime() - before) / 1e9;
        each.values().add(all(ground, "calls") / seconds);
        time.values().add(all(ground, "total_exec_time") / seconds);
      }
      statements.add(each);
      busy.add(time);
    }
    running.forEach(BrokerProcess::close);
    Result result =
        Result.of(
            "what idle replicas ask of the database: each of three",
            statements.getLast().median() / REPLICAS.getLast(),
            "statements a second",
            statements.toArray(Figure[]::new));
    List<Figure> figures = new ArrayList<>(result.figures());
    figures.addAll(busy);
    return Result.of(result.what(), result.value(), result.unit(), figures.toArray(Figure[]::new));
  }

  private static String replicas(int count) {
    return count == 1 ? "1 replica" : count + " replicas";
  }

  private static double all(Ground ground, String column) {
    return ground.number(
        "select coalesce(sum(%s), 0) from pg_stat_statements where query not like '%%pg_stat_statements%%'"
            .formatted(column));
  }
}
