package org.tokenbroker.onboarding;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.restassured.response.Response;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.ConsentBrowser;
import org.tokenbroker.simulator.Rotation;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** The authorization-code flow over HTTP against a strict Active911. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class ConnectAgencyTest {

  Simulator active911;
  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  private String active911Id(int index) {
    return active911.agencies().get(index).id();
  }

  @ParameterizedTest
  @EnumSource(Rotation.class)
  void anAgencyIsConnectedReadAndRefreshedInEachRotationMode(Rotation rotation) {
    String agency = "rotation-" + rotation.name().toLowerCase(Locale.ROOT).replace('_', '-');
    String active911Id = active911Id(10 + List.of(Rotation.values()).indexOf(rotation));
    active911.setRotation(active911Id, rotation);
    broker.createAgency(agency);
    String key = broker.createCaller(agency, agency);

    Response callback = broker.connect(agency, active911Id);
    callback.then().statusCode(303).header("Location", containsString("/callback/result/"));
    broker
        .anonymous()
        .get(URI.create(callback.header("Location")))
        .then()
        .statusCode(200)
        .contentType(startsWith("text/html"));

    Response first = broker.bearer(key).get("/tokens/" + agency);
    first
        .then()
        .statusCode(200)
        .header("Cache-Control", "no-store")
        .body("agency", equalTo(agency))
        .body("token_type", equalTo("Bearer"))
        .body("scope", equalTo("read_agency"))
        .body("expires_in", greaterThan(80_000));

    String before = first.path("access_token");
    for (int refresh = 1; refresh <= 3; refresh++) {
      broker
          .admin()
          .post("/agencies/" + agency + "/refresh")
          .then()
          .statusCode(200)
          .body("state", equalTo("CONNECTED"))
          .body("consecutive_failures", equalTo(0));
      Response next = broker.bearer(key).get("/tokens/" + agency);
      next.then().statusCode(200);
      assertNotEquals(before, next.path("access_token"));
      assertNotEquals(first.header("ETag"), next.header("ETag"));
      before = next.path("access_token");
    }
    assertEquals(3, active911.calls(CallKind.REFRESH, active911Id, "issued"));
    assertEquals(
        0,
        active911.deadTokens().stream()
            .filter(dead -> active911Id.equals(dead.agencyId()))
            .count());
  }

  @Test
  void theStatusSaysWhatWasWon() {
    broker.createAgency("status-shown");
    broker.connect("status-shown", active911Id(20)).then().statusCode(303);

    broker
        .admin()
        .get("/agencies/status-shown")
        .then()
        .statusCode(200)
        .body("agency", equalTo("status-shown"))
        .body("state", equalTo("CONNECTED"))
        .body("kind", equalTo("application"))
        .body("scope_granted", equalTo("read_agency"))
        .body("active911_agency.id", equalTo(active911Id(20)))
        .body("active911_agency.name", equalTo(active911.agencies().get(20).name()))
        .body("candidate", nullValue())
        .body("access_token_expires_at", notNullValue())
        .body("last_error", nullValue());
  }

  @Test
  void aStateIsGoodForOneAnswer() {
    broker.createAgency("state-once");
    Response authorize = broker.authorize("state-once");
    URI location;
    try (ConsentBrowser browser = new ConsentBrowser()) {
      location = browser.allow(URI.create(authorize.header("Location")), active911Id(21));
    }
    broker.callback(authorize, location).then().statusCode(303);
    long exchanges = active911.calls(CallKind.EXCHANGE);

    broker
        .callback(authorize, location)
        .then()
        .statusCode(400)
        .contentType(startsWith("text/html"));

    assertEquals(exchanges, active911.calls(CallKind.EXCHANGE));
    broker.admin().get("/agencies/state-once").then().body("state", equalTo("CONNECTED"));
  }

  @Test
  void anotherBrowsersStateIsRefusedAndNotUsedUp() {
    broker.createAgency("state-foreign");
    Response mine = broker.authorize("state-foreign");
    Response other = broker.authorize("state-foreign");
    URI location;
    try (ConsentBrowser browser = new ConsentBrowser()) {
      location = browser.allow(URI.create(mine.header("Location")), active911Id(22));
    }
    long exchanges = active911.calls(CallKind.EXCHANGE);

    broker.callback(other, location).then().statusCode(400);
    assertEquals(exchanges, active911.calls(CallKind.EXCHANGE));

    broker.callback(mine, location).then().statusCode(303);
    broker.admin().get("/agencies/state-foreign").then().body("state", equalTo("CONNECTED"));
  }

  @Test
  void theRedirectAddressMayHaveASlash() {
    broker.createAgency("state-slash");
    Response authorize = broker.authorize("state-slash");
    URI location;
    try (ConsentBrowser browser = new ConsentBrowser()) {
      location = browser.allow(URI.create(authorize.header("Location")), active911Id(23));
    }
    URI withSlash = URI.create(location.toString().replace("/callback?", "/callback/?"));

    broker.callback(authorize, withSlash).then().statusCode(303);
  }

  @Test
  void noIsAnAnswerThatLeavesNothingBehind() {
    broker.createAgency("denied");
    Response authorize = broker.authorize("denied");
    URI location;
    try (ConsentBrowser browser = new ConsentBrowser()) {
      location = browser.deny(URI.create(authorize.header("Location")));
    }

    broker.callback(authorize, location).then().statusCode(303);

    broker
        .admin()
        .get("/agencies/denied")
        .then()
        .body("state", equalTo("PENDING"))
        .body("candidate", nullValue());
  }

  @Test
  void theConsentOfAnotherAgencyIsKeptUntilItIsConfirmed() {
    broker
        .admin()
        .body("{\"name\":\"Wrong one\",\"expected_active911_id\":\"" + active911Id(24) + "\"}")
        .put("/agencies/wrong-agency")
        .then()
        .statusCode(201);
    String key = broker.createCaller("wrong-agency", "wrong-agency");

    broker.connect("wrong-agency", active911Id(25)).then().statusCode(303);
    broker.bearer(key).get("/tokens/wrong-agency").then().statusCode(409);
    String candidate =
        broker
            .admin()
            .get("/agencies/wrong-agency")
            .then()
            .body("state", equalTo("PENDING"))
            .body("candidate.active911_agency.id", equalTo(active911Id(25)))
            .extract()
            .path("candidate.id");

    broker
        .admin()
        .post("/agencies/wrong-agency/candidates/" + candidate + "/confirm")
        .then()
        .statusCode(200)
        .body("state", equalTo("CONNECTED"))
        .body("candidate", nullValue());
    broker.bearer(key).get("/tokens/wrong-agency").then().statusCode(200);
  }

  @Test
  void aCandidateThatIsDiscardedIsGone() {
    broker
        .admin()
        .body("{\"name\":\"Wrong one\",\"expected_active911_id\":\"none\"}")
        .put("/agencies/discarded")
        .then()
        .statusCode(201);
    broker.connect("discarded", active911Id(26)).then().statusCode(303);
    String candidate = broker.admin().get("/agencies/discarded").path("candidate.id");

    broker.admin().delete("/agencies/discarded/candidates/" + candidate).then().statusCode(204);

    broker
        .admin()
        .post("/agencies/discarded/candidates/" + candidate + "/confirm")
        .then()
        .statusCode(404)
        .body("type", equalTo("urn:token-broker:problem:not-found"));
  }

  @Test
  void reconnectingReplacesTheConsent() {
    broker.createAgency("reconnected");
    String key = broker.createCaller("reconnected", "reconnected");
    broker.connect("reconnected", active911Id(27)).then().statusCode(303);
    String first = broker.bearer(key).get("/tokens/reconnected").path("access_token");

    broker.connect("reconnected", active911Id(27)).then().statusCode(303);

    assertNotEquals(first, broker.bearer(key).get("/tokens/reconnected").path("access_token"));
  }

  @Test
  void aDeletedAgencyIsGoneForItsCallersToo() {
    broker.createAgency("deleted");
    String key = broker.createCaller("deleted", "deleted");
    broker.connect("deleted", active911Id(28)).then().statusCode(303);

    broker.admin().delete("/agencies/deleted").then().statusCode(204);

    broker.admin().get("/agencies/deleted").then().statusCode(404);
    broker.bearer(key).get("/tokens/deleted").then().statusCode(403);
  }
}
