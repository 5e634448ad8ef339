package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tokenbroker.simulator.TestClient.Reply;

/** Refreshing against RFC 6749 §6, in each way of rotation. */
class RefreshTest extends SimulatorTest {

  private static final Set<String> SCOPES = Set.of("read_agency", "read_alert");

  private static void assertInvalidGrant(Reply reply) {
    assertAll(
        () -> assertEquals(400, reply.status(), reply.body()),
        () -> assertEquals("invalid_grant", reply.text("error")),
        () -> assertFalse(reply.json().has("access_token")));
  }

  private Reply refresh(String refreshToken) throws Exception {
    return client.token(TestClient.refresh(refreshToken));
  }

  private String granted() {
    return simulator.consent("123", SCOPES).refreshToken();
  }

  @Test
  void aRefreshAnswersANewAccessToken() throws Exception {
    Grant grant = simulator.consent("123", Set.of("read_agency"));

    Reply reply = refresh(grant.refreshToken());

    assertAll(
        () -> assertEquals(200, reply.status(), reply.body()),
        () -> assertNotEquals(grant.accessToken(), reply.text("access_token")),
        () -> assertEquals("Bearer", reply.text("token_type")),
        () -> assertEquals(86_400, reply.json().path("expires_in").asInt()),
        () -> assertEquals("read_agency", reply.text("scope")),
        () -> assertEquals(200, client.api(reply.text("access_token")).status()));
  }

  @Test
  void theOlderAccessTokenLivesOn() throws Exception {
    Grant grant = simulator.consent("123", SCOPES);
    refresh(grant.refreshToken());

    assertEquals(200, client.api(grant.accessToken()).status());
  }

  @Test
  void unlessToldOtherwiseARefreshKillsTheTokenAndAnswersANewOne() throws Exception {
    String first = granted();
    String second = refresh(first).text("refresh_token");

    assertAll(
        () -> assertNotEquals(first, second),
        () -> assertInvalidGrant(refresh(first)),
        () -> assertEquals(200, refresh(second).status()));
  }

  @Test
  void withoutRotationTheAnswerHoldsNoRefreshTokenAndTheOldOneStaysGood() throws Exception {
    simulator.setRotation(Rotation.NONE);
    String token = granted();

    Reply reply = refresh(token);

    assertAll(
        () -> assertFalse(reply.json().has("refresh_token")),
        () -> assertEquals(200, refresh(token).status()));
  }

  @Test
  void theSameTokenCanBeRepeated() throws Exception {
    simulator.setRotation(Rotation.SAME);
    String token = granted();

    Reply reply = refresh(token);

    assertAll(
        () -> assertEquals(token, reply.text("refresh_token")),
        () -> assertEquals(200, refresh(token).status()));
  }

  @Test
  void withGraceTheOldTokenWorksForAWhile() throws Exception {
    simulator.setRotation(Rotation.NEW_WITH_GRACE);
    String first = granted();
    String second = refresh(first).text("refresh_token");
    clock.advance(Duration.ofSeconds(29));

    Reply again = refresh(first);

    assertAll(
        () -> assertEquals(200, again.status(), again.body()),
        () -> assertNotEquals(second, again.text("refresh_token")),
        () -> assertEquals(200, refresh(second).status()));
  }

  @Test
  void afterTheGraceTheOldTokenIsDead() throws Exception {
    simulator.setRotation(Rotation.NEW_WITH_GRACE);
    String first = granted();
    refresh(first);
    clock.advance(Duration.ofSeconds(30));

    assertInvalidGrant(refresh(first));
  }

  @Test
  void usingTheOldTokenDoesNotProlongItsGrace() throws Exception {
    simulator.setRotation(Rotation.NEW_WITH_GRACE);
    String first = granted();
    refresh(first);
    clock.advance(Duration.ofSeconds(20));
    refresh(first);
    clock.advance(Duration.ofSeconds(20));

    assertInvalidGrant(refresh(first));
  }

  @Test
  void rotationCanBeSetForOneAgency() throws Exception {
    simulator.setRotation("123", Rotation.SAME);
    String of123 = granted();
    String of124 = simulator.consent("124", SCOPES).refreshToken();

    assertAll(
        () -> assertEquals(of123, refresh(of123).text("refresh_token")),
        () -> assertNotEquals(of124, refresh(of124).text("refresh_token")));
  }

  @Test
  void aDeadTokenThatIsPresentedIsRecorded() throws Exception {
    Grant grant = simulator.consent("123", SCOPES);
    refresh(grant.refreshToken());
    refresh(grant.refreshToken());

    assertEquals(
        List.of(
            new DeadToken(
                clock.instant(), CallKind.REFRESH, grant.id(), "123", 1, DeadToken.Cause.ROTATED)),
        simulator.deadTokens());
  }

  @Test
  void aTokenThatNeverWasIsRefusedButNotRecorded() throws Exception {
    granted();
    Reply reply = refresh("0123456789abcdef0123456789abcdef01234567");

    assertAll(
        () -> assertInvalidGrant(reply), () -> assertEquals(List.of(), simulator.deadTokens()));
  }

  @Test
  void everyCharacterOfATokenCounts() throws Exception {
    String token = granted();

    for (int i = 0; i < token.length(); i++) {
      char other = token.charAt(i) == '0' ? '1' : '0';
      assertInvalidGrant(refresh(token.substring(0, i) + other + token.substring(i + 1)));
    }
    assertInvalidGrant(refresh(token + "0"));
    assertInvalidGrant(refresh(token.toUpperCase(Locale.ROOT)));
  }

  @Test
  void aRefreshTokenLivesAYear() throws Exception {
    String token = granted();
    clock.advance(Duration.ofDays(365).minusSeconds(1));

    assertEquals(200, refresh(token).status());
  }

  @Test
  void aRefreshTokenExpiresAfterAYear() throws Exception {
    String token = granted();
    clock.advance(Duration.ofDays(365));

    assertAll(
        () -> assertInvalidGrant(refresh(token)),
        () -> assertEquals(DeadToken.Cause.EXPIRED, simulator.deadTokens().getFirst().cause()));
  }

  @Test
  void theYearOfATokenThatIsRepeatedGoesOn() throws Exception {
    simulator.setRotation(Rotation.SAME);
    String token = granted();
    clock.advance(Duration.ofDays(200));
    refresh(token);
    clock.advance(Duration.ofDays(200));

    assertInvalidGrant(refresh(token));
  }

  @Test
  void theYearOfADifferentTokenStartsAnew() throws Exception {
    String first = granted();
    clock.advance(Duration.ofDays(200));
    String second = refresh(first).text("refresh_token");
    clock.advance(Duration.ofDays(200));

    assertEquals(200, refresh(second).status());
  }

  @Test
  void aRevokedConsentRefusesItsRefreshToken() throws Exception {
    String token = granted();
    simulator.revokeConsent("123");

    assertAll(
        () -> assertInvalidGrant(refresh(token)),
        () -> assertEquals(DeadToken.Cause.REVOKED, simulator.deadTokens().getFirst().cause()));
  }

  @Test
  void aRefreshTokenOfAnotherClientIsRefused() throws Exception {
    Map<String, String> parameters = TestClient.refresh(granted());
    parameters.put("client_id", OTHER.clientId());
    parameters.put("client_secret", OTHER.clientSecret());

    assertInvalidGrant(client.token(parameters));
  }

  @Test
  void aRefreshByAnotherClientLeavesTheTokenAlone() throws Exception {
    String token = granted();
    Map<String, String> parameters = TestClient.refresh(token);
    parameters.put("client_id", OTHER.clientId());
    parameters.put("client_secret", OTHER.clientSecret());
    client.token(parameters);

    assertEquals(200, refresh(token).status());
  }

  @Test
  void wrongCredentialsLeaveTheTokenAlone() throws Exception {
    String token = granted();
    Map<String, String> parameters = TestClient.refresh(token);
    parameters.put("client_secret", "wrong");

    assertAll(
        () -> assertEquals("invalid_client", client.token(parameters).text("error")),
        () -> assertEquals(200, refresh(token).status()));
  }

  @Test
  void aMissingRefreshTokenIsAnInvalidRequest() throws Exception {
    assertEquals("invalid_request", refresh("").text("error"));
  }

  @Test
  void aNarrowerScopeIsForTheAccessTokenAlone() throws Exception {
    Map<String, String> parameters = TestClient.refresh(granted());
    parameters.put("scope", "read_alert");

    Reply narrow = client.token(parameters);
    Reply next = refresh(narrow.text("refresh_token"));

    assertAll(
        () -> assertEquals("read_alert", narrow.text("scope")),
        () -> assertEquals(403, client.api(narrow.text("access_token")).status()),
        () -> assertEquals(SCOPES, Scopes.parse(next.text("scope"))));
  }

  @Test
  void aWiderScopeIsRefusedAndLeavesTheTokenAlone() throws Exception {
    String token = granted();
    Map<String, String> parameters = TestClient.refresh(token);
    parameters.put("scope", "read_agency write_mapdata");

    assertAll(
        () -> assertEquals("invalid_scope", client.token(parameters).text("error")),
        () -> assertEquals(200, refresh(token).status()));
  }

  @Test
  void aPersonalTokenIsRefusedHere() throws Exception {
    assertInvalidGrant(refresh(simulator.personalGrant("123", SCOPES).refreshToken()));
  }

  @Test
  void theLifetimeCanBeSet() throws Exception {
    simulator.setAccessTokenLifetime(Duration.ofSeconds(90));

    Reply reply = refresh(granted());

    assertEquals(90, reply.json().path("expires_in").asInt());
  }

  @Test
  void theLifetimeIsKeptTo() throws Exception {
    simulator.setAccessTokenLifetime("123", Duration.ofSeconds(90));
    String accessToken = refresh(granted()).text("access_token");
    clock.advance(Duration.ofSeconds(89));
    int before = client.api(accessToken).status();
    clock.advance(Duration.ofSeconds(1));

    int after = client.api(accessToken).status();

    assertEquals(List.of(200, 401), List.of(before, after));
  }

  @Test
  void grantedScopesCanBeNarrowed() throws Exception {
    simulator.setGrantedScopes("123", Set.of("read_alert"));

    Reply reply = client.token(TestClient.exchange(client.code()));

    assertEquals("read_alert", reply.text("scope"));
  }

  @Test
  void callsAreCountedByKindAgencyAndOutcome() throws Exception {
    String token = granted();
    refresh(token);
    refresh(token);

    assertAll(
        () -> assertEquals(2, simulator.calls(CallKind.REFRESH)),
        () -> assertEquals(2, simulator.calls(CallKind.REFRESH, "123")),
        () -> assertEquals(0, simulator.calls(CallKind.REFRESH, "124")),
        () -> assertEquals(1, simulator.calls(CallKind.REFRESH, "123", "issued")),
        () -> assertEquals(1, simulator.calls(CallKind.REFRESH, "123", "dead_token")));
  }

  @Test
  void refreshesOneAfterTheOtherDoNotOverlap() throws Exception {
    String token = granted();
    for (int i = 0; i < 50; i++) {
      token = refresh(token).text("refresh_token");
    }

    assertTrue(simulator.overlappingRefreshes().isEmpty());
  }
}
