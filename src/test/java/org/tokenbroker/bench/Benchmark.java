package org.tokenbroker.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Runs the scenarios that are named, or all: prints what they find, and writes it to a file for
 * each. The working directory is the project's.
 */
final class Benchmark {

  /** One scenario: everything it starts has ended when it returns. */
  @FunctionalInterface
  interface Scenario {
    /**
     * Measures.
     *
     * @param directory an empty one, for its files
     */
    List<Result> run(Path directory, Extent extent) throws Exception;
  }

  /**
   * How long it takes.
   *
   * @param rounds how often each figure is measured
   * @param load how long each load lasts
   */
  record Extent(int rounds, Duration load) {}

  /** Not measured, but drawn from what was: instead of a scenario. */
  private static final String PLOTS = "plots";

  private static final Path RESULTS = Path.of("bench", "results");
  private static final Map<String, Scenario> SCENARIOS = scenarios();

  private Benchmark() {}

  private static Map<String, Scenario> scenarios() {
    Map<String, Scenario> all = new LinkedHashMap<>();
    all.put("reads", Reads::run);
    all.put("refreshing", ReadsWhileRefreshing::run);
    all.put("refreshes", Refreshes::run);
    all.put("many", ManyAgencies::run);
    all.put("tick", IdleTick::run);
    all.put("start", Start::run);
    all.put("expired", ExpiredRead::run);
    all.put("growth", Growth::run);
    all.put("sizing", Sizing::run);
    all.put("pieces", Pieces::run);
    return all;
  }

  /**
   * The command: {@code [--rounds N] [--seconds N] [scenario…]}, or {@code plots}.
   *
   * @throws Exception if a scenario fails
   */
  public static void main(String... arguments) throws Exception {
    int rounds = 5;
    int seconds = 10;
    List<String> names = new ArrayList<>();
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--rounds" -> rounds = Integer.parseInt(arguments[++i]);
        case "--seconds" -> seconds = Integer.parseInt(arguments[++i]);
        default -> names.add(arguments[i]);
      }
    }
    if (names.equals(List.of(PLOTS))) {
      draw();
      return;
    }
    Set<String> unknown = new TreeSet<>(names);
    unknown.removeAll(SCENARIOS.keySet());
    if (!unknown.isEmpty()) {
      System.err.printf("There is no scenario %s; there are %s%n", unknown, SCENARIOS.keySet());
      System.exit(2);
    }
    Extent extent = new Extent(rounds, Duration.ofSeconds(seconds));
    Map<String, String> machine = Machine.describe();
    machine.forEach((name, value) -> System.out.printf("%s: %s%n", name, value));
    for (String name : names.isEmpty() ? SCENARIOS.keySet() : names) {
      System.out.printf("%n## %s%n%n", name);
      List<Result> results = run(name, extent);
      System.out.println(Report.table(results));
      Report.write(RESULTS.resolve(name + ".json"), machine, results);
      draw();
    }
    System.exit(0);
  }

  private static void draw() {
    Plots.draw(RESULTS, Path.of("docs", "plots"));
  }

  private static List<Result> run(String name, Extent extent) throws Exception {
    Scenario scenario = SCENARIOS.get(name);
    if (scenario == null) {
      throw new IllegalArgumentException(name);
    }
    Path directory = Files.createTempDirectory("bench-" + name);
    try {
      return scenario.run(directory, extent);
    } finally {
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
