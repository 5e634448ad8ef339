package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.RawConnection.Arrived;
import org.tokenbroker.simulator.RawConnection.End;
import org.tokenbroker.simulator.TestClient.Reply;

/** Each fault, as the client meets it. */
class FaultsOnTheWireTest extends SimulatorTest {

  private static final Set<String> SCOPES = Set.of("read_agency", "read_alert");
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(500);

  private Grant granted() {
    return simulator.consent("123", SCOPES);
  }

  private Reply refresh(String refreshToken) throws Exception {
    return client.token(TestClient.refresh(refreshToken));
  }

  private Reply refresh() throws Exception {
    return refresh(granted().refreshToken());
  }

  private Reply personal() throws Exception {
    return client.personal(simulator.personalGrant("123", SCOPES).refreshToken());
  }

  private Reply api() throws Exception {
    return client.api(granted().accessToken());
  }

  /** Refreshes over a bare connection; patience begins when the simulator has the call. */
  private Arrived refreshRaw(String refreshToken, Duration patience) throws Exception {
    long before = begun();
    try (RawConnection connection = new RawConnection(simulator.origin())) {
      connection.post(Front.TOKEN, TestClient.form(TestClient.refresh(refreshToken)));
      await(() -> begun() > before);
      return connection.read(patience);
    }
  }

  private static Fault.ErrorAnswer error(int status, String error, Fault.Body body) {
    return new Fault.ErrorAnswer(status, error, body, null, false, Fault.Moment.BEFORE);
  }

  // The shape of a good answer.

  @Test
  void expiresInCanBeText() throws Exception {
    simulator.inject(new Fault.ExpiresIn(Fault.Notation.TEXT));

    JsonNode expiresIn = refresh().json().path("expires_in");

    assertAll(
        () -> assertTrue(expiresIn.isTextual()), () -> assertEquals("86400", expiresIn.asText()));
  }

  @Test
  void expiresInCanBeMissing() throws Exception {
    simulator.inject(new Fault.ExpiresIn(Fault.Notation.MISSING));

    assertFalse(refresh().json().has("expires_in"));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -5, 1, 999_999_999_999L})
  void theLifetimeCanBeAnything(long seconds) throws Exception {
    simulator.inject(new Fault.Lifetime(seconds));

    assertEquals(seconds, refresh().json().path("expires_in").asLong());
  }

  @ParameterizedTest
  @CsvSource({"TEXT,\"<s>\"", "NUMBER,<s>", "MILLISECONDS,<s>000", "MISSING,"})
  void theExpirationOfPersonalGrantsCanBeWrittenInOtherWays(
      Fault.Notation notation, @Nullable String written) throws Exception {
    simulator.inject(new Fault.Expiration(notation));

    JsonNode expiration = personal().json().path("expiration");

    long seconds = clock.instant().getEpochSecond() + 86_400;
    assertEquals(
        written == null ? "" : written.replace("<s>", Long.toString(seconds)),
        expiration.toString());
  }

  @Test
  void personalGrantsCanRotateToo() throws Exception {
    simulator.inject(
        FaultRule.of(new Fault.RotationMode(Rotation.NEW, Duration.ZERO))
            .on(CallKind.PERSONAL_REFRESH));
    String token = simulator.personalGrant("123", SCOPES).refreshToken();

    String next = client.personal(token).text("refresh_token");

    assertAll(
        () -> assertEquals(400, client.personal(token).status()),
        () -> assertEquals(200, client.personal(next).status()));
  }

  @Test
  void aRefreshCanGrantLess() throws Exception {
    simulator.inject(new Fault.GrantedScope(Set.of("read_alert")));

    Reply reply = refresh();

    assertAll(
        () -> assertEquals("read_alert", reply.text("scope")),
        () -> assertEquals(403, client.api(reply.text("access_token")).status()));
  }

  @Test
  void theRefreshTokenCanBeLeftOutAlthoughTheOldOneIsDead() throws Exception {
    simulator.inject(new Fault.NoRefreshToken());
    String token = granted().refreshToken();

    Reply reply = refresh(token);

    assertAll(
        () -> assertFalse(reply.json().has("refresh_token")),
        () -> assertEquals("invalid_grant", refresh(token).text("error")));
  }

  @Test
  void anExchangeCanAnswerNoRefreshToken() throws Exception {
    simulator.inject(new Fault.NoRefreshToken());

    Reply reply = client.token(TestClient.exchange(client.code()));

    assertAll(
        () -> assertEquals(200, reply.status()),
        () -> assertFalse(reply.json().has("refresh_token")));
  }

  @Test
  void tokensCanBeLong() throws Exception {
    simulator.inject(new Fault.TokenLength(4096));

    Reply reply = refresh();

    assertAll(
        () -> assertEquals(4096, reply.text("access_token").length()),
        () -> assertEquals(4096, reply.text("refresh_token").length()),
        () -> assertEquals(200, client.api(reply.text("access_token")).status()),
        () -> assertEquals(200, refresh(reply.text("refresh_token")).status()));
  }

  // Errors.

  @ParameterizedTest
  @CsvSource({
    "400,invalid_grant",
    "400,invalid_client",
    "401,invalid_client",
    "400,unauthorized_client",
    "400,invalid_scope",
    "400,invalid_request",
    "500,server_error",
    "503,temporarily_unavailable",
    "200,invalid_grant"
  })
  void anyErrorCanBeAnsweredWithAnyStatus(int status, String error) throws Exception {
    simulator.inject(error(status, error, Fault.Body.OAUTH));

    Reply reply = refresh();

    assertAll(
        () -> assertEquals(status, reply.status()),
        () -> assertEquals("application/json;charset=UTF-8", reply.header("Content-Type")),
        () -> assertEquals(error, reply.text("error")));
  }

  @Test
  void anErrorThatIsMadeUpLeavesTheTokenAlone() throws Exception {
    String token = granted().refreshToken();
    simulator.inject(FaultRule.of(error(400, "invalid_grant", Fault.Body.OAUTH)).forNext(1));
    Reply first = refresh(token);

    Reply second = refresh(token);

    assertAll(
        () -> assertEquals("invalid_grant", first.text("error")),
        () -> assertEquals(200, second.status()),
        () -> assertEquals(List.of(), simulator.deadTokens()));
  }

  @Test
  void aDeadTokenIsRecordedAlsoWhereAFaultAnswers() throws Exception {
    String token = granted().refreshToken();
    refresh(token);
    simulator.inject(error(500, "server_error", Fault.Body.HTML));

    Reply reply = refresh(token);

    assertAll(
        () -> assertEquals(500, reply.status()),
        () -> assertEquals(1, simulator.deadTokens().size()));
  }

  @Test
  void anErrorAfterTheDecisionLosesTheNewToken() throws Exception {
    String token = granted().refreshToken();
    simulator.inject(
        FaultRule.of(
                new Fault.ErrorAnswer(
                    500, "server_error", Fault.Body.HTML, null, false, Fault.Moment.AFTER))
            .forNext(1));
    Reply first = refresh(token);

    Reply second = refresh(token);

    assertAll(
        () -> assertEquals(500, first.status()),
        () -> assertEquals("invalid_grant", second.text("error")),
        () ->
            assertEquals(1, simulator.calls(CallKind.REFRESH, "123", "issued_then_server_error")));
  }

  @Test
  void anErrorCanBeJsonLabelledHtml() throws Exception {
    simulator.inject(error(400, "invalid_grant", Fault.Body.OAUTH_AS_HTML));

    Reply reply = refresh();

    assertAll(
        () -> assertTrue(reply.header("Content-Type").startsWith("text/html")),
        () -> assertEquals("invalid_grant", reply.text("error")));
  }

  @Test
  void anErrorCanBeAPage() throws Exception {
    simulator.inject(error(502, "server_error", Fault.Body.HTML));

    Reply reply = refresh();

    assertAll(
        () -> assertEquals(502, reply.status()),
        () -> assertTrue(reply.header("Content-Type").startsWith("text/html")),
        () -> assertTrue(reply.body().startsWith("<!DOCTYPE html>")));
  }

  @Test
  void aPersonalRefreshCanAnswerAPageWithStatus200() throws Exception {
    simulator.inject(error(200, "server_error", Fault.Body.HTML));

    Reply reply = personal();

    assertAll(
        () -> assertEquals(200, reply.status()),
        () -> assertTrue(reply.body().startsWith("<!DOCTYPE html>")));
  }

  @Test
  void anErrorCanBeEmpty() throws Exception {
    simulator.inject(error(500, "server_error", Fault.Body.EMPTY));

    Reply reply = refresh();

    assertAll(() -> assertEquals(500, reply.status()), () -> assertEquals("", reply.body()));
  }

  @Test
  void anErrorCanHoldBytesThatAreNotUtf8() throws Exception {
    simulator.inject(error(400, "invalid_grant", Fault.Body.INVALID_UTF8));

    Reply reply = refresh();

    assertThrows(
        CharacterCodingException.class,
        () -> UTF_8.newDecoder().decode(ByteBuffer.wrap(reply.content().getBytes())));
    assertTrue(reply.body().contains("\"error\":\"invalid_grant\""));
  }

  @Test
  void anErrorCanHaveTenMegabytes() throws Exception {
    simulator.inject(error(400, "invalid_grant", Fault.Body.HUGE));

    Reply reply = refresh();

    assertAll(
        () -> assertTrue(reply.content().length() > 10_000_000),
        () -> assertEquals("invalid_grant", reply.text("error")));
  }

  @Test
  void tooManyRequestsNeedNotSayForHowLong() throws Exception {
    simulator.inject(error(429, "rate_limited", Fault.Body.OAUTH));

    Reply reply = refresh();

    assertAll(
        () -> assertEquals(429, reply.status()),
        () -> assertEquals("", reply.header("Retry-After")));
  }

  @Test
  void retryAfterCanBeSeconds() throws Exception {
    simulator.inject(
        new Fault.ErrorAnswer(
            429,
            "rate_limited",
            Fault.Body.EMPTY,
            Duration.ofMinutes(2),
            false,
            Fault.Moment.BEFORE));

    assertEquals("120", refresh().header("Retry-After"));
  }

  @Test
  void retryAfterCanBeADate() throws Exception {
    simulator.inject(
        new Fault.ErrorAnswer(
            429,
            "rate_limited",
            Fault.Body.EMPTY,
            Duration.ofMinutes(2),
            true,
            Fault.Moment.BEFORE));

    Instant date =
        ZonedDateTime.parse(refresh().header("Retry-After"), DateTimeFormatter.RFC_1123_DATE_TIME)
            .toInstant();

    assertEquals(clock.instant().plusSeconds(120), date);
  }

  @Test
  void aCallCanBeSentElsewhere() throws Exception {
    simulator.inject(new Fault.Redirect(302, URI.create("https://example.org/elsewhere")));

    Reply reply = refresh();

    assertAll(
        () -> assertEquals(302, reply.status()),
        () -> assertEquals("https://example.org/elsewhere", reply.header("Location")));
  }

  @Test
  void theConsentPageCanReturnAnError() throws Exception {
    simulator.inject(
        FaultRule.of(error(503, "temporarily_unavailable", Fault.Body.OAUTH))
            .on(CallKind.AUTHORIZATION));

    Reply reply = client.authorize(TestClient.authorization());

    assertAll(
        () -> assertEquals("temporarily_unavailable", reply.callback("error")),
        () -> assertEquals("a state~!", reply.callback("state")));
  }

  // Latency.

  @Test
  void anAnswerCanBeLate() throws Exception {
    simulator.inject(
        new Fault.Latency(Duration.ofMillis(300), Duration.ofMillis(300), Fault.Moment.BEFORE));
    long start = System.nanoTime();

    Reply reply = refresh();

    assertAll(
        () -> assertEquals(200, reply.status()),
        () -> assertTrue(System.nanoTime() - start >= Duration.ofMillis(290).toNanos()));
  }

  @Test
  void whileALateDecisionIsPendingTheTokenIsGood() throws Exception {
    String token = granted().refreshToken();
    simulator.inject(FaultRule.of(new Fault.Latency(LONG, LONG, Fault.Moment.BEFORE)).forNext(1));
    Arrived late = refreshRaw(token, SHORT);

    Reply second = refresh(token);

    assertAll(
        () -> assertEquals(new Arrived("", End.OPEN), late),
        () -> assertEquals(200, second.status()));
  }

  @Test
  void whileALateAnswerIsPendingTheTokenIsDead() throws Exception {
    String token = granted().refreshToken();
    simulator.inject(FaultRule.of(new Fault.Latency(LONG, LONG, Fault.Moment.AFTER)).forNext(1));
    Arrived late = refreshRaw(token, SHORT);

    Reply second = refresh(token);

    assertAll(
        () -> assertEquals(new Arrived("", End.OPEN), late),
        () -> assertEquals("invalid_grant", second.text("error")));
  }

  @Test
  void aClientThatHasGoneDoesNotStopTheDecision() throws Exception {
    Grant grant = granted();
    simulator.inject(
        FaultRule.of(
                new Fault.Latency(
                    Duration.ofMillis(600), Duration.ofMillis(600), Fault.Moment.BEFORE))
            .forNext(1));
    Arrived nothing = refreshRaw(grant.refreshToken(), Duration.ofMillis(100));

    await(() -> simulator.calls(CallKind.REFRESH, "123", "issued") == 1);

    assertAll(
        () -> assertEquals(new Arrived("", End.OPEN), nothing),
        () -> assertEquals("invalid_grant", refresh(grant.refreshToken()).text("error")));
  }

  /** How many calls have begun. */
  private long begun() {
    return simulator.callsPerSecond().values().stream().mapToLong(calls -> calls).sum();
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.holds()) {
      assertTrue(System.nanoTime() < deadline, "not in time");
      Thread.onSpinWait();
    }
  }

  private List<Duration> delays(long seed) throws Exception {
    try (Simulator seeded = Simulator.start(options().withSeed(seed));
        TestClient other = new TestClient(seeded)) {
      seeded.inject(new Fault.Latency(Duration.ZERO, Duration.ofMillis(40), Fault.Moment.BEFORE));
      Grant grant = seeded.consent("123", SCOPES);
      String token = grant.refreshToken();
      for (int i = 0; i < 8; i++) {
        token = other.token(TestClient.refresh(token)).text("refresh_token");
      }
      return seeded.timeline(grant.id()).stream()
          .filter(event -> event.event().equals("refresh"))
          .map(GrantEvent::delay)
          .map(String::valueOf)
          .map(Duration::parse)
          .toList();
    }
  }

  @Test
  void randomDelaysAreDrawnFromTheSeed() throws Exception {
    List<Duration> delays = delays(1);

    assertAll(
        () -> assertEquals(8, delays.size()),
        () -> assertTrue(Set.copyOf(delays).size() > 1, delays.toString()),
        () ->
            assertTrue(
                delays.stream().allMatch(delay -> delay.compareTo(Duration.ofMillis(40)) <= 0),
                delays.toString()),
        () -> assertEquals(delays, delays(1)),
        () -> assertNotEquals(delays, delays(2)));
  }

  @Test
  void refreshesThatOverlapAreRecorded() throws Exception {
    simulator.setRotation(Rotation.SAME);
    Grant grant = granted();
    simulator.inject(FaultRule.of(new Fault.Latency(LONG, LONG, Fault.Moment.BEFORE)).forNext(1));
    try (RawConnection first = new RawConnection(simulator.origin())) {
      first.post(Front.TOKEN, TestClient.form(TestClient.refresh(grant.refreshToken())));
      await(() -> begun() == 1);

      refresh(grant.refreshToken());

      assertEquals(
          List.of(new OverlappingRefresh(clock.instant(), grant.id(), "123", 2)),
          simulator.overlappingRefreshes());
    }
  }

  @Test
  void ofManyRefreshesWithOneTokenOneWins() throws Exception {
    String token = granted().refreshToken();

    int won = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Reply>> replies =
          Stream.generate(() -> threads.submit(() -> refresh(token))).limit(40).toList();
      for (Future<Reply> reply : replies) {
        won += reply.get().status() == 200 ? 1 : 0;
      }
    }

    assertEquals(1, won);
    assertEquals(39, simulator.deadTokens().size());
  }

  // The connection.

  @Test
  void aResetBeforeTheDecisionLeavesTheTokenAlone() throws Exception {
    String token = granted().refreshToken();
    simulator.inject(FaultRule.of(new Fault.Reset(Fault.Moment.BEFORE)).forNext(1));
    Arrived arrived = refreshRaw(token, LONG);

    Reply second = refresh(token);

    assertAll(
        () -> assertEquals(new Arrived("", End.RESET), arrived),
        () -> assertEquals(200, second.status()));
  }

  @Test
  void aResetAfterTheDecisionLosesTheNewToken() throws Exception {
    String token = granted().refreshToken();
    simulator.inject(FaultRule.of(new Fault.Reset(Fault.Moment.AFTER)).forNext(1));
    Arrived arrived = refreshRaw(token, LONG);

    Reply second = refresh(token);

    assertAll(
        () -> assertEquals(new Arrived("", End.RESET), arrived),
        () -> assertEquals("invalid_grant", second.text("error")),
        () -> assertEquals(1, simulator.calls(CallKind.REFRESH, "123", "issued_then_reset")));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 1_000_000})
  void aBodyCanBeCutShort(int bytes) throws Exception {
    simulator.inject(new Fault.CutBody(bytes));

    Arrived arrived = refreshRaw(granted().refreshToken(), LONG);

    assertAll(
        () -> assertTrue(arrived.text().startsWith("HTTP/1.1 200 ")),
        () -> assertEquals(End.CLOSED, arrived.end()),
        () -> assertEquals(Math.min(bytes, arrived.statedLength() - 1), arrived.body().length()));
  }

  @Test
  void unlessToldOtherwiseHalfOfACutBodyArrives() throws Exception {
    simulator.inject(new Fault.CutBody(null));

    Arrived arrived = refreshRaw(granted().refreshToken(), LONG);

    assertEquals(arrived.statedLength() / 2, arrived.body().length());
  }

  @Test
  void anAnswerCanDrip() throws Exception {
    simulator.inject(new Fault.Drip(Duration.ofMillis(10)));
    try (RawConnection connection = new RawConnection(simulator.origin())) {
      connection.post(Front.TOKEN, TestClient.form(TestClient.refresh(granted().refreshToken())));

      Arrived arrived = connection.read(Duration.ofSeconds(2));

      assertAll(
          () -> assertEquals(arrived.statedLength(), arrived.body().length()),
          () -> assertTrue(arrived.body().endsWith("}")),
          () -> assertTrue(connection.reads() > arrived.body().length() / 4));
    }
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerCanStayAway(Fault.Moment moment) throws Exception {
    String token = granted().refreshToken();
    simulator.inject(FaultRule.of(new Fault.Silence(moment)).forNext(1));
    Arrived arrived = refreshRaw(token, SHORT);

    Reply second = refresh(token);

    assertAll(
        () -> assertEquals(new Arrived("", End.OPEN), arrived),
        () -> assertEquals(moment == Fault.Moment.BEFORE ? 200 : 400, second.status()));
  }

  @Test
  void connectionsCanBeRefused() throws Exception {
    URI origin = simulator.origin();
    try (RawConnection open = new RawConnection(origin)) {
      simulator.refuseConnections();

      assertThrows(ConnectException.class, () -> new RawConnection(origin).close());
      assertNotEquals(End.OPEN, open.read(LONG).end());
    }
    simulator.acceptConnections();
    assertEquals(200, refresh().status());
  }

  @Test
  void connectionsAreRefusedFromTheMomentItIsSaidSo() {
    URI origin = simulator.origin();
    for (int round = 0; round < 200; round++) {
      simulator.refuseConnections();
      assertThrows(ConnectException.class, () -> new RawConnection(origin).close());
      simulator.acceptConnections();
    }
  }

  @Test
  void connectionsCanBeRefusedForATime() throws Exception {
    URI origin = simulator.origin();
    Reply told = client.control("refuse", Map.of("seconds", "1"));
    await(
        () -> {
          try {
            new RawConnection(origin).close();
            return false;
          } catch (IOException e) {
            return true; // refused, or ended while it was being closed
          }
        });

    await(
        () -> {
          try {
            new RawConnection(origin).close();
            return true;
          } catch (IOException e) {
            return false;
          }
        });

    assertAll(() -> assertEquals(200, told.status()), () -> assertEquals(200, refresh().status()));
  }

  // The API.

  @Test
  void theApiCanSayErrorWithStatus200() throws Exception {
    simulator.inject(new Fault.ApiError());

    Reply reply = api();

    assertAll(
        () -> assertEquals(200, reply.status()), () -> assertEquals("error", reply.text("result")));
  }

  @Test
  void theApiCanWriteIdsAsNumbers() throws Exception {
    simulator.inject(new Fault.NumericIds());

    JsonNode id = api().json().at("/message/agency/id");

    assertAll(() -> assertTrue(id.isNumber()), () -> assertEquals(123, id.asInt()));
  }

  @ParameterizedTest
  @CsvSource({"124,Shelbyville Rescue", "999,Agency 999"})
  void theApiCanNameAnotherAgency(String id, String name) throws Exception {
    simulator.inject(new Fault.OtherAgency(id));

    JsonNode agency = api().json().at("/message/agency");

    assertAll(
        () -> assertEquals(id, agency.path("id").asText()),
        () -> assertEquals(name, agency.path("name").asText()));
  }

  @Test
  void theApiCanListThousandsOfDevices() throws Exception {
    simulator.inject(new Fault.Devices(5000));

    assertEquals(5000, api().json().at("/message/agency/devices").size());
  }

  @Test
  void theApiCanBeSilent() throws Exception {
    simulator.inject(FaultRule.of(new Fault.Silence(Fault.Moment.BEFORE)).on(CallKind.API));
    try (RawConnection connection = new RawConnection(simulator.origin())) {
      connection.getApi(granted().accessToken());

      assertEquals(new Arrived("", End.OPEN), connection.read(SHORT));
    }
  }

  @Test
  void theApiCanBeSlow() throws Exception {
    simulator.inject(
        FaultRule.of(
                new Fault.Latency(
                    Duration.ofMillis(300), Duration.ofMillis(300), Fault.Moment.BEFORE))
            .on(CallKind.API));
    long start = System.nanoTime();

    Reply reply = api();

    assertAll(
        () -> assertEquals(200, reply.status()),
        () -> assertTrue(System.nanoTime() - start >= Duration.ofMillis(290).toNanos()));
  }

  @Test
  void faultsOfTheTokenEndpointsDoNotTouchTheApi() throws Exception {
    simulator.inject(error(500, "server_error", Fault.Body.HTML));

    assertEquals(200, api().status());
  }
}
