package org.tokenbroker.handout;

import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.hamcrest.Matchers.matchesRegex;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
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
import org.tokenbroker.testing.BrokerTestResource;
import org.tokenbroker.testing.Eventually;

/** What internal services meet. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class TokenResourceTest {

  private static final Duration DAY = Duration.ofDays(1);

  Simulator active911;
  @Inject DataSource database;
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

  /** An agency that is connected, and a key to read it with. */
  private String connected(String agency, int index, Duration lifetime) {
    active911.setAccessTokenLifetime(active911Id(index), lifetime);
    broker.createAgency(agency);
    broker.connect(agency, active911Id(index)).then().statusCode(303);
    return broker.createCaller(agency, agency);
  }

  /** The same with a token whose time is over. */
  private String expired(String agency, int index) throws SQLException {
    String key = connected(agency, index, DAY);
    try (Connection connection = database.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update agency_grant set access_token_expires_at = clock_timestamp()"
                    + " where agency_id = (select id from agency where slug = ?)")) {
      statement.setString(1, agency);
      assertEquals(1, statement.executeUpdate());
    }
    // Any change to the agency has it read anew.
    broker.admin().post("/agencies/" + agency + "/resume").then().statusCode(200);
    return key;
  }

  private ValidatableResponse read(String key, String address) {
    return broker.bearer(key).get("/tokens/" + address).then();
  }

  private long refreshes(int index) {
    return active911.calls(CallKind.REFRESH, active911Id(index));
  }

  private static void isProblem(ValidatableResponse response, int status, String type) {
    response
        .statusCode(status)
        .contentType("application/problem+json")
        .header("Cache-Control", "no-store")
        .body("type", equalTo("urn:token-broker:problem:" + type))
        .body("status", equalTo(status))
        .body("title", notNullValue())
        .body("detail", notNullValue());
  }

  @Test
  void aTokenIsAnsweredAsTheContractSays() {
    String key = connected("read-whole", 40, DAY);

    read(key, "read-whole")
        .statusCode(200)
        .contentType("application/json")
        .header("Cache-Control", "no-store")
        .header("ETag", matchesRegex("\"[A-Za-z0-9_-]{22}\""))
        .body("keySet()", hasSize(6))
        .body("agency", equalTo("read-whole"))
        .body("access_token", notNullValue())
        .body("token_type", equalTo("Bearer"))
        .body("scope", equalTo("read_agency"))
        .body("expires_in", allOf(greaterThan(86_000), lessThanOrEqualTo(86_400)))
        .body("expires_at", matchesRegex("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ"));
    assertEquals(0, refreshes(40));
  }

  @Test
  void aTokenIsNeverCompressed() {
    String key = connected("read-plain", 41, DAY);

    broker
        .bearer(key)
        .header("Accept-Encoding", "gzip, deflate, br")
        .get("/tokens/read-plain")
        .then()
        .statusCode(200)
        .header("Content-Encoding", nullValue());
  }

  @Test
  void aKnownTokenIsNotSentAgain() {
    String key = connected("read-known", 42, DAY);
    String etag = broker.bearer(key).get("/tokens/read-known").header("ETag");

    for (String header : List.of(etag, "W/" + etag, "\"other\", " + etag)) {
      broker
          .bearer(key)
          .header("If-None-Match", header)
          .get("/tokens/read-known")
          .then()
          .statusCode(304)
          .header("ETag", etag)
          .header("Cache-Control", "no-store")
          .body(equalTo(""));
    }
    broker
        .bearer(key)
        .header("If-None-Match", "\"other\"")
        .get("/tokens/read-known")
        .then()
        .statusCode(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "unquoted", "\"", "\"a\" \"b\"", "\"a\",", "W/"})
  void aTagThatIsNoneIsRefused(String header) {
    String key =
        broker.createCaller("tag-" + Integer.toHexString(header.hashCode()), "tag-refused");

    isProblem(
        broker
            .bearer(key)
            .header("If-None-Match", header)
            .get("/tokens/tag-refused")
            .then()
            .body("errors[0].field", equalTo("If-None-Match")),
        400,
        "invalid-request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "min_ttl=-1",
        "min_ttl=86401",
        "min_ttl=1.5",
        "min_ttl=",
        "min_ttl=x",
        "min_ttl=99999999999999999999",
        "min_ttl=1&min_ttl=2",
      })
  void aMinTtlThatIsNoneIsRefused(String query) {
    String key = broker.createCaller("ttl-" + Integer.toHexString(query.hashCode()), "ttl-refused");

    isProblem(
        read(key, "ttl-refused?" + query).body("errors[0].field", equalTo("min_ttl")),
        400,
        "invalid-request");
  }

  @Test
  void whatIsWrongIsSaidInTheOrderOfTheContract() {
    String key = broker.createCaller("order", "order-unknown", "order-pending");
    broker.createAgency("order-pending");
    broker.createAgency("order-not-granted");

    isProblem(
        broker
            .anonymous()
            .get("/tokens/BAD?min_ttl=x")
            .then()
            .header("WWW-Authenticate", equalTo("Bearer")),
        401,
        "unauthenticated");
    isProblem(read(key, "BAD"), 400, "invalid-request");
    isProblem(read(key, "order-not-granted?min_ttl=x"), 400, "invalid-request");
    isProblem(read(key, "order-unknown"), 404, "agency-unknown");
    isProblem(read(key, "order-pending"), 409, "consent-required");
  }

  @Test
  void whatIsNotGrantedDoesNotShowWhetherItExists() {
    String key = broker.createCaller("curious", "something-else");
    broker.createAgency("exists");

    Response there = broker.bearer(key).get("/tokens/exists");
    Response notThere = broker.bearer(key).get("/tokens/absent");

    isProblem(there.then(), 403, "forbidden");
    assertEquals(there.asString(), notThere.asString().replace("\"absent\"", "\"exists\""));
    assertEquals(there.headers().asList().size(), notThere.headers().asList().size());
  }

  @Test
  void keysOfTheWrongSortAreRefused() {
    String key = broker.createCaller("wrong-sort", "*");

    isProblem(
        broker.bearer(BrokerTestResource.ADMIN_KEY).get("/tokens/any").then(), 403, "forbidden");
    isProblem(broker.bearer(key).get("/agencies").then(), 403, "forbidden");
    isProblem(broker.bearer(key + "x").get("/tokens/any").then(), 401, "unauthenticated");
    isProblem(broker.bearer("").get("/tokens/any").then(), 401, "unauthenticated");
    isProblem(
        broker.anonymous().header("Authorization", "Basic eDp5").get("/tokens/any").then(),
        401,
        "unauthenticated");
  }

  @Test
  void aRevokedKeyIsRefusedAtOnce() {
    String key = broker.createCaller("revoked", "*");
    String keyId = key.split("_", -1)[1];
    broker.bearer(key).get("/tokens").then().statusCode(200);

    broker.admin().delete("/callers/revoked/keys/" + keyId).then().statusCode(204);

    isProblem(broker.bearer(key).get("/tokens").then(), 401, "unauthenticated");
  }

  @Test
  void theListShowsWhatIsGranted() {
    broker.createAgency("list-a");
    broker.createAgency("list-b");
    broker.createAgency("list-c");
    broker.connect("list-b", active911Id(43)).then().statusCode(303);
    String key = broker.createCaller("lister", "list-b", "list-a", "list-absent");

    broker
        .bearer(key)
        .get("/tokens")
        .then()
        .statusCode(200)
        .body("items.agency", equalTo(List.of("list-a", "list-b")))
        .body("items.state", equalTo(List.of("PENDING", "CONNECTED")))
        .body("items[0].expires_at", nullValue())
        .body("items[1].expires_at", notNullValue());
  }

  @Test
  void anExpiredTokenIsRenewedOnceForAllWhoAsk() throws Exception {
    String key = expired("expired-herd", 44);

    Set<String> tokens = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(20)) {
      List<Callable<Response>> reads = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        reads.add(() -> broker.bearer(key).get("/tokens/expired-herd"));
      }
      for (Future<Response> read : threads.invokeAll(reads)) {
        read.get().then().statusCode(200);
        tokens.add(read.get().path("access_token"));
      }
    }

    assertEquals(1, tokens.size());
    assertEquals(1, refreshes(44));
  }

  @Test
  void aTokenTooShortForTheReadIsRenewedFirst() {
    String key = connected("too-short", 45, Duration.ofMinutes(10));
    active911.setAccessTokenLifetime(active911Id(45), DAY);

    read(key, "too-short?min_ttl=60").statusCode(200).body("expires_in", lessThanOrEqualTo(600));
    read(key, "too-short?min_ttl=3600").statusCode(200).body("expires_in", greaterThan(3600));
    assertEquals(1, refreshes(45));
  }

  @Test
  void aLifeThatNoTokenHasIsRefusedWithOneCallIn30Seconds() {
    String key = connected("never-long", 46, Duration.ofMinutes(10));

    for (int i = 0; i < 3; i++) {
      isProblem(read(key, "never-long?min_ttl=3600"), 422, "ttl-unavailable");
    }
    assertEquals(1, refreshes(46));
    read(key, "never-long").statusCode(200);
  }

  @Test
  void aValidTokenIsAnsweredWhileActive911IsDown() {
    String key = connected("down-valid", 47, DAY);
    active911.refuseConnections();

    read(key, "down-valid").statusCode(200);
  }

  @Test
  void withoutAValidTokenAnActive911ThatIsDownIsSaid() throws SQLException {
    String key = expired("down-expired", 48);
    active911.refuseConnections();

    isProblem(
        read(key, "down-expired")
            .header("Retry-After", matchesRegex("[1-9]\\d*"))
            .body("agency", equalTo("down-expired")),
        503,
        "upstream-unavailable");
    broker
        .admin()
        .get("/agencies/down-expired")
        .then()
        .body("state", equalTo("CONNECTED"))
        .body("last_error.type", equalTo("upstream_unreachable"))
        .body("consecutive_failures", equalTo(1));
  }

  @Test
  void aConsentFoundGoneLeavesItsTokenUntilThatExpires() {
    String key = connected("gone-valid", 49, DAY);
    active911.revokeConsent(active911Id(49));

    isProblem(broker.admin().post("/agencies/gone-valid/refresh").then(), 409, "consent-required");

    broker
        .admin()
        .get("/agencies/gone-valid")
        .then()
        .body("state", equalTo("NEEDS_CONSENT"))
        .body("last_error.type", equalTo("invalid_grant"));
    read(key, "gone-valid").statusCode(200);
  }

  @Test
  void aConsentFoundGoneWithoutAValidTokenIsSaid() throws SQLException {
    String key = expired("gone-expired", 50);
    active911.revokeConsent(active911Id(50));

    isProblem(read(key, "gone-expired"), 409, "consent-required");
    isProblem(read(key, "gone-expired"), 409, "consent-required");
    assertEquals(1, refreshes(50));
  }

  @Test
  void aRefusedTokenIsReplacedIfItIsStillTheOne() {
    String key = connected("replace", 51, DAY);
    String etag = broker.bearer(key).get("/tokens/replace").header("ETag");

    Response replaced = broker.bearer(key).header("If-Match", etag).post("/tokens/replace/refresh");
    replaced.then().statusCode(200).header("ETag", not(etag)).body("expires_in", greaterThan(0));
    Response again = broker.bearer(key).header("If-Match", etag).post("/tokens/replace/refresh");
    again.then().statusCode(200).header("ETag", replaced.header("ETag"));
    assertEquals(1, refreshes(51));

    isProblem(
        broker
            .bearer(key)
            .header("If-Match", replaced.header("ETag"))
            .post("/tokens/replace/refresh")
            .then()
            .header("Retry-After", notNullValue()),
        429,
        "too-many-requests");
    assertEquals(1, refreshes(51));
  }

  @Test
  void withoutATagNothingIsReplaced() {
    String key = connected("replace-blind", 52, DAY);

    isProblem(
        broker.bearer(key).post("/tokens/replace-blind/refresh").then(),
        428,
        "precondition-required");
    isProblem(
        broker.bearer(key).header("If-Match", "*").post("/tokens/replace-blind/refresh").then(),
        400,
        "invalid-request");
    assertEquals(0, refreshes(52));
  }

  @Test
  void aPausedAgencyIsNotHandedOut() {
    String key = connected("paused", 53, DAY);

    broker
        .admin()
        .post("/agencies/paused/pause")
        .then()
        .statusCode(200)
        .body("paused", equalTo(true));
    isProblem(read(key, "paused"), 409, "agency-paused");
    broker.admin().post("/agencies/paused/resume").then().statusCode(200);
    read(key, "paused").statusCode(200);
  }

  @Test
  void twoTokensHaveTwoTags() {
    String key = connected("two-tags", 54, DAY);
    String etag = broker.bearer(key).get("/tokens/two-tags").header("ETag");

    broker.admin().post("/agencies/two-tags/refresh").then().statusCode(200);

    assertNotEquals(etag, broker.bearer(key).get("/tokens/two-tags").header("ETag"));
  }

  @Test
  void oneAgencyThatCannotBeDecryptedDoesNotHideWhatHappensToOthers() throws SQLException {
    connected("undecipherable", 55, DAY);
    String key = connected("seen-all-the-same", 56, DAY);
    read(key, "seen-all-the-same").statusCode(200);

    // As another replica would: nobody here is told.
    execute(
        "update agency_grant set access_token = refresh_token"
            + " where agency_id = (select id from agency where slug = 'undecipherable')");
    execute("update agency set paused = true where slug = 'seen-all-the-same'");

    Eventually.isTrue(
        "the pause is seen",
        () -> broker.bearer(key).get("/tokens/seen-all-the-same").statusCode() == 409,
        () -> "");
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      assertEquals(1, statement.executeUpdate());
    }
  }
}
