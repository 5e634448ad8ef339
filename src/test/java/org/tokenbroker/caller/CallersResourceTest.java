package org.tokenbroker.caller;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesRegex;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.restassured.http.ContentType;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;

@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class CallersResourceTest {

  @Inject KeyUse uses;

  private static RequestSpecification admin() {
    return given()
        .header("Authorization", "Bearer " + BrokerTestResource.ADMIN_KEY)
        .contentType(ContentType.JSON);
  }

  @Test
  void aCallerIsCreatedAndThenReplaced() {
    admin()
        .body("{\"agencies\":[\"b-fd\",\"a-fd\"]}")
        .put("/callers/created-then-replaced")
        .then()
        .statusCode(201)
        .body("agencies", equalTo(java.util.List.of("a-fd", "b-fd")));
    admin()
        .body("{\"agencies\":[\"*\"]}")
        .put("/callers/created-then-replaced")
        .then()
        .statusCode(200)
        .body("agencies", equalTo(java.util.List.of("*")));
  }

  @Test
  void aKeyIsShownOnceAndWorks() {
    admin().body("{\"agencies\":[\"*\"]}").put("/callers/key-shown").then().statusCode(201);
    String key =
        admin()
            .body("{}")
            .post("/callers/key-shown/keys")
            .then()
            .statusCode(201)
            .header("Cache-Control", "no-store")
            .body("api_key", matchesRegex("tbk_[0-9A-Za-z]+_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}"))
            .body("expires_at", nullValue())
            .extract()
            .path("api_key");
    given().header("Authorization", "Bearer " + key).get("/tokens").then().statusCode(200);
    admin().get("/callers").then().body("items.caller", hasItem("key-shown"));
  }

  @Test
  void anUnknownFieldIsNamed() {
    admin()
        .body("{\"agencies\":[],\"agencys\":1}")
        .put("/callers/unknown-field")
        .then()
        .statusCode(400)
        .contentType("application/problem+json")
        .body("type", equalTo("urn:token-broker:problem:invalid-request"))
        .body("errors[0].field", equalTo("agencys"));
  }

  @Test
  void aBadSlugIsNamed() {
    admin()
        .body("{\"agencies\":[\"x\"]}")
        .put("/callers/Bad_Slug")
        .then()
        .statusCode(400)
        .body("errors[0].field", equalTo("caller"));
  }

  @Test
  void aBadElementIsNamed() {
    admin()
        .body("{\"agencies\":[\"X\"]}")
        .put("/callers/bad-element")
        .then()
        .statusCode(400)
        .body("errors[0].field", equalTo("agencies"));
  }

  @Test
  void whenAKeyWasLastUsedIsShown() {
    BrokerClient broker = BrokerClient.ofTheTest();
    String key = broker.createCaller("last-used", "*");
    String shown = "items.find { it.caller == 'last-used' }.keys[0].last_used_at";
    broker.admin().get("/callers").then().body(shown, nullValue());

    broker.bearer(key).get("/tokens").then().statusCode(200);
    broker.admin().get("/callers").then().body(shown, notNullValue());

    uses.store();
    broker.admin().get("/callers").then().body(shown, notNullValue());
    assertNull(uses.notYetStored(ApiKey.Kind.CALLER, key.split("_", -1)[1]));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"agencies\":[],\"issuer\":\"https://id.example.org\"} | subject",
        "{\"agencies\":[],\"subject\":\"board\"} | issuer",
        "{\"agencies\":[],\"certificate_subject\":\"board\"} | certificate_subject",
        "{\"agencies\":[],\"certificate_subject\":\"\"} | certificate_subject",
      })
  void aProofThatIsWrongIsNamed(String body, String field) {
    admin()
        .body(body)
        .put("/callers/wrong-proof")
        .then()
        .statusCode(400)
        .body("errors.field", hasItem(field));
  }

  @Test
  void oneCertificateIsOneCaller() {
    admin()
        .body("{\"agencies\":[],\"certificate_subject\":\"CN=one,O=Example\"}")
        .put("/callers/first-with-certificate")
        .then()
        .statusCode(201);

    admin()
        .body("{\"agencies\":[],\"certificate_subject\":\"cn=ONE, o=example\"}")
        .put("/callers/second-with-certificate")
        .then()
        .statusCode(409);
    admin()
        .body("{\"agencies\":[\"a\"],\"certificate_subject\":\"CN=one,O=Example\"}")
        .put("/callers/first-with-certificate")
        .then()
        .statusCode(200);
  }
}
