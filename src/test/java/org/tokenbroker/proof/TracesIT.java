package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Body;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestCollector;
import org.tokenbroker.testing.TestDatabase;

/** What a collector is told of reads and pages, by replicas with traces and by one without. */
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled by each test
class TracesIT {

  private static final String READ = "GET /tokens/{agency}";
  private static final String REFRESH = "refresh";
  private static final String CALL = "POST token";
  private static final String CLIENT_SPAN = "00f067aa0ba902b7";

  @TempDir Path directory;

  private TestCollector collector;
  private Fleet fleet;

  @BeforeEach
  void start() {
    collector = new TestCollector();
    fleet = new Fleet(directory, TestDatabase.create());
    fleet.add(collector.environment());
    fleet.add(collector.environment());
    fleet.add(Map.of());
  }

  @AfterEach
  void stop() {
    fleet.close();
    collector.close();
  }

  /** The id of the trace that a client with this number is in. */
  private static String trace(int client) {
    return "%032x".formatted(client);
  }

  private Read read(int replica, Subject subject, int client) {
    return fleet
        .calls()
        .token(
            fleet.replica(replica).origin(),
            fleet.callerKey(),
            subject.slug(),
            "00-" + trace(client) + "-" + CLIENT_SPAN + "-01");
  }

  private static String hex(ByteString id) {
    return HexFormat.of().formatHex(id.toByteArray());
  }

  private Optional<Span> find(String name, int client) {
    return collector.spans().stream()
        .filter(span -> span.getName().equals(name))
        .filter(span -> hex(span.getTraceId()).equals(trace(client)))
        .findAny();
  }

  private boolean has(String name, int client) {
    return find(name, client).isPresent();
  }

  private Span span(String name, int client) {
    return find(name, client).orElseThrow();
  }

  private void await(String name, int client) {
    Eventually.isTrue(name + " of client " + client, () -> has(name, client), fleet::logs);
  }

  private static Map<String, String> attributes(Span span) {
    return span.getAttributesList().stream()
        .collect(
            Collectors.toMap(
                KeyValue::getKey,
                each ->
                    each.getValue().hasIntValue()
                        ? Long.toString(each.getValue().getIntValue())
                        : each.getValue().getStringValue()));
  }

  @Test
  void aReadLeadsToItsRefreshAndToTheCallOnWhicheverReplicaThatWas() throws Exception {
    Subject subject = fleet.connect(1, Life.expiredUnnoticed()).getFirst();
    fleet.start();
    fleet
        .active911()
        .inject(
            FaultRule.of(
                    new Fault.Latency(Duration.ofSeconds(1), Duration.ofSeconds(1), Moment.AFTER))
                .on(CallKind.REFRESH));

    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Read> holder = threads.submit(() -> read(0, subject, 1));
      Eventually.isTrue(
          "Active911 was called",
          () -> fleet.active911().calls(CallKind.REFRESH, subject.active911Id()) == 1,
          fleet::logs);
      Read waiting = read(1, subject, 2);
      assertTrue(holder.get().isOk(), fleet::logs);
      assertTrue(waiting.isOk(), fleet::logs);
    }
    assertTrue(read(2, subject, 3).isOk());
    assertTrue(read(0, subject, 4).isOk());

    for (int client : new int[] {1, 2, 4}) {
      await(READ, client);
    }
    await(REFRESH, 2);
    for (int client : new int[] {1, 2}) {
      Span read = span(READ, client);
      assertEquals(SpanKind.SPAN_KIND_SERVER, read.getKind());
      assertEquals(CLIENT_SPAN, hex(read.getParentSpanId()));
      assertEquals(
          Map.of(
              "http.request.method", "GET",
              "http.route", "/tokens/{agency}",
              "http.response.status_code", "200",
              "token_broker.agency", subject.slug(),
              "token_broker.caller", "dispatch-board",
              "token_broker.outcome", "renewed"),
          attributes(read));
      assertEquals(read.getSpanId(), span(REFRESH, client).getParentSpanId());
    }
    Span refresh = span(REFRESH, 1);
    assertEquals("refreshed", attributes(refresh).get("token_broker.outcome"));
    Span call = span(CALL, 1);
    assertEquals(SpanKind.SPAN_KIND_CLIENT, call.getKind());
    assertEquals(refresh.getSpanId(), call.getParentSpanId());
    assertEquals("200", attributes(call).get("http.response.status_code"));
    assertFalse(has(CALL, 2), "Active911 was called once");
    assertEquals(
        List.of(refresh.getSpanId()),
        span(REFRESH, 2).getLinksList().stream().map(Span.Link::getSpanId).toList(),
        "who waited for another replica names what it waited for");
    assertEquals("memory", attributes(span(READ, 4)).get("token_broker.outcome"));
    assertFalse(has(READ, 3), "traces are off unless they are switched on");
  }

  @Test
  void aPageIsNamedByItsDeclaredAddressAndNothingOfTheRequestIsTold() throws Exception {
    fleet.start();
    URI origin = fleet.replica(0).origin();

    try (HttpClient browser = HttpClient.newHttpClient()) {
      ask(browser, origin.resolve("/callback?code=planted-code&state=planted-state"), 6);
      ask(browser, origin.resolve("/connect/planted-invitation"), 7);
      ask(browser, origin.resolve("/console/agencies/planted-agency"), 8);
      ask(browser, origin.resolve("/console/planted-address"), 9);
    }

    await("GET /callback", 6);
    await("GET /connect/{invitation}", 7);
    await("GET /console/agencies/{agency}", 8);
    await("GET", 9);
    Span page = span("GET /callback", 6);
    assertEquals(SpanKind.SPAN_KIND_SERVER, page.getKind());
    assertEquals(CLIENT_SPAN, hex(page.getParentSpanId()));
    assertEquals(
        Map.of(
            "http.request.method", "GET",
            "http.route", "/callback",
            "http.response.status_code", "400"),
        attributes(page));
    assertEquals(
        Map.of("http.request.method", "GET", "http.response.status_code", "404"),
        attributes(span("GET", 9)));
    assertFalse(collector.spans().toString().contains("planted"));
  }

  private static void ask(HttpClient browser, URI page, int client) throws Exception {
    browser.send(
        HttpRequest.newBuilder(page)
            .header("traceparent", "00-" + trace(client) + "-" + CLIENT_SPAN + "-01")
            .build(),
        HttpResponse.BodyHandlers.discarding());
  }

  @Test
  void aFailureIsInTheTraceAndTheTraceIsInTheLog() {
    Subject subject = fleet.connect(1, Life.expiredUnnoticed()).getFirst();
    fleet.start();
    fleet
        .active911()
        .inject(
            FaultRule.of(new Fault.ErrorAnswer(500, "down", Body.HTML, null, false, Moment.BEFORE))
                .on(CallKind.REFRESH));

    assertEquals(503, read(0, subject, 5).status());

    await(READ, 5);
    Span call = span(CALL, 5);
    assertEquals(StatusCode.STATUS_CODE_ERROR, call.getStatus().getCode());
    assertEquals("500", attributes(call).get("http.response.status_code"));
    assertEquals("upstream_server_error", attributes(span(REFRESH, 5)).get("token_broker.outcome"));
    assertEquals("503", attributes(span(READ, 5)).get("http.response.status_code"));
    List<String> lines =
        fleet.replica(0).log().lines().filter(line -> line.contains("refresh failed")).toList();
    assertEquals(1, lines.size());
    assertTrue(lines.getFirst().contains("\"traceId\":\"" + trace(5) + "\""), lines::getFirst);
  }
}
