package org.tokenbroker.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.tokenbroker.bench.Benchmark.Extent;
import org.tokenbroker.bench.Wrk.Load;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;

/**
 * Reads of valid tokens while every agency is due again every five seconds and Active911 takes two
 * for each, against the same reads while nothing is due: refreshed as fast as the broker does
 * unless it is told otherwise, at ten times that rate, and all of them in the same moment, with no
 * limit of the rate.
 */
final class ReadsWhileRefreshing {

  static final String UNDISTURBED = "undisturbed";

  private static final int AGENCIES = 1_000;
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration UPSTREAM = Duration.ofSeconds(2);
  private static final long SECONDS_BETWEEN = 5;

  /**
   * The compiler needs a while, and what is measured first would look slow: by far the most of what
   * the first ten thousand refreshes take of the processor is taken by it.
   */
  private static final int WARM_UP = 12;

  private ReadsWhileRefreshing() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    List<Result> results = new ArrayList<>();
    // what the README says of rate and concurrency
    results.addAll(
        measure(directory.resolve("default"), extent, "refreshed as by default", 10, 16));
    results.addAll(
        measure(directory.resolve("faster"), extent, "refreshed at 100 a second", 100, AGENCIES));
    results.addAll(
        measure(directory.resolve("unlimited"), extent, "refreshed all at once", 0, AGENCIES));
    return results;
  }

  /**
   * Measures with one rate.
   *
   * @param rate a second; 0: no limit
   */
  private static List<Result> measure(
      Path directory, Extent extent, String how, int rate, int concurrency) throws IOException {
    try (Ground ground = new Ground(Files.createDirectory(directory), AGENCIES)) {
      ground
          .with("BROKER_REFRESH_RATE", Integer.toString(rate))
          .with("BROKER_REFRESH_CONCURRENCY", Integer.toString(concurrency))
          // sooner than by default, since a round is over soon
          .with("BROKER_REFRESH_INTERVAL", "1s");
      List<String> agencies = ground.connect(AGENCIES, DAY, DAY);
      BrokerProcess broker = ground.broker();
      String key =
          new BrokerClient(broker.origin().toString(), BrokerProcess.ADMIN_KEY)
              .createCaller("dispatch-board", agencies.toArray(String[]::new));
      Path requests =
          Wrk.requests(
              directory.resolve("requests"),
              agencies.stream()
                  .map(agency -> "/tokens/" + agency + "\tAuthorization: Bearer " + key)
                  .toList());
      ground
          .active911()
          .inject(
              FaultRule.of(new Fault.Latency(UPSTREAM, UPSTREAM, Moment.BEFORE))
                  .on(CallKind.REFRESH));

      List<Load> quiet = new ArrayList<>();
      List<Load> busy = new ArrayList<>();
      long refreshes = 0;
      for (int i = 0; i < WARM_UP; i++) {
        whileAllAreDue(ground, broker, requests, extent);
      }
      for (int round = -1; round < extent.rounds(); round++) {
        Load still = Wrk.run(broker.origin(), requests, extent.load());
        long before = ground.active911().calls(CallKind.REFRESH);
        Load disturbed = whileAllAreDue(ground, broker, requests, extent);
        if (round >= 0) {
          quiet.add(still);
          busy.add(disturbed);
          refreshes += ground.active911().calls(CallKind.REFRESH) - before;
        }
      }
      return results(
          how, quiet, busy, refreshes / (double) (extent.rounds() * extent.load().toSeconds()));
    }
  }

  private static Load whileAllAreDue(
      Ground ground, BrokerProcess broker, Path requests, Extent extent) {
    try (ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor()) {
      var due =
          timer.scheduleAtFixedRate(
              () -> ground.execute("update agency_grant set next_refresh_at = now()"),
              0,
              SECONDS_BETWEEN,
              TimeUnit.SECONDS);
      Load load = Wrk.run(broker.origin(), requests, extent.load());
      due.cancel(false);
      return load;
    } finally {
      // What is left of it must not disturb who is to be undisturbed.
      ground.execute(
          "update agency_grant set next_refresh_at = now() + interval '1 day'"
              + " where lease_until is null");
      Eventually.isTrue(
          "all are refreshed",
          () ->
              ground.number("select count(*) from agency_grant where next_refresh_at <= now()")
                  == 0,
          broker::log);
    }
  }

  private static List<Result> results(
      String how, List<Load> quiet, List<Load> busy, double refreshes) {
    Figure throughput =
        new Figure(
            "ratio",
            "",
            IntStream.range(0, quiet.size())
                .mapToObj(i -> busy.get(i).perSecond() / quiet.get(i).perSecond())
                .toList());
    Figure slower =
        new Figure(
            "ratio",
            "",
            IntStream.range(0, quiet.size())
                .mapToObj(i -> busy.get(i).p99() / quiet.get(i).p99())
                .toList());
    double failed = busy.stream().mapToLong(Load::refused).sum();
    return List.of(
        Result.atLeast(
            0.85,
            "reads while every agency is due, %s: throughput against none".formatted(how),
            throughput.median(),
            "×",
            new Figure(UNDISTURBED, "a second", quiet.stream().map(Load::perSecond).toList()),
            new Figure(how, "a second", busy.stream().map(Load::perSecond).toList()),
            throughput),
        Result.atMost(
            2,
            "the same, %s: 99th percentile".formatted(how),
            slower.median(),
            "×",
            new Figure(UNDISTURBED, "µs", quiet.stream().map(Load::p99).toList()),
            new Figure(how, "µs", busy.stream().map(Load::p99).toList()),
            slower),
        Result.atMost(0, "reads that got no token, %s".formatted(how), failed, ""),
        Result.of("refreshes meanwhile, %s".formatted(how), refreshes, "a second"));
  }
}
