package org.tokenbroker.caller;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesRegex;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import jakarta.inject.Inject;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestTable;

@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class AdminsResourceTest {

  @Inject KeyUse uses;
  @Inject TestTable tables;

  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  private static String idOf(String key) {
    return key.split("_", -1)[1];
  }

  @Test
  void anAdminIsCreatedAndThenGivenAnotherRole() {
    broker
        .admin()
        .body("{\"role\":\"viewer\"}")
        .put("/admins/alice")
        .then()
        .statusCode(201)
        .body("name", equalTo("alice"))
        .body("role", equalTo("viewer"))
        .body("keys", hasSize(0));
    broker
        .admin()
        .body("{\"role\":\"operator\"}")
        .put("/admins/alice")
        .then()
        .statusCode(200)
        .body("role", equalTo("operator"));
  }

  @Test
  void theAdminOfTheConfigurationIsListedFirst() {
    broker
        .admin()
        .get("/admins")
        .then()
        .statusCode(200)
        .body("items[0].name", equalTo("bootstrap"))
        .body("items[0].role", equalTo("admin"));
  }

  @Test
  void aKeyIsShownOnceAndWorksUntilItIsRevoked() {
    broker.admin().body("{\"role\":\"viewer\"}").put("/admins/key-shown").then().statusCode(201);
    String key =
        broker
            .admin()
            .body("{}")
            .post("/admins/key-shown/keys")
            .then()
            .statusCode(201)
            .header("Cache-Control", "no-store")
            .body("api_key", matchesRegex("tba_[0-9A-Za-z]+_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}"))
            .body("expires_at", nullValue())
            .extract()
            .path("api_key");
    broker.bearer(key).get("/agencies").then().statusCode(200);

    broker.admin().delete("/admins/key-shown/keys/" + idOf(key)).then().statusCode(204);

    broker.bearer(key).get("/agencies").then().statusCode(401);
    broker.admin().delete("/admins/key-shown/keys/" + idOf(key)).then().statusCode(404);
  }

  @Test
  void aKeyOfAnotherAdminIsNotRevoked() {
    String key = broker.createAdmin("has-the-key", "viewer");
    broker.createAdmin("has-it-not", "viewer");

    broker.admin().delete("/admins/has-it-not/keys/" + idOf(key)).then().statusCode(404);

    broker.bearer(key).get("/agencies").then().statusCode(200);
  }

  @Test
  void twoKeysAreValidAtOnceSoThatOneCanBeRolled() {
    String first = broker.createAdmin("rolls-keys", "viewer");
    String second =
        broker.admin().body("{}").post("/admins/rolls-keys/keys").then().extract().path("api_key");

    broker.bearer(first).get("/agencies").then().statusCode(200);
    broker.bearer(second).get("/agencies").then().statusCode(200);
  }

  @Test
  void anExpiredKeyIsRefused() {
    broker.admin().body("{\"role\":\"viewer\"}").put("/admins/expires").then().statusCode(201);
    String key =
        broker
            .admin()
            .body("{\"expires_in\":3600}")
            .post("/admins/expires/keys")
            .then()
            .body("expires_at", notNullValue())
            .extract()
            .path("api_key");
    broker.bearer(key).get("/agencies").then().statusCode(200);

    tables.update(
        "update admin_key set expires_at = now() - interval '1 second' where key_id = ?",
        idOf(key));

    Eventually.isTrue(
        "the key is refused",
        () -> broker.bearer(key).get("/agencies").statusCode() == 401,
        () -> "");
  }

  @Test
  void aDeletedAdminIsRefusedAtOnce() {
    String key = broker.createAdmin("deleted", "admin");

    broker.bearer(key).delete("/admins/deleted").then().statusCode(204);

    broker.bearer(key).get("/agencies").then().statusCode(401);
    broker.admin().get("/admins").then().body("items.name", not(hasItem("deleted")));
    broker.admin().delete("/admins/deleted").then().statusCode(404);
  }

  @Test
  void anotherRoleCountsAtOnce() {
    String key = broker.createAdmin("demoted", "admin");

    broker.admin().body("{\"role\":\"viewer\"}").put("/admins/demoted").then().statusCode(200);

    broker.bearer(key).delete("/callers/nobody").then().statusCode(403);
  }

  @Test
  void theLastWayInCannotBeTakenAway() {
    broker.admin().delete("/admins/bootstrap").then().statusCode(409);
    broker.admin().body("{\"role\":\"viewer\"}").put("/admins/bootstrap").then().statusCode(409);
    broker.admin().body("{}").post("/admins/bootstrap/keys").then().statusCode(409);
    broker.admin().delete("/admins/bootstrap/keys/abc").then().statusCode(409);

    broker.bearer(BrokerTestResource.ADMIN_KEY).get("/admins").then().statusCode(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | role",
        "{\"role\":null} | role",
        "{\"role\":\"root\"} | role",
        "{\"role\":\"VIEWER\"} | role",
        "{\"role\":1} | role",
        "{\"role\":\"viewer\",\"keys\":[]} | keys",
      })
  void aFieldThatIsWrongIsNamed(String body, String field) {
    broker
        .admin()
        .body(body)
        .put("/admins/bad-field")
        .then()
        .statusCode(400)
        .body("errors.field", equalTo(List.of(field)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Alice", "al_ice", "-alice"})
  void aNameThatIsNoSlugIsRefused(String name) {
    broker
        .admin()
        .body("{\"role\":\"viewer\"}")
        .put("/admins/" + name)
        .then()
        .statusCode(400)
        .body("errors[0].field", equalTo("name"));
  }

  @Test
  void whenAKeyWasLastUsedIsShownAndStoredLater() {
    String key = broker.createAdmin("uses-a-key", "viewer");
    broker.bearer(key).get("/agencies").then().statusCode(200);
    String path = "items.find { it.name == 'uses-a-key' }.keys[0].last_used_at";
    broker.admin().get("/admins").then().body(path, notNullValue());
    String stored = "select last_used_at::text from admin_key where key_id = ?";
    long changes = tables.count("select changed_xid::text::bigint from caller_mark");

    uses.store();

    assertNotNull(tables.text(stored, idOf(key)));
    assertEquals(
        changes,
        tables.count("select changed_xid::text::bigint from caller_mark"),
        "that a key was used must not have every replica read all of them again");
    broker.admin().get("/admins").then().body(path, notNullValue());
  }
}
