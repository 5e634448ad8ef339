package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.TestClient.Reply;

/** The token endpoint against RFC 6749 §3.2, §4.1.3, §4.1.4 and §5. */
class TokenEndpointTest extends SimulatorTest {

  private static void assertError(int status, String error, Reply reply) {
    assertAll(
        () -> assertEquals(status, reply.status(), reply.body()),
        () -> assertEquals("application/json;charset=UTF-8", reply.header("Content-Type")),
        () -> assertEquals("no-store", reply.header("Cache-Control")),
        () -> assertEquals("no-cache", reply.header("Pragma")),
        () -> assertEquals(error, reply.text("error")),
        () -> assertNotEquals("", reply.text("error_description")),
        () -> assertFalse(reply.json().has("access_token")));
  }

  @Test
  void aCodeIsExchangedForTokens() throws Exception {
    String code = client.code();

    Reply reply = client.token(TestClient.exchange(code));

    assertAll(
        () -> assertEquals(200, reply.status(), reply.body()),
        () -> assertEquals("application/json;charset=UTF-8", reply.header("Content-Type")),
        () -> assertEquals("no-store", reply.header("Cache-Control")),
        () -> assertEquals("no-cache", reply.header("Pragma")),
        () -> assertTrue(reply.text("access_token").matches("[0-9a-f]{40}")),
        () -> assertTrue(reply.text("refresh_token").matches("[0-9a-f]{40}")),
        () -> assertEquals("Bearer", reply.text("token_type")),
        () -> assertTrue(reply.json().path("expires_in").isNumber()),
        () -> assertEquals(86_400, reply.json().path("expires_in").asInt()),
        () -> assertEquals("read_agency read_alert", reply.text("scope")));
  }

  @Test
  void theTokensAreForTheAgencyThatWasChosen() throws Exception {
    String code =
        client
            .decide(TestClient.authorization(), Map.of("decision", "allow", "agency", "124"))
            .callback("code");
    String accessToken = client.token(TestClient.exchange(code)).text("access_token");

    Reply reply = client.api(accessToken);

    assertEquals("124", reply.json().at("/message/agency/id").asText());
  }

  @Test
  void aCodeLivesThirtySeconds() throws Exception {
    String code = client.code();
    clock.advance(Duration.ofSeconds(29));

    assertEquals(200, client.token(TestClient.exchange(code)).status());
  }

  @Test
  void aCodeIsRefusedAfterThirtySeconds() throws Exception {
    String code = client.code();
    clock.advance(Duration.ofSeconds(30));

    assertError(400, "invalid_grant", client.token(TestClient.exchange(code)));
  }

  @Test
  void aCodeIsGoodForOneUse() throws Exception {
    String code = client.code();
    client.token(TestClient.exchange(code));

    assertError(400, "invalid_grant", client.token(TestClient.exchange(code)));
  }

  @Test
  void aReplayedCodeRevokesTheRefreshTokenThatItWon() throws Exception {
    String code = client.code();
    Reply won = client.token(TestClient.exchange(code));
    client.token(TestClient.exchange(code));

    Reply reply = client.token(TestClient.refresh(won.text("refresh_token")));

    assertError(400, "invalid_grant", reply);
  }

  @Test
  void aReplayedCodeRevokesTheAccessTokenThatItWon() throws Exception {
    String code = client.code();
    Reply won = client.token(TestClient.exchange(code));
    clock.advance(Duration.ofMinutes(5));
    client.token(TestClient.exchange(code));

    assertEquals(401, client.api(won.text("access_token")).status());
  }

  @Test
  void anUnknownCodeIsRefused() throws Exception {
    assertError(400, "invalid_grant", client.token(TestClient.exchange("0".repeat(40))));
  }

  @Test
  void aCodeOfAnotherClientIsRefused() throws Exception {
    Map<String, String> parameters = TestClient.exchange(client.code());
    parameters.put("client_id", OTHER.clientId());
    parameters.put("client_secret", OTHER.clientSecret());

    assertError(400, "invalid_grant", client.token(parameters));
  }

  @Test
  void aRedirectAddressThatWasSentMustBeRepeated() throws Exception {
    Map<String, String> parameters = TestClient.exchange(client.code());
    parameters.remove("redirect_uri");

    assertError(400, "invalid_request", client.token(parameters));
  }

  @Test
  void aRedirectAddressSentUnderItsOldNameMustBeRepeatedUnderTheNewOne() throws Exception {
    Map<String, String> authorization = TestClient.authorization();
    authorization.remove("redirect_uri");
    Map<String, String> parameters =
        TestClient.exchange(client.allow(authorization).callback("code"));
    parameters.put("redirection_uri", String.valueOf(parameters.remove("redirect_uri")));

    assertError(400, "invalid_request", client.token(parameters));
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://localhost:8080/callback/", "https://attacker.example/callback"})
  void theRepeatedRedirectAddressMustBeIdentical(String address) throws Exception {
    Map<String, String> parameters = TestClient.exchange(client.code());
    parameters.put("redirect_uri", address);

    assertError(400, "invalid_grant", client.token(parameters));
  }

  @Test
  void aRedirectAddressThatWasNotSentNeedNotBeRepeated() throws Exception {
    Map<String, String> authorization = TestClient.authorization();
    authorization.remove("redirect_uri");
    authorization.remove("redirection_uri");
    Map<String, String> parameters =
        TestClient.exchange(client.allow(authorization).callback("code"));
    parameters.remove("redirect_uri");

    assertEquals(200, client.token(parameters).status());
  }

  @Test
  void aScopeBeyondTheAuthorizedOneIsRefused() throws Exception {
    Map<String, String> parameters = TestClient.exchange(client.code());
    parameters.put("scope", "read_agency write_mapdata");

    assertError(400, "invalid_scope", client.token(parameters));
  }

  @ParameterizedTest
  @ValueSource(strings = {"grant_type", "code"})
  void aMissingParameterIsAnInvalidRequest(String parameter) throws Exception {
    Map<String, String> parameters = TestClient.exchange(client.code());
    parameters.put(parameter, ""); // without a value is as good as omitted (§3.2)

    assertError(400, "invalid_request", client.token(parameters));
  }

  @ParameterizedTest
  @CsvSource({"client_id,", "client_secret,", "client_id,nobody", "client_secret,wrong"})
  void wrongClientCredentialsAreRefused(String parameter, String value) throws Exception {
    Map<String, String> parameters = TestClient.exchange(client.code());
    parameters.put(parameter, value == null ? "" : value);

    assertError(400, "invalid_client", client.token(parameters));
  }

  @Test
  void credentialsInTheHeaderAreRefusedWithAChallenge() throws Exception {
    Map<String, String> parameters = TestClient.exchange(client.code());
    parameters.remove("client_secret");

    Reply reply =
        client.send(
            TestClient.formRequest(simulator.tokenUrl(), TestClient.form(parameters))
                .header("Authorization", "Basic dG9rZW4tYnJva2VyOnNpbXVsYXRlZC1zZWNyZXQ="));

    assertAll(
        () -> assertError(401, "invalid_client", reply),
        () -> assertTrue(reply.header("WWW-Authenticate").startsWith("Basic ")));
  }

  @Test
  void twoWaysOfAuthenticationAreRefused() throws Exception {
    Reply reply =
        client.send(
            TestClient.formRequest(
                    simulator.tokenUrl(), TestClient.form(TestClient.exchange(client.code())))
                .header("Authorization", "Basic dG9rZW4tYnJva2VyOnNpbXVsYXRlZC1zZWNyZXQ="));

    assertError(400, "invalid_request", reply);
  }

  @Test
  void aChangedSecretIsTheOnlyOneThatCounts() throws Exception {
    simulator.changeClientSecret("another secret");
    Map<String, String> parameters = TestClient.exchange(client.code());
    Reply withOld = client.token(parameters);
    parameters.put("client_secret", "another secret");

    Reply withNew = client.token(parameters);

    assertAll(
        () -> assertError(400, "invalid_client", withOld),
        () -> assertEquals(200, withNew.status()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"password", "client_credentials", "Refresh_Token"})
  void anotherGrantTypeIsUnsupported(String grantType) throws Exception {
    Map<String, String> parameters = TestClient.exchange(client.code());
    parameters.put("grant_type", grantType);

    assertError(400, "unsupported_grant_type", client.token(parameters));
  }

  @Test
  void aRepeatedParameterIsAnInvalidRequest() throws Exception {
    String form = TestClient.form(TestClient.exchange(client.code()));

    assertError(
        400,
        "invalid_request",
        client.send(
            TestClient.formRequest(simulator.tokenUrl(), form + "&grant_type=authorization_code")));
  }

  @Test
  void brokenEncodingIsAnInvalidRequest() throws Exception {
    String form = TestClient.form(TestClient.exchange(client.code()));

    assertError(
        400,
        "invalid_request",
        client.send(TestClient.formRequest(simulator.tokenUrl(), form + "&x=%zz")));
  }

  @Test
  void parametersInTheAddressAreRefused() throws Exception {
    String form = TestClient.form(TestClient.exchange(client.code()));

    assertError(
        400,
        "invalid_request",
        client.send(TestClient.formRequest(URI.create(simulator.tokenUrl() + "?" + form), form)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded;charset=iso-8859-1"
      })
  void anotherContentTypeIsRefused(String type) throws Exception {
    String form = TestClient.form(TestClient.exchange(client.code()));

    assertError(
        400,
        "invalid_request",
        client.send(
            HttpRequest.newBuilder(simulator.tokenUrl())
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofString(form))));
  }

  @Test
  void aFormLabelledWithItsCharsetIsTaken() throws Exception {
    String form = TestClient.form(TestClient.exchange(client.code()));

    Reply reply =
        client.send(
            HttpRequest.newBuilder(simulator.tokenUrl())
                .header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
                .POST(HttpRequest.BodyPublishers.ofString(form)));

    assertEquals(200, reply.status(), reply.body());
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE"})
  void onlyPostIsAllowed(String method) throws Exception {
    String form = TestClient.form(TestClient.exchange(client.code()));

    Reply reply =
        client.send(
            HttpRequest.newBuilder(URI.create(simulator.tokenUrl() + "?" + form))
                .method(method, HttpRequest.BodyPublishers.noBody()));

    assertAll(
        () -> assertError(405, "invalid_request", reply),
        () -> assertEquals("POST", reply.header("Allow")));
  }

  @Test
  void unknownParametersAreIgnored() throws Exception {
    Map<String, String> parameters = TestClient.exchange(client.code());
    parameters.put("audience", "everybody");

    assertEquals(200, client.token(parameters).status());
  }
}
