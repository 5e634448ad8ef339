package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.TestClient.Reply;

/** The authorization endpoint against RFC 6749 §3.1 and §4.1.1 to §4.1.2.1. */
class AuthorizationEndpointTest extends SimulatorTest {

  private static Map<String, String> without(String parameter) {
    Map<String, String> parameters = TestClient.authorization();
    parameters.remove(parameter);
    return parameters;
  }

  private static Map<String, String> with(String parameter, String value) {
    Map<String, String> parameters = TestClient.authorization();
    parameters.put(parameter, value);
    return parameters;
  }

  private void assertReturned(String error, Reply reply) {
    assertAll(
        () -> assertEquals(303, reply.status(), reply.body()),
        () ->
            assertTrue(
                reply.header("Location").startsWith(TestClient.REDIRECT + "?"),
                reply.header("Location")),
        () -> assertEquals(error, reply.callback("error")),
        () -> assertNotEquals("", reply.callback("error_description")),
        () -> assertEquals("", reply.callback("code")));
  }

  private static void assertShown(Reply reply) {
    assertAll(
        () -> assertEquals(400, reply.status()),
        () -> assertEquals("", reply.header("Location")),
        () -> assertTrue(reply.header("Content-Type").startsWith("text/html")));
  }

  @Test
  void whoIsNotSignedInIsAskedTo() throws Exception {
    Reply reply =
        client.get(
            URI.create(
                simulator.authorizeUrl() + "?" + TestClient.form(TestClient.authorization())));

    assertAll(
        () -> assertEquals(200, reply.status()),
        () -> assertTrue(reply.body().contains("value=\"sign_in\"")),
        () -> assertFalse(reply.body().contains("value=\"allow\"")));
  }

  @Test
  void signingInLeadsBackToTheRequest() throws Exception {
    String address = simulator.authorizeUrl() + "?" + TestClient.form(TestClient.authorization());

    Reply reply =
        client.post(URI.create(address), Map.of("action", "sign_in", "name", "Chief Wiggum"));

    assertAll(
        () -> assertEquals(303, reply.status()),
        () ->
            assertEquals(URI.create(address), simulator.origin().resolve(reply.header("Location"))),
        () -> assertTrue(reply.header("Set-Cookie").contains("HttpOnly")));
  }

  @Test
  void thePageNamesTheScopesTheClientAndTheAgencies() throws Exception {
    Reply reply = client.authorize(TestClient.authorization());

    assertAll(
        () -> assertEquals(200, reply.status()),
        () -> assertTrue(reply.body().contains("<code>read_agency</code>")),
        () -> assertTrue(reply.body().contains("<code>read_alert</code>")),
        () -> assertFalse(reply.body().contains("<code>read_device</code>")),
        () -> assertTrue(reply.body().contains("token-broker")),
        () -> assertTrue(reply.body().contains("Springfield Fire (123)")),
        () -> assertTrue(reply.body().contains("Shelbyville Rescue (124)")));
  }

  @Test
  void thePageEscapesWhatIsForeign() throws Exception {
    Reply reply =
        client.send(
            HttpRequest.newBuilder(
                    URI.create(
                        simulator.authorizeUrl()
                            + "?"
                            + TestClient.form(with("state", "\"><script>"))))
                .header("Cookie", Request.COOKIE + "=%3Cscript%3E")
                .GET());

    assertAll(
        () -> assertEquals(200, reply.status()),
        () -> assertFalse(reply.body().contains("<script>")),
        () -> assertTrue(reply.body().contains("&lt;script&gt;")));
  }

  @Test
  void allowingLeadsBackWithCodeAndTheSameState() throws Exception {
    Reply reply = client.allow(TestClient.authorization());

    assertAll(
        () -> assertEquals(303, reply.status()),
        () -> assertTrue(reply.header("Location").startsWith(TestClient.REDIRECT + "?code=")),
        () -> assertEquals(List.of("a state~!"), reply.callback().get("state")),
        () -> assertTrue(reply.callback("code").matches("[0-9a-f]{40}")));
  }

  @Test
  void withoutStateNoneComesBack() throws Exception {
    Reply reply = client.allow(without("state"));

    assertEquals(List.of("code"), List.copyOf(reply.callback().keySet()));
  }

  @Test
  void aSlashCanStandBeforeTheQuery() throws Exception {
    try (Simulator slashed = Simulator.start(options().withSlashBeforeQuery(true));
        TestClient other = new TestClient(slashed)) {
      Reply reply = other.allow(TestClient.authorization());

      assertTrue(reply.header("Location").startsWith(TestClient.REDIRECT + "/?code="));
    }
  }

  @Test
  void denyingLeadsBackWithAccessDenied() throws Exception {
    Reply reply = client.decide(TestClient.authorization(), Map.of("decision", "deny"));

    assertAll(
        () -> assertReturned("access_denied", reply),
        () -> assertEquals("a state~!", reply.callback("state")));
  }

  @Test
  void noCodeIsGivenToWhoIsNotSignedIn() throws Exception {
    Reply reply =
        client.post(
            URI.create(
                simulator.authorizeUrl() + "?" + TestClient.form(TestClient.authorization())),
            Map.of("decision", "allow", "agency", "123"));

    assertAll(
        () -> assertEquals(303, reply.status()),
        () -> assertTrue(reply.header("Location").startsWith("/interface/")));
  }

  @Test
  void aFormFromAnotherSiteIsRefused() throws Exception {
    Reply reply =
        client.send(
            TestClient.formRequest(
                    URI.create(
                        simulator.authorizeUrl()
                            + "?"
                            + TestClient.form(TestClient.authorization())),
                    "decision=allow&agency=123")
                .header("Cookie", Request.COOKIE + "=chief")
                .header("Origin", "https://attacker.example"));

    assertShown(reply);
  }

  @Test
  void anAgencyThatIsNotThereCannotBeChosen() throws Exception {
    assertShown(
        client.decide(TestClient.authorization(), Map.of("decision", "allow", "agency", "999")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"redirect_uri", "redirection_uri"})
  void oneNameOfTheRedirectAddressIsEnough(String omitted) throws Exception {
    assertEquals(200, client.authorize(without(omitted)).status());
  }

  @Test
  void theTwoNamesMustAgree() throws Exception {
    assertShown(client.authorize(with("redirection_uri", TestClient.REDIRECT + "/")));
  }

  @Test
  void theOnlyRegisteredAddressNeedNotBeNamed() throws Exception {
    Map<String, String> parameters = without("redirect_uri");
    parameters.remove("redirection_uri");

    Reply reply = client.allow(parameters);

    assertTrue(reply.header("Location").startsWith(TestClient.REDIRECT + "?code="));
  }

  @Test
  void ofSeveralRegisteredAddressesOneMustBeNamed() throws Exception {
    Map<String, String> parameters = without("redirect_uri");
    parameters.remove("redirection_uri");
    parameters.put("client_id", OTHER.clientId());

    assertShown(client.authorize(parameters));
  }

  @Test
  void aSlashAtTheEndOfTheAddressIsTolerated() throws Exception {
    Map<String, String> parameters = with("redirect_uri", TestClient.REDIRECT + "/");
    parameters.remove("redirection_uri");

    Reply reply = client.allow(parameters);

    assertTrue(reply.header("Location").startsWith(TestClient.REDIRECT + "/?code="));
  }

  @Test
  void theQueryOfAnAddressIsKept() throws Exception {
    Map<String, String> parameters = with("redirect_uri", "https://other.example/b?x=1");
    parameters.remove("redirection_uri");
    parameters.put("client_id", OTHER.clientId());

    Reply reply = client.allow(parameters);

    assertTrue(
        reply.header("Location").startsWith("https://other.example/b?x=1&code="),
        reply.header("Location"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost:8080/callback/more",
        "http://localhost:8080/callback?x=1",
        "http://localhost:8081/callback",
        "https://localhost:8080/callback",
        "http://localhost:8080/Callback",
        "https://attacker.example/callback"
      })
  void anAddressThatIsNotRegisteredIsNeverUsed(String address) throws Exception {
    Map<String, String> parameters = with("redirect_uri", address);
    parameters.remove("redirection_uri");

    assertShown(client.authorize(parameters));
  }

  @Test
  void anUnknownClientIsShownOnAPage() throws Exception {
    assertShown(client.authorize(with("client_id", "nobody")));
  }

  @Test
  void aMissingClientIsShownOnAPage() throws Exception {
    assertShown(client.authorize(without("client_id")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"client_id", "redirect_uri", "redirection_uri"})
  void aRepeatedClientOrAddressIsShownOnAPage(String parameter) throws Exception {
    Map<String, String> parameters = TestClient.authorization();
    String again = TestClient.form(Map.of(parameter, String.valueOf(parameters.get(parameter))));

    assertShown(client.authorize(TestClient.form(parameters) + "&" + again));
  }

  @ParameterizedTest
  @ValueSource(strings = {"response_type=code", "scope=read_agency", "state=x", "more=1&more=2"})
  void anyOtherRepeatedParameterIsReturned(String again) throws Exception {
    assertReturned(
        "invalid_request",
        client.authorize(TestClient.form(TestClient.authorization()) + "&" + again));
  }

  @ParameterizedTest
  @CsvSource({
    "response_type,,invalid_request",
    "response_type,token,unsupported_response_type",
    "response_type,code token,unsupported_response_type",
    "scope,,invalid_scope",
    "scope,read_everything,invalid_scope",
    "scope,read_agency  read_alert,invalid_scope",
    "scope,read_agency read_everything,invalid_scope",
  })
  void aWrongParameterIsReturned(String parameter, String value, String error) throws Exception {
    // A parameter without a value counts as missing (§3.1).
    Reply reply = client.authorize(with(parameter, value == null ? "" : value));

    assertAll(
        () -> assertReturned(error, reply),
        () -> assertEquals("a state~!", reply.callback("state")));
  }

  @Test
  void aScopeThatIsNotRegisteredIsReturned() throws Exception {
    try (Simulator narrow = Simulator.start(options().withScopes(Set.of("read_agency")));
        TestClient other = new TestClient(narrow)) {
      Reply reply = other.authorize(TestClient.authorization());

      assertEquals("invalid_scope", reply.callback("error"));
    }
  }

  @Test
  void aStateOfForeignCharactersIsReturned() throws Exception {
    assertReturned("invalid_request", client.authorize(with("state", "naïve")));
  }

  @Test
  void unknownParametersAreIgnored() throws Exception {
    assertEquals(200, client.authorize(with("prompt", "consent")).status());
  }

  @Test
  void otherMethodsAreNotAllowed() throws Exception {
    Reply reply =
        client.send(
            HttpRequest.newBuilder(
                    URI.create(
                        simulator.authorizeUrl()
                            + "?"
                            + TestClient.form(TestClient.authorization())))
                .DELETE());

    assertEquals(405, reply.status());
  }

  @Test
  void thousandsOfAgenciesCanBeChosenById() throws Exception {
    try (Simulator large = Simulator.start(options().withAgencies(5000));
        TestClient other = new TestClient(large)) {
      Map<String, String> decision = new LinkedHashMap<>();
      decision.put("decision", "allow");
      decision.put("agency", "5122");

      Reply reply = other.decide(TestClient.authorization(), decision);

      assertNotEquals("", reply.callback("code"));
    }
  }
}
