package org.tokenbroker.handout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.restassured.RestAssured;
import io.restassured.http.Header;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.OutermostRoute;
import org.tokenbroker.testing.TestTable;

/** The short way of a read, and that it is the same as the long one, only shorter. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class CachedReadsTest {

  private static final int READS = 1_500;

  /** What a read may allocate beyond what the server needs to answer anything, in bytes. */
  private static final int READ_LIMIT = 4_096;

  /** Media types that only the long way understands. */
  private static final String LONG_WAY = "application/json;q=0.9, text/plain;q=0.1";

  private static final String SHORT_WAY = "application/json";

  Simulator active911;
  @Inject TestTable table;
  @Inject OutermostRoute outermost;
  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  @AfterEach
  void answerNoLonger() {
    outermost.answer(null);
  }

  private String connected(String agency, int index) {
    broker.createAgency(agency);
    broker.connect(agency, active911.agencies().get(index).id()).then().statusCode(303);
    return broker.createCaller(agency, agency);
  }

  @Test
  void bothWaysAnswerTheSame() {
    String key = connected("both-ways", 60);
    String etag = broker.bearer(key).get("/tokens/both-ways").header("ETag");

    for (String query : List.of("", "?min_ttl=0", "?min_ttl=3600")) {
      Response brief = broker.bearer(key).accept(SHORT_WAY).get("/tokens/both-ways" + query);
      Response complete = broker.bearer(key).accept(LONG_WAY).get("/tokens/both-ways" + query);
      assertEquals(200, brief.statusCode());
      assertEquals(comparable(complete), comparable(brief));
      assertEquals(withoutTime(complete), withoutTime(brief));
    }
    Response brief = notModified(key, SHORT_WAY, etag);
    Response complete = notModified(key, LONG_WAY, etag);
    assertEquals(304, brief.statusCode());
    assertEquals(comparable(complete), comparable(brief));
  }

  private Response notModified(String key, String accept, String etag) {
    return broker.bearer(key).accept(accept).header("If-None-Match", etag).get("/tokens/both-ways");
  }

  /** Status and headers, but what is different for each request. */
  private static Map<String, String> comparable(Response response) {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.put("status", Integer.toString(response.statusCode()));
    for (Header header : response.headers()) {
      all.merge(header.getName(), header.getValue(), (one, other) -> one + ", " + other);
    }
    assertTrue(all.containsKey("X-Request-ID"));
    all.remove("X-Request-ID");
    return all;
  }

  private static String withoutTime(Response response) {
    return response.asString().replaceFirst("\"expires_in\":\\d+", "");
  }

  /** Whatever is not in its usual form goes the long way, which says what is wrong with it. */
  @ParameterizedTest
  @MethodSource
  void theUnusualIsRefusedAsEver(String address, int status) {
    String caller = "unusual-" + Integer.toHexString(address.hashCode());
    String key = broker.createCaller(caller, "unusual");

    assertEquals(
        status, broker.bearer(key).urlEncodingEnabled(false).get(address).statusCode(), address);
  }

  static Stream<Arguments> theUnusualIsRefusedAsEver() {
    return Stream.of(
            Map.entry("/tokens/unusual?min_ttl=100000", 400),
            Map.entry("/tokens/unusual?min_ttl=", 400),
            Map.entry("/tokens/unusual?min_ttl=-1", 400),
            Map.entry("/tokens/unusual?min_ttl=1&min_ttl=1", 400),
            Map.entry("/tokens/Unusual", 400),
            Map.entry("/tokens/-unusual", 400),
            Map.entry("/tokens/" + "u".repeat(64), 400),
            Map.entry("/tokens/unusual", 404),
            Map.entry("/tokens/unusual/", 404),
            Map.entry("/tokens/unusual?other=1", 404),
            Map.entry("/tokens/not-granted", 403))
        .map(each -> Arguments.of(each.getKey(), each.getValue()));
  }

  @Test
  void aReadAllocatesLittleAndAsksNobody() throws Exception {
    String key = connected("allocates-little", 61);
    outermost.answer(
        broker
            .bearer(key)
            .get("/tokens/allocates-little")
            .then()
            .statusCode(200)
            .extract()
            .asString());
    String token = "/tokens/allocates-little";
    read(OutermostRoute.CONSTANT, key, SHORT_WAY);
    read(token, key, SHORT_WAY);
    read(token, key, LONG_WAY);

    long constant = allocatedBy(() -> read(OutermostRoute.CONSTANT, key, SHORT_WAY));
    long statements = transactions();
    long brief = allocatedBy(() -> read(token, key, SHORT_WAY));
    long complete = allocatedBy(() -> read(token, key, LONG_WAY));
    long asked = transactions() - statements;

    System.out.printf(
        "allocated for a read: %d bytes the short way, %d the long one, %d for a constant%n",
        brief, complete, constant);
    assertTrue(
        brief - constant <= READ_LIMIT,
        () -> brief + " bytes for a read, " + constant + " for a constant");
    assertTrue(brief < complete, "the short way is shorter");
    // Either way there were so many reads; the schedules go on asking, a few times a second.
    assertTrue(asked < READS, () -> asked + " transactions");
  }

  private long transactions() {
    return table.count(
        "select xact_commit from pg_stat_database where datname = current_database()");
  }

  private interface Reading {
    void run() throws IOException, InterruptedException;
  }

  /** What the event loops allocate for one of so many reads, in bytes. */
  private static long allocatedBy(Reading reading) throws IOException, InterruptedException {
    long before = allocatedByEventLoops();
    reading.run();
    return (allocatedByEventLoops() - before) / READS;
  }

  private static long allocatedByEventLoops() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = 0;
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("vert.x-eventloop-thread")) {
        bytes += threads.getThreadAllocatedBytes(thread.threadId());
      }
    }
    return bytes;
  }

  private static void read(String address, String key, String accept)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + RestAssured.port + address))
            .header("Authorization", "Bearer " + key)
            .header("Accept", accept)
            .build();
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      for (int i = 0; i < READS; i++) {
        assertEquals(200, http.send(request, BodyHandlers.discarding()).statusCode());
      }
    }
  }
}
