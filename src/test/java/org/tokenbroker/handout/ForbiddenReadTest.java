package org.tokenbroker.handout;

import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.agroal.api.AgroalPoolInterceptor;
import io.restassured.http.Header;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** A caller must not learn from a refusal whether an agency exists. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class ForbiddenReadTest {

  /** Counts how often a read asks the pool for a connection; what runs by itself is not counted. */
  @Singleton
  static class ConnectionsOfReads implements AgroalPoolInterceptor {
    private final AtomicInteger count = new AtomicInteger();

    @Override
    public void onConnectionAcquire(Connection connection) {
      boolean read =
          StackWalker.getInstance()
              .walk(
                  frames ->
                      frames
                          .map(StackWalker.StackFrame::getClassName)
                          .filter(name -> name.startsWith("org.tokenbroker.handout."))
                          .reduce(
                              "",
                              (all, name) ->
                                  all + " " + name.substring("org.tokenbroker.handout.".length())))
              .matches(".*(TokenResource|Handouts).*");
      if (read) {
        count.incrementAndGet();
      }
    }
  }

  Simulator active911;
  @Inject ConnectionsOfReads connections;

  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /tokens/%s", "POST /tokens/%s/refresh"})
  void theAnswerIsTheSameAndNeedsNoDatabase(String address) {
    String suffix = address.startsWith("GET") ? "-get" : "-post";
    String connected = "forbidden-connected" + suffix;
    String existing = "forbidden-existing" + suffix;
    broker.createAgency(connected);
    broker
        .connect(connected, active911.agencies().get(suffix.equals("-get") ? 120 : 121).id())
        .then()
        .statusCode(303);
    broker.createAgency(existing);
    String key = broker.createCaller("forbidden" + suffix, "forbidden-granted" + suffix);
    int before = connections.count.get();

    Response ofConnected = send(address, connected, key);
    Response ofExisting = send(address, existing, key);
    Response ofNone = send(address, "forbidden-none" + suffix, key);

    assertEquals(before, connections.count.get());
    for (Response one : new Response[] {ofConnected, ofExisting, ofNone}) {
      one.then().statusCode(403).body("type", containsString(":forbidden"));
    }
    assertEquals(text(ofNone, "forbidden-none" + suffix), text(ofConnected, connected));
    assertEquals(text(ofNone, "forbidden-none" + suffix), text(ofExisting, existing));

    send(address, "forbidden-granted" + suffix, key).then().statusCode(404);
    assertTrue(connections.count.get() > before, "otherwise nothing was counted");
  }

  private Response send(String address, String agency, String key) {
    String path = address.substring(address.indexOf(' ') + 1).formatted(agency);
    return address.startsWith("GET")
        ? broker.bearer(key).get(path)
        : broker.bearer(key).header("If-Match", "\"none\"").post(path);
  }

  /** Head and body, but for the name that the caller itself sent, its length, and the request's. */
  private static String text(Response answer, String agency) {
    String headers =
        answer.headers().asList().stream()
            .filter(header -> !header.hasSameNameAs(new Header("content-length", "")))
            .filter(header -> !header.hasSameNameAs(new Header("X-Request-ID", "")))
            .map(Object::toString)
            .sorted()
            .toList()
            .toString();
    return headers + answer.body().asString().replace(agency, "AGENCY");
  }

  @Test
  void theListHoldsOnlyWhatIsGranted() {
    broker.createAgency("list-not-granted");
    String key = broker.createCaller("list-of-nothing", "list-granted");

    assertEquals(List.of(), broker.bearer(key).get("/tokens").then().extract().path("items"));
  }
}
