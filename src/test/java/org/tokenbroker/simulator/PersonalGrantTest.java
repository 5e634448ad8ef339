package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.TestClient.Reply;

/** Personal grants, against what is documented of them. */
class PersonalGrantTest extends SimulatorTest {

  private String granted() {
    return simulator.personalGrant("123", Set.of("read_agency")).refreshToken();
  }

  @Test
  void aRefreshAnswersAnAccessTokenAndWhenItEnds() throws Exception {
    Reply reply = client.personal(granted());

    JsonNode json = reply.json();
    assertAll(
        () -> assertEquals(200, reply.status(), reply.body()),
        () -> assertEquals(Set.of("access_token", "expiration"), fieldNames(json)),
        () -> assertTrue(json.path("expiration").isNumber()),
        () ->
            assertEquals(
                clock.instant().getEpochSecond() + 86_400, json.path("expiration").asLong()),
        () -> assertEquals(200, client.api(reply.text("access_token")).status()));
  }

  private static Set<String> fieldNames(JsonNode json) {
    return json.propertyStream().map(Map.Entry::getKey).collect(Collectors.toSet());
  }

  @Test
  void theRefreshTokenStaysGood() throws Exception {
    String token = granted();
    client.personal(token);

    assertEquals(200, client.personal(token).status());
  }

  @Test
  void anUnknownTokenIsRefused() throws Exception {
    Reply reply = client.personal("0".repeat(40));

    assertAll(
        () -> assertEquals(400, reply.status()),
        () -> assertEquals("invalid_grant", reply.text("error")));
  }

  @Test
  void aRevokedGrantIsRefusedAndRecorded() throws Exception {
    String token = granted();
    simulator.revokeConsent("123");

    Reply reply = client.personal(token);

    assertAll(
        () -> assertEquals("invalid_grant", reply.text("error")),
        () -> assertEquals(CallKind.PERSONAL_REFRESH, simulator.deadTokens().getFirst().kind()));
  }

  @Test
  void aTokenOfAnApplicationIsRefused() throws Exception {
    Grant grant = simulator.consent("123", Set.of("read_agency"));

    assertEquals("invalid_grant", client.personal(grant.refreshToken()).text("error"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"client_id", "client_secret", "grant_type"})
  void whatBelongsToApplicationsIsRefused(String parameter) throws Exception {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("refresh_token", granted());
    parameters.put(parameter, "x");

    assertEquals(
        "invalid_request", client.post(simulator.personalTokenUrl(), parameters).text("error"));
  }

  @Test
  void aMissingTokenIsAnInvalidRequest() throws Exception {
    assertEquals(
        "invalid_request",
        client.post(simulator.personalTokenUrl(), Map.of("other", "x")).text("error"));
  }

  @Test
  void whoIsNotSignedInIsAskedTo() throws Exception {
    Reply reply = client.get(simulator.personalTokenUrl());

    assertAll(
        () -> assertEquals(200, reply.status()),
        () -> assertTrue(reply.body().contains("value=\"sign_in\"")),
        () -> assertFalse(reply.body().contains("value=\"create\"")));
  }

  @Test
  void thePageOffersAgenciesAndScopes() throws Exception {
    Reply reply =
        client.send(
            HttpRequest.newBuilder(simulator.personalTokenUrl())
                .header("Cookie", Request.COOKIE + "=chief")
                .GET());

    assertAll(
        () -> assertTrue(reply.body().contains("Ogdenville Ambulance (125)")),
        () ->
            assertEquals(
                List.of(),
                SimulatorOptions.ALL_SCOPES.stream()
                    .filter(scope -> !reply.body().contains("value=\"" + scope + "\""))
                    .toList()));
  }

  @Test
  void atLeastOneScopeMustBeTicked() throws Exception {
    Reply reply =
        client.send(
            TestClient.formRequest(simulator.personalTokenUrl(), "action=create&agency=123")
                .header("Cookie", Request.COOKIE + "=chief"));

    assertEquals(400, reply.status());
  }

  @Test
  void noTokenIsShownToWhoIsNotSignedIn() throws Exception {
    Reply reply =
        client.post(
            simulator.personalTokenUrl(),
            Map.of("action", "create", "agency", "123", "scope", "read_agency"));

    assertEquals(303, reply.status());
  }
}
