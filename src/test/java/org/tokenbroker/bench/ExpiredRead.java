package org.tokenbroker.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.tokenbroker.bench.Benchmark.Extent;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.RawHttp;

/** Three hundred who read an expired token at the same moment, at three replicas. */
final class ExpiredRead {

  private static final int REPLICAS = 3;
  private static final int READS = 300;
  private static final Duration UPSTREAM = Duration.ofMillis(500);

  /** Each is a refresh and 300 reads at replicas that are as good as new: cold code. */
  private static final int WARM_UP = 60;

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final byte[] NOTHING = {};
  private static final int OK = 200;
  private static final Duration DAY = Duration.ofDays(1);
  private static final double NANOS_PER_MILLI = 1e6;

  private ExpiredRead() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    try (Ground ground = new Ground(directory, extent.rounds() + WARM_UP)) {
      List<String> agencies =
          ground.connect(extent.rounds() + WARM_UP, Duration.ofSeconds(-1), DAY);
      List<BrokerProcess> brokers = new ArrayList<>();
      for (int i = 0; i < REPLICAS; i++) {
        brokers.add(ground.broker());
      }
      String key =
          new BrokerClient(brokers.getFirst().origin().toString(), BrokerProcess.ADMIN_KEY)
              .createCaller("dispatch-board", "*");
      ground
          .active911()
          .inject(
              FaultRule.of(new Fault.Latency(UPSTREAM, UPSTREAM, Moment.BEFORE))
                  .on(CallKind.REFRESH));
      List<RawHttp> callers =
          IntStream.range(0, READS)
              .mapToObj(i -> new RawHttp(brokers.get(i % REPLICAS).origin(), PATIENCE))
              .toList();
      List<Double> slowest = new ArrayList<>();
      List<Double> calls = new ArrayList<>();
      double first = 0;
      for (int round = 0; round < agencies.size(); round++) {
        // Who reads has its connection, as internal services do.
        all(callers, key, "/tokens");
        ground.active911().forgetCalls();
        double millis = all(callers, key, "/tokens/" + agencies.get(round));
        if (round == 0) {
          first = millis - UPSTREAM.toMillis();
        } else if (round >= WARM_UP) {
          slowest.add(millis - UPSTREAM.toMillis());
          calls.add((double) ground.active911().calls(CallKind.REFRESH));
        }
      }
      callers.forEach(RawHttp::close);
      Figure beyond = new Figure("the slowest of 300, beyond the upstream's 500 ms", "ms", slowest);
      Figure upstream = new Figure("calls upstream", "", calls);
      return List.of(
          Result.atMost(
              100,
              "300 reads of an expired token at 3 replicas: the slowest, beyond Active911's time",
              beyond.median(),
              "ms",
              beyond),
          Result.of("the same at replicas that were just started", first, "ms"),
          Result.atMost(1, "calls upstream for them", upstream.most(), "", upstream));
    }
  }

  /** Milliseconds until the last of them has its answer. */
  private static double all(List<RawHttp> callers, String key, String path) throws Exception {
    String head =
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s".formatted(path, key);
    CountDownLatch ready = new CountDownLatch(READS);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Double>> reads = new ArrayList<>();
      for (RawHttp caller : callers) {
        reads.add(
            threads.submit(
                () -> {
                  ready.countDown();
                  ready.await();
                  long before = System.nanoTime();
                  int status = caller.send(head, NOTHING).orElseThrow().status();
                  if (status != OK) {
                    throw new IllegalStateException(path + " was answered " + status);
                  }
                  return (System.nanoTime() - before) / NANOS_PER_MILLI;
                }));
      }
      double slowest = 0;
      for (Future<Double> read : reads) {
        slowest = Math.max(slowest, read.get());
      }
      return slowest;
    }
  }
}
