package org.tokenbroker.handout;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.RestAssured;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;
import org.tokenbroker.testing.EventLoopWatch;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.OutermostRoute;
import org.tokenbroker.testing.OutermostRoute.Handled;
import org.tokenbroker.testing.RawHttp;
import org.tokenbroker.testing.TestIssuers;
import org.tokenbroker.testing.TestTable;

/**
 * A read that memory can answer, with a token or with a refusal, never leaves the event loop, and
 * waits for nothing there.
 */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class EventLoopTest {

  /** Enough for every event loop to have had some. */
  private static final int TIMES = 20;

  private static final Duration DEADLINE = Duration.ofSeconds(30);

  Simulator active911;
  TestIssuers issuers;
  @Inject OutermostRoute outermost;
  @Inject TestTable table;
  @Inject Vertx vertx;

  @AfterEach
  void watchNoLonger() {
    outermost.watchNoLonger();
  }

  @Test
  void whatMemoryAnswersIsAnsweredOnTheEventLoopWithoutWaiting() {
    Map<String, Integer> requests = requests();
    // Whatever is loaded or made when first used is there then.
    requests.forEach((head, status) -> send(head, status, TIMES));

    Queue<Handled> handled = outermost.watch();
    try (EventLoopWatch watch = EventLoopWatch.start()) {
      requests.forEach((head, status) -> send(head, status, TIMES));

      // The client has its answer before the thread that gave it is back.
      Eventually.isTrue(
          "all are noted", () -> handled.size() == requests.size() * TIMES, handled::toString);
      Set<Long> eventLoops = handled.stream().map(Handled::thread).collect(Collectors.toSet());
      assertAll(
          () ->
              assertEquals(
                  List.of(),
                  handled.stream().filter(each -> !each.onEventLoop() || !each.atOnce()).toList()),
          () -> assertEquals(List.of(), watch.waits(eventLoops)));
    }
  }

  /** Heads of requests and what is answered. */
  private Map<String, Integer> requests() {
    BrokerClient broker = BrokerClient.ofTheTest();
    for (String agency : List.of("loop", "loop-paused")) {
      broker.createAgency(agency);
    }
    broker.connect("loop", active911.agencies().get(145).id()).then().statusCode(303);
    broker.connect("loop-paused", active911.agencies().get(146).id()).then().statusCode(303);
    broker.admin().post("/agencies/loop-paused/pause").then().statusCode(200);
    String key = broker.createCaller("loop", "loop", "loop-paused");
    broker
        .admin()
        .body(
            "{\"agencies\":[\"loop\",\"loop-paused\"],\"issuer\":\"%s\",\"subject\":\"loop\"}"
                .formatted(issuers.company().name()))
        .put("/callers/loop")
        .then()
        .statusCode(200);
    String jwt = issuers.company().token("loop");
    broker.bearer(jwt).get("/tokens/loop").then().statusCode(200); // from now on it is remembered
    String etag = broker.bearer(key).get("/tokens/loop").header("ETag");
    String longWay = "\r\nAccept: application/json;q=0.9, text/plain;q=0.1";

    Map<String, Integer> requests = new LinkedHashMap<>();
    for (String credential : List.of(key, jwt)) {
      String bearer = "\r\nAuthorization: Bearer " + credential;
      requests.put(get("/tokens/loop") + bearer, 200);
      requests.put(get("/tokens/loop?min_ttl=3600") + bearer, 200);
      requests.put(get("/tokens/loop") + bearer + longWay, 200);
      requests.put(get("/tokens/loop") + bearer + "\r\nIf-None-Match: " + etag, 304);
      requests.put(get("/tokens/loop") + bearer + longWay + "\r\nIf-None-Match: " + etag, 304);
      requests.put(get("/tokens/loop?min_ttl=x") + bearer, 400);
      requests.put(get("/tokens/loop-not-granted") + bearer, 403);
      requests.put(get("/tokens/loop/nothing") + bearer, 404);
      requests.put(get("/tokens/loop-paused") + bearer, 409);
    }
    requests.put(get("/tokens/loop"), 401);
    requests.put(get("/tokens/loop") + "\r\nAuthorization: Basic bm9ib2R5", 401);
    requests.put(get("/tokens/loop") + "\r\nAuthorization: Bearer nobody", 401);
    requests.put(
        get("/tokens/loop") + "\r\nAuthorization: Bearer " + BrokerTestResource.ADMIN_KEY, 403);
    return requests;
  }

  private static String get(String address) {
    return "GET " + address + " HTTP/1.1\r\nHost: localhost";
  }

  /** Over a connection of its own each time: connections are spread over the event loops. */
  private static void send(String head, int status, int times) {
    for (int i = 0; i < times; i++) {
      try (RawHttp http =
          new RawHttp(URI.create("http://localhost:" + RestAssured.port), DEADLINE)) {
        assertEquals(status, http.send(head, new byte[0]).orElseThrow().status(), head);
      }
    }
  }

  /** What the test above must see, where it happens. */
  private enum Wait {
    FOR_THE_DATABASE("SocketRead") {
      @Override
      void happen(TestTable table) {
        table.count("select 1");
      }
    },
    FOR_A_FILE("FileRead") {
      @Override
      void happen(TestTable table) throws Exception {
        Files.readString(Path.of("pom.xml"));
      }
    },
    FOR_A_THREAD("ThreadPark") {
      @Override
      void happen(TestTable table) {
        LockSupport.parkNanos(1);
      }
    };

    private final String event;

    Wait(String event) {
      this.event = event;
    }

    abstract void happen(TestTable table) throws Exception;
  }

  @ParameterizedTest
  @EnumSource
  void aWaitOnTheEventLoopIsSeen(Wait wait) throws Exception {
    CompletableFuture<Long> eventLoop = new CompletableFuture<>();
    try (EventLoopWatch watch = EventLoopWatch.start()) {
      vertx.runOnContext(
          _ -> {
            try {
              wait.happen(table);
              eventLoop.complete(Thread.currentThread().threadId());
            } catch (Exception e) {
              eventLoop.completeExceptionally(e);
            }
          });
      List<String> waits = watch.waits(Set.of(eventLoop.get()));

      assertTrue(waits.stream().anyMatch(each -> each.startsWith(wait.event)), waits::toString);
    }
  }
}
