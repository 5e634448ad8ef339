package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.TestClient.Reply;

/** The API's root against RFC 6750 §2.1, §3 and what is documented of its answer. */
class ApiRootTest extends SimulatorTest {

  private String accessToken() {
    return simulator.consent("123", Set.of("read_agency")).accessToken();
  }

  @Test
  void itNamesTheAgency() throws Exception {
    Reply reply = client.api(accessToken());

    assertAll(
        () -> assertEquals(200, reply.status()),
        () -> assertEquals("success", reply.text("result")),
        () -> assertTrue(reply.json().at("/message/agency/id").isTextual()),
        () -> assertEquals("123", reply.json().at("/message/agency/id").asText()),
        () -> assertEquals("Springfield Fire", reply.json().at("/message/agency/name").asText()),
        () -> assertEquals(2, reply.json().at("/message/agency/devices").size()));
  }

  @Test
  void itAnswersWithoutTheSlashAsWell() throws Exception {
    Reply reply =
        client.send(
            HttpRequest.newBuilder(URI.create(simulator.origin() + "/interface/open_api/api"))
                .header("Authorization", "Bearer " + accessToken())
                .GET());

    assertEquals("123", reply.json().at("/message/agency/id").asText());
  }

  @Test
  void withoutATokenItAsksForOne() throws Exception {
    Reply reply = client.get(simulator.apiUrl());

    assertAll(
        () -> assertEquals(401, reply.status()),
        () -> assertEquals("Bearer realm=\"Active911\"", reply.header("WWW-Authenticate")));
  }

  @Test
  void aTokenInTheAddressDoesNotCount() throws Exception {
    assertEquals(
        401,
        client.get(URI.create(simulator.apiUrl() + "?access_token=" + accessToken())).status());
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "0123456789abcdef0123456789abcdef01234567"})
  void anUnknownTokenIsInvalid(String token) throws Exception {
    Reply reply = client.api(token);

    assertAll(
        () -> assertEquals(401, reply.status()),
        () -> assertTrue(reply.header("WWW-Authenticate").contains("error=\"invalid_token\"")));
  }

  @Test
  void aRefreshTokenIsNoAccessToken() throws Exception {
    assertEquals(
        401, client.api(simulator.consent("123", Set.of("read_agency")).refreshToken()).status());
  }

  @Test
  void aTokenWithoutTheScopeIsForbidden() throws Exception {
    Reply reply = client.api(simulator.consent("123", Set.of("read_alert")).accessToken());

    assertAll(
        () -> assertEquals(403, reply.status()),
        () -> assertTrue(reply.header("WWW-Authenticate").contains("insufficient_scope")));
  }

  @Test
  void aRevokedConsentRefusesItsAccessToken() throws Exception {
    String token = accessToken();
    simulator.revokeConsent("123");

    assertEquals(401, client.api(token).status());
  }

  @Test
  void accessTokensCanBeInvalidatedAlone() throws Exception {
    Grant grant = simulator.consent("123", Set.of("read_agency"));
    simulator.invalidateAccessTokens("123");
    String next = client.token(TestClient.refresh(grant.refreshToken())).text("access_token");

    assertAll(
        () -> assertEquals(401, client.api(grant.accessToken()).status()),
        () -> assertEquals(200, client.api(next).status()));
  }

  @Test
  void itIsOnlyRead() throws Exception {
    Reply reply =
        client.send(
            HttpRequest.newBuilder(simulator.apiUrl())
                .header("Authorization", "Bearer " + accessToken())
                .POST(HttpRequest.BodyPublishers.noBody()));

    assertEquals(405, reply.status());
  }
}
