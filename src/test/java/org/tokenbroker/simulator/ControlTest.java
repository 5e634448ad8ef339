package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.TestClient.Reply;

/** The control API and the start page. */
class ControlTest extends SimulatorTest {

  private static final Set<String> SCOPES = Set.of("read_agency");

  private Reply refresh(String refreshToken) throws Exception {
    return client.token(TestClient.refresh(refreshToken));
  }

  private Reply delete(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(simulator.origin() + "/control/" + path)).DELETE());
  }

  @Test
  void aFaultIsInjectedAndListed() throws Exception {
    Reply reply =
        client.control(
            "faults", Map.of("fault", "latency", "millis", "5", "agency", "123", "times", "3"));

    JsonNode listed = client.seen("faults").at("/items/0");
    assertAll(
        () -> assertEquals(201, reply.status(), reply.body()),
        () -> assertEquals(reply.json(), listed),
        () -> assertEquals("latency", listed.path("fault").asText()),
        () -> assertEquals("123", listed.path("agency").asText()),
        () -> assertEquals(3, listed.path("times").asInt()));
  }

  @Test
  void aFaultCanBeJson() throws Exception {
    Reply reply =
        client.send(
            HttpRequest.newBuilder(URI.create(simulator.origin() + "/control/faults"))
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        """
                        {"fault":"silence","on":["api","exchange"],"times":2}
                        """)));

    assertAll(
        () -> assertEquals(201, reply.status(), reply.body()),
        () -> assertEquals("exchange", reply.json().at("/on/0").asText()),
        () -> assertEquals("api", reply.json().at("/on/1").asText()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "fault=nothing",
        "fault=latency",
        "fault=latency&millis=x",
        "fault=latency&millis=-1",
        "fault=latency&millis=10&to=5",
        "fault=reset&moment=never",
        "fault=reset&times=0",
        "fault=reset&agency=999",
        "fault=reset&on=everything",
        "fault=reset&tims=3",
        "fault=reset&fault=silence",
        "fault=error",
        "fault=rotation&mode=sometimes",
        "fault=scope&scope=read_everything",
        "fault=invalid_grant&status=42",
        "fault=redirect&status=200",
        "fault=%zz"
      })
  void aMistakeIsSaidAndChangesNothing(String form) throws Exception {
    Reply reply =
        client.send(
            TestClient.formRequest(URI.create(simulator.origin() + "/control/faults"), form));

    assertAll(
        () -> assertEquals(400, reply.status()),
        () -> assertFalse(reply.text("error").isEmpty()),
        () -> assertEquals(0, client.seen("faults").path("items").size()));
  }

  @Test
  void faultsOfOneAgencyAreCleared() throws Exception {
    client.control("faults", Map.of("fault", "reset", "agency", "123"));
    client.control("faults", Map.of("fault", "server_error"));
    delete("faults?agency=123");

    JsonNode left = client.seen("faults").path("items");
    assertAll(
        () -> assertEquals(1, left.size()),
        () -> assertEquals("error", left.path(0).path("fault").asText()));
  }

  @Test
  void allFaultsAreCleared() throws Exception {
    client.control("faults", Map.of("fault", "reset", "agency", "123"));
    client.control("faults", Map.of("fault", "server_error"));
    delete("faults");

    assertEquals(0, client.seen("faults").path("items").size());
  }

  @Test
  void aConsentIsGivenWithoutABrowser() throws Exception {
    Reply reply =
        client.control("grants", Map.of("agency", "124", "scope", "read_agency read_alert"));

    JsonNode grant = reply.json().at("/items/0");
    Reply refreshed = refresh(grant.path("refresh_token").asText());
    assertAll(
        () -> assertEquals(201, reply.status()),
        () -> assertEquals("124-1", grant.path("id").asText()),
        () -> assertEquals("read_agency read_alert", refreshed.text("scope")),
        () -> assertEquals(200, client.api(grant.path("access_token").asText()).status()));
  }

  @Test
  void aPersonalGrantIsMadeWithoutABrowser() throws Exception {
    Reply reply = client.control("grants", Map.of("agency", "124", "kind", "personal"));

    assertEquals(200, client.personal(reply.json().at("/items/0/refresh_token").asText()).status());
  }

  @Test
  void allAgenciesGiveTheirConsentAtOnce() throws Exception {
    try (Simulator large = Simulator.start(options().withAgencies(5000));
        TestClient other = new TestClient(large)) {
      JsonNode items = other.control("grants", Map.of("agency", "*")).json().path("items");

      String last = items.path(4999).path("refresh_token").asText();
      assertAll(
          () -> assertEquals(5000, items.size()),
          () -> assertEquals(200, other.token(TestClient.refresh(last)).status()));
    }
  }

  @Test
  void aConsentIsRevoked() throws Exception {
    String token = simulator.consent("123", SCOPES).refreshToken();
    client.control("revoke", Map.of("agency", "123"));

    assertEquals("invalid_grant", refresh(token).text("error"));
  }

  @Test
  void accessTokensAreInvalidated() throws Exception {
    Grant grant = simulator.consent("123", SCOPES);
    client.control("invalidate", Map.of("agency", "*"));

    assertAll(
        () -> assertEquals(401, client.api(grant.accessToken()).status()),
        () -> assertEquals(200, refresh(grant.refreshToken()).status()));
  }

  @Test
  void theClientSecretIsChanged() throws Exception {
    String token = simulator.consent("123", SCOPES).refreshToken();
    client.control("client-secret", Map.of("client_secret", "another"));

    assertEquals("invalid_client", refresh(token).text("error"));
  }

  @Test
  void callsAreCounted() throws Exception {
    String token = simulator.consent("123", SCOPES).refreshToken();
    refresh(token);
    refresh(token);
    refresh("unknown");

    assertEquals(
        """
        [{"kind":"refresh","agency":"","outcome":"unknown_token","calls":1},\
        {"kind":"refresh","agency":"123","outcome":"dead_token","calls":1},\
        {"kind":"refresh","agency":"123","outcome":"issued","calls":1}]\
        """,
        client.seen("calls").path("items").toString());
  }

  @Test
  void deadTokensAreListed() throws Exception {
    String token = simulator.consent("123", SCOPES).refreshToken();
    refresh(token);
    refresh(token);

    assertEquals(
        """
        [{"at":"2026-11-24T12:00:00Z","kind":"refresh","grant":"123-1","agency":"123",\
        "generation":1,"cause":"rotated"}]\
        """,
        client.seen("dead-tokens").path("items").toString());
  }

  @Test
  void callsASecondAreListed() throws Exception {
    String token = simulator.consent("123", SCOPES).refreshToken();
    refresh(token);
    refresh(token);
    clock.advance(Duration.ofSeconds(5));
    refresh(token);

    assertEquals(
        """
        [{"second":"2026-11-24T12:00:00Z","calls":2},\
        {"second":"2026-11-24T12:00:05Z","calls":1}]\
        """,
        client.seen("rate").path("items").toString());
  }

  @Test
  void aConsentHasATimeline() throws Exception {
    String first = simulator.consent("123", SCOPES).refreshToken();
    client.control("faults", Map.of("fault", "server_error", "times", "1"));
    refresh(first);
    refresh(first);
    refresh(first);
    client.control("revoke", Map.of("agency", "123"));

    JsonNode story = client.seen("grants/123-1");
    assertAll(
        () -> assertTrue(story.path("revoked").asBoolean()),
        () ->
            assertEquals(
                """
                [{"at":"2026-11-24T12:00:00Z","event":"granted","outcome":"issued",\
                "issued_generation":1},\
                {"at":"2026-11-24T12:00:00Z","event":"refresh","outcome":"forced_server_error",\
                "presented_generation":1,"under_way":1},\
                {"at":"2026-11-24T12:00:00Z","event":"refresh","outcome":"issued",\
                "presented_generation":1,"issued_generation":2,"under_way":1},\
                {"at":"2026-11-24T12:00:00Z","event":"refresh","outcome":"dead_token",\
                "presented_generation":1,"under_way":1},\
                {"at":"2026-11-24T12:00:00Z","event":"revoked","outcome":"revoked"}]\
                """,
                story.path("timeline").toString()));
  }

  @Test
  void consentsAreListedWithTheirLiveTokens() throws Exception {
    simulator.setRotation(Rotation.NEW_WITH_GRACE);
    refresh(simulator.consent("123", SCOPES).refreshToken());
    simulator.consent("124", SCOPES);

    assertEquals(
        """
        [{"id":"123-1","agency":"123","kind":"application","scope":"read_agency",\
        "revoked":false,"live_generations":[1,2]}]\
        """,
        client.seen("grants?agency=123").path("items").toString());
  }

  @Test
  void everythingIsAlsoInOneDocument() throws Exception {
    String token = simulator.consent("123", SCOPES).refreshToken();
    refresh(token);
    refresh(token);

    JsonNode all = client.seen("");
    assertAll(
        () -> assertEquals(911, all.path("seed").asInt()),
        () -> assertEquals(3, all.path("agencies").asInt()),
        () -> assertEquals(2, all.path("calls").size()),
        () -> assertEquals(1, all.path("dead_token_total").asInt()),
        () -> assertEquals(1, all.path("dead_tokens").size()),
        () -> assertEquals(0, all.path("overlap_total").asInt()),
        () -> assertTrue(all.path("overlaps").isArray()),
        () -> assertEquals(1, all.path("rate").size()),
        () -> assertTrue(all.path("faults").isArray()));
  }

  @Test
  void countingStartsAnew() throws Exception {
    String token = simulator.consent("123", SCOPES).refreshToken();
    refresh(token);
    delete("calls");

    assertAll(
        () -> assertEquals(0, client.seen("calls").path("items").size()),
        () -> assertEquals(0, client.seen("grants/123-1").path("timeline").size()));
  }

  @Test
  void whatIsNotThereIsNotFound() throws Exception {
    assertEquals(
        List.of(404, 404, 404, 404),
        List.of(
            client.get(simulator.origin().resolve("/control/nothing")).status(),
            client.get(simulator.origin().resolve("/control/grants/123-9")).status(),
            client.control("nothing", Map.of()).status(),
            client.get(simulator.origin().resolve("/nothing")).status()));
  }

  @Test
  void aPageOfAnotherSiteIsRefused() throws Exception {
    Reply reply =
        client.send(
            TestClient.formRequest(
                    URI.create(simulator.origin() + "/control/faults"), "fault=reset")
                .header("Origin", "https://attacker.example"));

    assertAll(
        () -> assertEquals(403, reply.status()),
        () -> assertEquals(0, client.seen("faults").path("items").size()));
  }

  @Test
  void everyButtonOfTheStartPageWorks() throws Exception {
    String page = client.get(simulator.origin().resolve("/")).body();
    List<String> buttons =
        Pattern.compile("formaction=\"(/control/faults[^\"]*)\"")
            .matcher(page)
            .results()
            .map(button -> button.group(1).replace("&amp;", "&"))
            .toList();

    List<Integer> statuses = new ArrayList<>();
    for (String button : buttons) {
      statuses.add(
          client
              .send(
                  TestClient.formRequest(simulator.origin().resolve(button), "agency=123&times=")
                      .header("Accept", "text/html,*/*")
                      .header("Origin", simulator.origin().toString()))
              .status());
    }
    assertAll(
        () -> assertTrue(buttons.size() > 30, page),
        () -> assertEquals(Set.of(303), Set.copyOf(statuses)));
  }

  @Test
  void theStartPageTellsWhatItSaw() throws Exception {
    String token = simulator.consent("123", SCOPES).refreshToken();
    refresh(token);
    refresh(token);
    client.control("faults", Map.of("fault", "drip"));

    String page = client.get(simulator.origin().resolve("/")).body();

    assertAll(
        () -> assertTrue(page.contains("<td>refresh</td><td>dead_token</td><td>1</td>"), page),
        () -> assertTrue(page.contains("Dead refresh tokens presented: 1."), page),
        () -> assertTrue(page.contains("&quot;fault&quot;:&quot;drip&quot;"), page));
  }
}
