package org.tokenbroker.packaging;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jsoup.Jsoup;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.TestCertificate;
import org.tokenbroker.testing.TestDatabase;

/**
 * Two packaged brokers on one database. The first is strict: it limits how often callers ask, how
 * often anybody fails and how slow a client may be, and it ends TLS itself.
 */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before the first test
class AccessIT {

  @TempDir static Path directory;

  private static BrokerProcess strictProcess;
  private static BrokerProcess otherProcess;
  private static BrokerClient strict;
  private static BrokerClient other;
  private static TestCertificate server;
  private static TestCertificate board;
  private static TestCertificate stranger;
  private static TestCertificate untrusted;
  private static int tlsPort;

  @BeforeAll
  static void start() throws Exception {
    server = TestCertificate.create(directory, "server", "CN=broker");
    board = TestCertificate.create(directory, "board", "CN=board, O=Example Org, C=US");
    stranger = TestCertificate.create(directory, "stranger", "CN=stranger,O=Example Org,C=US");
    untrusted = TestCertificate.create(directory, "untrusted", "CN=board,O=Example Org,C=US");
    tlsPort = FreePort.find();
    Map<String, String> environment = BrokerProcess.environment(TestDatabase.create());
    Map<String, String> strictEnvironment = new HashMap<>(environment);
    strictEnvironment.put("BROKER_CALLER_RATE", "2");
    strictEnvironment.put("BROKER_FAILED_AUTHENTICATION_RATE", "3");
    strictEnvironment.put("BROKER_TRUSTED_PROXIES", "127.0.0.0/8");
    strictEnvironment.put("QUARKUS_HTTP_IDLE_TIMEOUT", "3S");
    strictEnvironment.put("QUARKUS_HTTP_SSL_PORT", Integer.toString(tlsPort));
    strictEnvironment.put(
        "QUARKUS_HTTP_SSL_CERTIFICATE_KEY_STORE_FILE", server.keyStore().toString());
    strictEnvironment.put(
        "QUARKUS_HTTP_SSL_CERTIFICATE_KEY_STORE_PASSWORD", TestCertificate.PASSWORD);
    strictEnvironment.put(
        "QUARKUS_HTTP_SSL_CERTIFICATE_TRUST_STORE_FILES", board.pem() + "," + stranger.pem());
    strictProcess =
        BrokerProcess.serve(Files.createDirectory(directory.resolve("strict")), strictEnvironment);
    Map<String, String> otherEnvironment = new HashMap<>(environment);
    otherEnvironment.put("QUARKUS_HTTP_PORT", Integer.toString(FreePort.find()));
    otherEnvironment.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(FreePort.find()));
    otherProcess =
        BrokerProcess.serve(Files.createDirectory(directory.resolve("other")), otherEnvironment);
    strict = new BrokerClient(strictProcess.origin().toString(), BrokerProcess.ADMIN_KEY);
    other = new BrokerClient(otherProcess.origin().toString(), BrokerProcess.ADMIN_KEY);
  }

  @AfterAll
  static void stop() {
    strictProcess.close();
    otherProcess.close();
  }

  private static Response eventually(String what, int status, Supplier<Response> request) {
    Response[] last = new Response[1];
    Eventually.isTrue(
        what,
        () -> {
          last[0] = request.get();
          return last[0].statusCode() == status;
        },
        () -> strictProcess.log() + otherProcess.log());
    return last[0];
  }

  @Test
  void aCallerThatAsksTooOftenIsToldToWait() {
    String eager = strict.createCaller("eager", "*");
    String calm = strict.createCaller("calm", "*");

    Response refused = eventually("too many", 429, () -> strict.bearer(eager).get("/tokens/none"));

    refused
        .then()
        .contentType("application/problem+json")
        .header("Retry-After", notNullValue())
        .body("type", equalTo("urn:token-broker:problem:too-many-requests"));
    strict.bearer(calm).get("/tokens").then().statusCode(200);
    eventually("a while later it may", 200, () -> strict.bearer(eager).get("/tokens"));
  }

  private static RequestSpecification from(String address, String key) {
    return strict.bearer(key).header("X-Forwarded-For", address);
  }

  @Test
  void whoFailsTooOftenIsNotLookedAtAnyMore() {
    String key = strict.createCaller("good-neighbour", "*");
    String wrong = "a-wrong-key-of-some-length-0123456789";

    eventually("too many", 429, () -> from("198.51.100.1", wrong).get("/agencies"))
        .then()
        .header("Retry-After", notNullValue())
        .body("type", equalTo("urn:token-broker:problem:too-many-requests"));

    assertEquals(
        429,
        from("198.51.100.1", BrokerProcess.ADMIN_KEY).get("/agencies").statusCode(),
        "not even the right one, or it could be guessed");
    assertEquals(429, from("203.0.113.99, 198.51.100.1", wrong).get("/agencies").statusCode());
    assertEquals(401, from("198.51.100.1, 198.51.100.2", wrong).get("/agencies").statusCode());
    assertEquals(200, from("198.51.100.1", key).get("/tokens").statusCode());
    assertEquals(200, from("198.51.100.3", BrokerProcess.ADMIN_KEY).get("/admins").statusCode());
  }

  @Test
  void ofIpv6TheWholeNetworkHasFailed() {
    String wrong = "a-wrong-key-of-some-length-0123456789";
    int[] host = {0};

    eventually("too many", 429, () -> from("2001:db8:1:1::" + ++host[0], wrong).get("/agencies"));

    assertEquals(401, from("2001:db8:1:2::1", wrong).get("/agencies").statusCode());
  }

  @Test
  void signingInIsLimitedLikewise() {
    Response form = strict.anonymous().get("/console/sign-in");
    String csrf = Jsoup.parse(form.asString()).select("input[name=csrf]").val();

    eventually(
        "too many",
        429,
        () ->
            strict
                .anonymous()
                .header("X-Forwarded-For", "198.51.100.77")
                .cookies(form.cookies())
                .formParam("csrf", csrf)
                .formParam("key", "a-wrong-key-of-some-length-0123456789")
                .post("/console/sign-in"));
  }

  private static int overTls(SSLContext context, String path) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().sslContext(context).build()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("https://localhost:" + tlsPort + path)).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  @Test
  void aClientCertificateProvesItsCaller() throws Exception {
    strict
        .admin()
        .body("{\"agencies\":[\"*\"],\"certificate_subject\":\"cn=Board,o=Example Org,c=us\"}")
        .put("/callers/board")
        .then()
        .statusCode(201);

    assertEquals(200, overTls(board.context(server), "/tokens"));
    assertEquals(403, overTls(board.context(server), "/agencies"));
    assertEquals(401, overTls(stranger.context(server), "/tokens"));
    assertEquals(401, overTls(server.trusting(), "/tokens"));
    assertThrows(IOException.class, () -> overTls(untrusted.context(server), "/tokens"));
  }

  private static String raw(String request) throws IOException {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), strictProcess.origin().getPort())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      try (InputStream in = socket.getInputStream()) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "GET /tokens HTTP/1.1\r\nHost: localh",
        "POST /console/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\n\r\nk"
      })
  void whoIsSlowIsCutOff(String beginning) throws IOException {
    // Returns when the broker closes the connection; it would fail after 30 s.
    assertTrue(raw(beginning).length() < 1000);
  }

  @Test
  void headersThatAreTooLargeAreRefused() throws IOException {
    String answer =
        raw("GET /tokens HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(20_000) + "\r\n\r\n");

    assertTrue(answer.startsWith("HTTP/1.1 431 "), answer);
  }

  @Test
  void anAdminDeletedAtOneIsGoneAtTheOther() {
    String key = strict.createAdmin("alice", "viewer");
    eventually("the other knows the key", 200, () -> other.bearer(key).get("/agencies"));
    Response form = other.anonymous().get("/console/sign-in");
    Map<String, String> session =
        other
            .anonymous()
            .cookies(form.cookies())
            .formParam("csrf", Jsoup.parse(form.asString()).select("input[name=csrf]").val())
            .formParam("key", key)
            .post("/console/sign-in")
            .then()
            .statusCode(303)
            .extract()
            .cookies();
    other.anonymous().cookies(session).get("/console").then().statusCode(200);
    strict.anonymous().cookies(session).get("/console").then().statusCode(200);

    strict.admin().delete("/admins/alice").then().statusCode(204);

    eventually("the key is refused", 401, () -> other.bearer(key).get("/agencies"));
    eventually(
        "the session is over", 303, () -> other.anonymous().cookies(session).get("/console"));
  }

  @Test
  void whoSignsOutAtOneIsSignedOutAtTheOther() {
    Response form = strict.anonymous().get("/console/sign-in");
    Map<String, String> session =
        strict
            .anonymous()
            .cookies(form.cookies())
            .formParam("csrf", Jsoup.parse(form.asString()).select("input[name=csrf]").val())
            .formParam("key", BrokerProcess.ADMIN_KEY)
            .post("/console/sign-in")
            .then()
            .statusCode(303)
            .extract()
            .cookies();
    String page = other.anonymous().cookies(session).get("/console").asString();

    other
        .anonymous()
        .cookies(session)
        .formParam("csrf", Jsoup.parse(page).select("input[name=csrf]").val())
        .post("/console/sign-out")
        .then()
        .statusCode(303);

    given()
        .redirects()
        .follow(false)
        .baseUri(strictProcess.origin().toString())
        .port(strictProcess.origin().getPort())
        .cookies(session)
        .get("/console")
        .then()
        .statusCode(303);
  }
}
