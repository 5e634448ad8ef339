package org.tokenbroker.onboarding;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.response.ValidatableResponse;
import java.util.Set;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** Refresh tokens that were obtained elsewhere. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class ImportTest {

  private static final Set<String> READ_AGENCY = Set.of("read_agency");

  Simulator active911;
  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  @AfterEach
  void makeActive911WellAgain() {
    active911.acceptConnections();
  }

  private String active911Id(int index) {
    return active911.agencies().get(index).id();
  }

  private ValidatableResponse importToken(String agency, String kind, String token) {
    return broker
        .admin()
        .body("{\"kind\":\"" + kind + "\",\"refresh_token\":\"" + token + "\"}")
        .post("/agencies/" + agency + "/import")
        .then();
  }

  @Test
  void anApplicationGrantIsTakenOver() {
    broker.createAgency("import-application");
    String token = active911.consent(active911Id(70), READ_AGENCY).refreshToken();
    String key = broker.createCaller("import-application", "import-application");

    importToken("import-application", "application", token)
        .statusCode(200)
        .body("state", equalTo("CONNECTED"))
        .body("kind", equalTo("application"))
        .body("active911_agency.id", equalTo(active911Id(70)));

    broker.bearer(key).get("/tokens/import-application").then().statusCode(200);
  }

  @Test
  void aPersonalGrantIsTakenOverAndRefreshed() {
    broker.createAgency("import-personal");
    String token = active911.personalGrant(active911Id(71), READ_AGENCY).refreshToken();

    importToken("import-personal", "personal", token)
        .statusCode(200)
        .body("state", equalTo("CONNECTED"))
        .body("kind", equalTo("personal"));

    broker
        .admin()
        .post("/agencies/import-personal/refresh")
        .then()
        .statusCode(200)
        .body("state", equalTo("CONNECTED"));
  }

  @Test
  void theYearCountsFromWhenTheTokenWasIssued() {
    broker.createAgency("import-year");
    active911.setRotation(active911Id(72), org.tokenbroker.simulator.Rotation.NONE);
    String token = active911.consent(active911Id(72), READ_AGENCY).refreshToken();

    broker
        .admin()
        .body(
            "{\"kind\":\"application\",\"refresh_token\":\""
                + token
                + "\",\"issued_at\":\"2026-09-01T00:00:00Z\"}")
        .post("/agencies/import-year/import")
        .then()
        .statusCode(200)
        .body("refresh_token_expires_at", equalTo("2027-09-01T00:00:00Z"));
  }

  @Test
  void aTokenThatActive911DoesNotKnowIsRejected() {
    broker.createAgency("import-unknown");

    importToken("import-unknown", "application", "0123456789abcdef")
        .statusCode(422)
        .body("type", equalTo("urn:token-broker:problem:import-rejected"))
        .body(not(containsString("0123456789abcdef")));
    broker
        .admin()
        .get("/agencies/import-unknown")
        .then()
        .body("state", equalTo("PENDING"))
        .body("candidate", nullValue());
  }

  @Test
  void aTokenOfAnotherAgencyIsKeptAsACandidate() {
    broker
        .admin()
        .body("{\"name\":\"x\",\"expected_active911_id\":\"other\"}")
        .put("/agencies/import-mismatch")
        .then()
        .statusCode(201);
    String token = active911.consent(active911Id(73), READ_AGENCY).refreshToken();

    String candidate =
        importToken("import-mismatch", "application", token)
            .statusCode(409)
            .body("type", equalTo("urn:token-broker:problem:agency-mismatch"))
            .body("candidate", notNullValue())
            .extract()
            .path("candidate");

    broker
        .admin()
        .post("/agencies/import-mismatch/candidates/" + candidate + "/confirm")
        .then()
        .statusCode(200)
        .body("active911_agency.id", equalTo(active911Id(73)));
  }

  @Test
  void importingTheTokenThatIsHeldRenewsIt() {
    broker.createAgency("import-twice");
    active911.setRotation(active911Id(74), org.tokenbroker.simulator.Rotation.SAME);
    String token = active911.consent(active911Id(74), READ_AGENCY).refreshToken();
    importToken("import-twice", "application", token).statusCode(200);

    importToken("import-twice", "application", token)
        .statusCode(200)
        .body("state", equalTo("CONNECTED"))
        .body("candidate", nullValue());
  }

  @Test
  void aTokenThatAnotherAgencyHoldsIsNotPresented() {
    broker.createAgency("import-holder");
    broker.createAgency("import-thief");
    active911.setRotation(active911Id(75), org.tokenbroker.simulator.Rotation.SAME);
    String token = active911.consent(active911Id(75), READ_AGENCY).refreshToken();
    importToken("import-holder", "application", token).statusCode(200);
    long calls = active911.calls(CallKind.REFRESH, active911Id(75));

    importToken("import-thief", "application", token)
        .statusCode(409)
        .body("type", equalTo("urn:token-broker:problem:conflict"));

    assertEquals(calls, active911.calls(CallKind.REFRESH, active911Id(75)));
  }

  @Test
  void anActive911ThatIsDownIsSaid() {
    broker.createAgency("import-down");
    String token = active911.consent(active911Id(76), READ_AGENCY).refreshToken();
    active911.refuseConnections();

    importToken("import-down", "application", token)
        .statusCode(503)
        .header("Retry-After", notNullValue())
        .body("type", equalTo("urn:token-broker:problem:upstream-unavailable"));
  }

  @Test
  void anAgencyThatIsNotThereIsSaid() {
    importToken("import-nowhere", "application", "x")
        .statusCode(404)
        .body("type", equalTo("urn:token-broker:problem:agency-unknown"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"refresh_token\":\"x\"}",
        "{\"kind\":\"other\",\"refresh_token\":\"x\"}",
        "{\"kind\":\"application\"}",
        "{\"kind\":\"application\",\"refresh_token\":\"\"}",
        "{\"kind\":\"application\",\"refresh_token\":\"\\u00e9\"}",
        "{\"kind\":\"application\",\"refresh_token\":{}}",
        "{\"kind\":\"application\",\"refresh_token\":\"x\",\"issued_at\":\"yesterday\"}",
        "{\"kind\":\"application\",\"refresh_token\":\"x\",\"issued_at\":\"2199-01-01T00:00:00Z\"}",
        "{\"kind\":\"application\",\"refresh_token\":\"x\",\"issued_at\":\"2001-01-01T00:00:00Z\"}",
        "{\"kind\":\"application\",\"refresh_token\":\"x\",\"extra\":1}",
        "null",
        "",
        "[]",
        "{",
      })
  void aBadBodyIsRefused(String body) {
    broker
        .admin()
        .body(body)
        .post("/agencies/import-bad/import")
        .then()
        .statusCode(400)
        .contentType(startsWith("application/problem+json"))
        .body("type", equalTo("urn:token-broker:problem:invalid-request"));
  }
}
