package org.tokenbroker.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.tokenbroker.bench.Benchmark.Extent;

/**
 * The pieces of a read one by one, by JMH: the broker's own classes, called as a read calls them,
 * in a process for each. They are the classes whose names end in {@code Pieces}, beside what they
 * measure.
 */
final class Pieces {

  private static final String ALLOCATED = "gc.alloc.rate.norm";
  private static final int WARM_UP = 3;

  private Pieces() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    Collection<RunResult> runs =
        new Runner(
                new OptionsBuilder()
                    .include("^org\\.tokenbroker\\..*Pieces\\.")
                    .mode(Mode.AverageTime)
                    .timeUnit(TimeUnit.NANOSECONDS)
                    .forks(1)
                    .warmupIterations(WARM_UP)
                    .warmupTime(TimeValue.seconds(1))
                    .measurementIterations(extent.rounds())
                    .measurementTime(TimeValue.seconds(1))
                    .addProfiler(GCProfiler.class)
                    .jvmArgs(Ground.JVM.toArray(String[]::new))
                    .shouldFailOnError(true)
                    .verbosity(VerboseMode.SILENT)
                    .build())
            .run();
    List<Result> results = new ArrayList<>();
    for (RunResult run : runs) {
      String name = words(run.getPrimaryResult().getLabel());
      Figure nanos = new Figure(name, "ns", new ArrayList<>());
      Figure bytes = new Figure(name, "B", new ArrayList<>());
      for (BenchmarkResult fork : run.getBenchmarkResults()) {
        for (IterationResult iteration : fork.getIterationResults()) {
          nanos.values().add(iteration.getPrimaryResult().getScore());
          bytes
              .values()
              .add(
                  Objects.requireNonNull(iteration.getSecondaryResults().get(ALLOCATED))
                      .getScore());
        }
      }
      results.add(Result.of(name, nanos.median(), "ns", nanos, bytes));
    }
    return results;
  }

  /** {@code callerByKey} as it is read. */
  private static String words(String name) {
    return name.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
  }
}
