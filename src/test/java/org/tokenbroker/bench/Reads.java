package org.tokenbroker.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.tokenbroker.bench.Benchmark.Extent;
import org.tokenbroker.bench.Wrk.Load;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.TestIssuer;

/**
 * Reads of tokens that memory holds, each kind against a constant answer of the same size by the
 * framework alone. All kinds take turns in each round, so that what disturbs one disturbs all.
 */
final class Reads {

  private static final int AGENCIES = 1_000;
  private static final int JWTS = 100;
  private static final Duration DAY = Duration.ofDays(1);
  private static final Path BASELINE =
      Path.of("bench", "baseline", "target", "quarkus-app", "quarkus-run.jar");
  private static final String CALLER = "dispatch-board";
  private static final String SUBJECT = "system:serviceaccount:dispatch:board";

  static final String CONSTANT = "a constant of Quarkus REST";
  private static final String BY_KEY = "a token, by API key";
  private static final String BY_JWT = "a token, by JWT";
  private static final String NOT_MODIFIED = "304, by API key";

  private record Target(BrokerProcess process, Path requests) {}

  /**
   * What one run found.
   *
   * @param micros of the processor's time that the server needed for an answer
   */
  private record Measured(Load load, double micros) {}

  private Reads() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    try (Ground ground = new Ground(directory, AGENCIES);
        TestIssuer issuer = TestIssuer.start()) {
      ground.with("BROKER_OIDC_ISSUERS", issuer.name());
      List<String> agencies = ground.connect(AGENCIES, DAY, DAY);
      BrokerProcess broker = ground.broker();
      Calls calls = new Calls(broker.origin(), key(broker, agencies, issuer));
      String body = calls.get("/tokens/" + agencies.getFirst()).body();
      BrokerProcess baseline = ground.serve(BASELINE, Ground.JVM, Map.of("BASELINE_BODY", body));

      Map<String, Target> targets = new LinkedHashMap<>();
      targets.put(
          CONSTANT,
          new Target(baseline, Wrk.requests(directory.resolve("constant"), List.of("/constant"))));
      targets.put(BY_KEY, target(directory, broker, "key", byKey(agencies, calls)));
      targets.put(BY_JWT, target(directory, broker, "jwt", byJwt(agencies, issuer)));
      targets.put(
          NOT_MODIFIED, target(directory, broker, "not-modified", notModified(agencies, calls)));
      List<Result> results = new ArrayList<>(results(measure(targets, extent)));
      results.add(
          Result.atMost(
              256,
              "resident memory of the broker afterwards",
              Machine.residentMegabytes(broker.pid()),
              "MB"));
      return results;
    }
  }

  private static String key(BrokerProcess broker, List<String> agencies, TestIssuer issuer) {
    BrokerClient admin = new BrokerClient(broker.origin().toString(), BrokerProcess.ADMIN_KEY);
    String key = admin.createCaller(CALLER, agencies.toArray(String[]::new));
    admin
        .admin()
        .body(Map.of("agencies", agencies, "issuer", issuer.name(), "subject", SUBJECT))
        .put("/callers/" + CALLER)
        .then()
        .statusCode(200);
    return key;
  }

  private static Target target(
      Path directory, BrokerProcess broker, String name, List<String> requests) {
    return new Target(broker, Wrk.requests(directory.resolve(name), requests));
  }

  private static List<String> byKey(List<String> agencies, Calls calls) {
    return agencies.stream()
        .map(agency -> "/tokens/" + agency + "\tAuthorization: Bearer " + calls.key())
        .toList();
  }

  private static List<String> byJwt(List<String> agencies, TestIssuer issuer) {
    List<String> tokens = IntStream.range(0, JWTS).mapToObj(i -> issuer.token(SUBJECT)).toList();
    return IntStream.range(0, agencies.size())
        .mapToObj(
            i ->
                "/tokens/"
                    + agencies.get(i)
                    + "\tAuthorization: Bearer "
                    + tokens.get(i % tokens.size()))
        .toList();
  }

  private static List<String> notModified(List<String> agencies, Calls calls) {
    return agencies.stream()
        .map(
            agency ->
                "/tokens/"
                    + agency
                    + "\tAuthorization: Bearer "
                    + calls.key()
                    + "\tIf-None-Match: "
                    + calls.get("/tokens/" + agency).headers().firstValue("ETag").orElseThrow())
        .toList();
  }

  private static Map<String, List<Measured>> measure(Map<String, Target> targets, Extent extent) {
    Map<String, List<Measured>> loads = new LinkedHashMap<>();
    for (int round = -1; round < extent.rounds(); round++) {
      for (Map.Entry<String, Target> each : targets.entrySet()) {
        Target target = each.getValue();
        double before = Machine.processorMicros(target.process().pid());
        Load load = Wrk.run(target.process().origin(), target.requests(), extent.load());
        double micros =
            (Machine.processorMicros(target.process().pid()) - before) / load.requests();
        if (load.refused() > 0) {
          throw new IllegalStateException(each.getKey() + ": " + load.refused() + " refused");
        }
        System.out.printf(
            "%s: %s a second, %s µs of the processor each%n",
            each.getKey(), Report.number(load.perSecond()), Report.number(micros));
        if (round >= 0) { // the first is for the compiler
          loads
              .computeIfAbsent(each.getKey(), name -> new ArrayList<>())
              .add(new Measured(load, micros));
        }
      }
    }
    return loads;
  }

  private static List<Result> results(Map<String, List<Measured>> loads) {
    List<Result> results = new ArrayList<>();
    results.add(ratio(loads, BY_KEY, CONSTANT, 0.80));
    results.add(slower(loads, BY_KEY, 1.5));
    results.add(
        Result.of(
            "the processor's time that an answer needs of the server, against " + CONSTANT,
            compare(loads, BY_KEY, CONSTANT, "", Measured::micros).median(),
            "×",
            figure(loads, BY_KEY, "µs", Measured::micros),
            figure(loads, BY_JWT, "µs", Measured::micros),
            figure(loads, NOT_MODIFIED, "µs", Measured::micros),
            figure(loads, CONSTANT, "µs", Measured::micros)));
    results.add(ratio(loads, BY_JWT, CONSTANT, 0.70));
    results.add(ratio(loads, NOT_MODIFIED, BY_KEY, 1.0));
    return results;
  }

  private static double perSecond(Measured measured) {
    return measured.load().perSecond();
  }

  private static double p99(Measured measured) {
    return measured.load().p99();
  }

  private static Result ratio(
      Map<String, List<Measured>> loads, String what, String of, double target) {
    Figure ratio = compare(loads, what, of, "", Reads::perSecond);
    return Result.atLeast(
        target,
        what + ": throughput against " + of,
        ratio.median(),
        "×",
        figure(loads, what, "a second", Reads::perSecond),
        figure(loads, of, "a second", Reads::perSecond),
        ratio);
  }

  private static Result slower(Map<String, List<Measured>> loads, String what, double target) {
    Figure ratio = compare(loads, what, CONSTANT, "", Reads::p99);
    return Result.atMost(
        target,
        what + ": 99th percentile against " + CONSTANT,
        ratio.median(),
        "×",
        figure(loads, what, "µs", Reads::p99),
        figure(loads, CONSTANT, "µs", Reads::p99),
        figure(loads, BY_JWT, "µs", Reads::p99),
        figure(loads, NOT_MODIFIED, "µs", Reads::p99),
        ratio);
  }

  /** Round by round. */
  private static Figure compare(
      Map<String, List<Measured>> loads,
      String what,
      String of,
      String unit,
      ToDoubleFunction<Measured> value) {
    List<Double> whats = figure(loads, what, unit, value).values();
    List<Double> ofs = figure(loads, of, unit, value).values();
    return new Figure(
        "ratio",
        unit,
        IntStream.range(0, whats.size()).mapToObj(i -> whats.get(i) / ofs.get(i)).toList());
  }

  private static Figure figure(
      Map<String, List<Measured>> loads,
      String name,
      String unit,
      ToDoubleFunction<Measured> value) {
    return new Figure(
        name,
        unit,
        loads.getOrDefault(name, List.of()).stream()
            .map(load -> value.applyAsDouble(load))
            .toList());
  }
}
