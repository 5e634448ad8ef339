package org.tokenbroker.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.tokenbroker.bench.Benchmark.Extent;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.testing.Eventually;

/**
 * How many refreshes a second the engine can do, of agencies that are all due, at an upstream that
 * answers at once. The database syncs each commit, the journal each answer.
 */
final class Refreshes {

  private static final int AGENCIES = 5_000;

  /** Rounds for the compiler, which is still at work after the first. */
  private static final int WARM_UP = 4;

  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private Refreshes() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    try (Ground ground = new Ground(directory, AGENCIES)) {
      ground.with("BROKER_REFRESH_INTERVAL", "1s").with("BROKER_REFRESH_CONCURRENCY", "64");
      ground.connect(AGENCIES, DAY, DAY);
      var broker = ground.broker();
      List<Double> rates = new ArrayList<>();
      List<Double> statements = new ArrayList<>();
      for (int round = -WARM_UP; round < extent.rounds(); round++) {
        long generation = (long) ground.number("select max(generation) from agency_grant");
        long calledBefore = ground.active911().calls(CallKind.REFRESH);
        ground.execute("select pg_stat_statements_reset()");
        ground.execute("update agency_grant set next_refresh_at = now()");
        Eventually.isTrue(
            "all are refreshed",
            PATIENCE,
            () ->
                // Asking the database all the time would be a load by itself.
                ground.active911().calls(CallKind.REFRESH) >= calledBefore + AGENCIES
                    && ground.number("select min(generation) from agency_grant") > generation,
            broker::log);
        double seconds =
            ground.number(
                "select extract(epoch from max(last_refreshed_at) - min(last_refreshed_at))"
                    + " from agency_grant");
        double calls =
            ground.number(
                "select sum(calls) from pg_stat_statements where query !~* '^(begin|commit)'");
        System.out.printf("%s a second%n", Report.number(AGENCIES / seconds));
        if (round >= 0) {
          rates.add(AGENCIES / seconds);
          statements.add(calls / AGENCIES);
        }
      }
      Figure rate = new Figure("refreshes", "a second", rates);
      Figure each = new Figure("statements, COMMIT apart", "a refresh", statements);
      return List.of(
          Result.atLeast(1_000, "refreshes, all due at once", rate.median(), "a second", rate),
          Result.atMost(3, "statements for each, COMMIT apart", each.median(), "", each));
    }
  }
}
