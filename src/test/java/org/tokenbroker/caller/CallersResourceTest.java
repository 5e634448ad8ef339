package org.tokenbroker.caller;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.matchesRegex;
import static org.hamcrest.Matchers.nullValue;

import io.restassured.http.ContentType;
import io.restassured.specification.RequestSpecification;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;

@NullMarked
@BrokerTest
class CallersResourceTest {

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
}
