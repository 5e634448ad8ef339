package org.tokenbroker.audit;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.agency.Candidates;
import org.tokenbroker.simulator.ConsentBrowser;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;

/** What is written of whatever happens, and that no secret is. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class AuditedEventsTest {

  private static final Pattern CSRF = Pattern.compile("name=\"csrf\" value=\"([^\"]+)\"");
  private static final Set<String> READ_AGENCY = Set.of("read_agency");

  Simulator active911;
  @Inject AuditWriter writer;
  @Inject DataSource dataSource;
  @Inject Candidates candidates;
  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  private String active911Id(int index) {
    return active911.agencies().get(index).id();
  }

  private ValidatableResponse audit(String query) {
    writer.writeAll();
    return broker.admin().get("/audit?" + query).then().statusCode(200);
  }

  /** Newest first. */
  private List<String> events(String agency) {
    return audit("agency=" + agency).extract().path("items.event");
  }

  @Test
  void connectingIsWrittenStepByStep() {
    broker.createAgency("audited-connect");
    broker.connect("audited-connect", active911Id(100)).then().statusCode(303);

    audit("agency=audited-connect")
        .body(
            "items.event",
            contains(
                "callback_ended",
                "agency_connected",
                "candidate_kept",
                "authorization_started",
                "agency_created"))
        .body("items.actor.name", everyItem(equalTo("bootstrap")))
        .body("items[0].details.outcome", equalTo("connected"))
        .body("items[1].details.active911_id", equalTo(active911Id(100)))
        .body("items[1].details.kind", equalTo("application"));
  }

  @Test
  void whatAnOfficerDoesIsWrittenAsHis() {
    String active911Id = active911Id(295);
    broker
        .admin()
        .body("{\"name\":\"A\",\"expected_active911_id\":\"" + active911Id + "\"}")
        .put("/agencies/audited-officer")
        .then()
        .statusCode(201);
    Response invited =
        broker
            .admin()
            .body("{}")
            .post("/agencies/audited-officer/invitations")
            .then()
            .statusCode(201)
            .extract()
            .response();
    String link = invited.path("url");
    Response page = broker.anonymous().get(URI.create(link).getPath());
    Matcher csrf = CSRF.matcher(page.body().asString());
    assertTrue(csrf.find());
    Response begun =
        broker
            .anonymous()
            .cookies(page.getDetailedCookies())
            .formParam("csrf", csrf.group(1))
            .post(URI.create(link).getPath());
    try (ConsentBrowser browser = new ConsentBrowser()) {
      broker
          .callback(begun, browser.allow(URI.create(begun.header("Location")), active911Id))
          .then()
          .statusCode(303);
    }

    String id = invited.path("id");
    ValidatableResponse written = audit("agency=audited-officer");
    written
        .body(
            "items.event",
            contains(
                "callback_ended",
                "invitation_used",
                "agency_connected",
                "candidate_kept",
                "authorization_started",
                "invitation_created",
                "agency_created"))
        .body("items[0..4].actor.kind", everyItem(equalTo("officer")))
        .body("items[0..4].actor.name", everyItem(equalTo(id)))
        .body("items[5].details.invitation", equalTo(id));
    assertFalse(
        written.extract().body().asString().contains(link.substring(link.lastIndexOf('/') + 1)));
  }

  @Test
  void whoSaysNoIsWritten() {
    broker.createAgency("audited-no");
    Response authorize = broker.authorize("audited-no");
    try (ConsentBrowser browser = new ConsentBrowser()) {
      broker
          .callback(authorize, browser.deny(URI.create(authorize.header("Location"))))
          .then()
          .statusCode(303);
    }

    audit("agency=audited-no&event=callback_ended")
        .body("items", hasSize(1))
        .body("items[0].details.outcome", equalTo("denied"));
  }

  private String candidate(String agency, int index) {
    broker
        .admin()
        .body("{\"name\":\"Wrong one\",\"expected_active911_id\":\"none\"}")
        .put("/agencies/" + agency)
        .then()
        .statusCode(201);
    broker.connect(agency, active911Id(index)).then().statusCode(303);
    return broker.admin().get("/agencies/" + agency).path("candidate.id");
  }

  @Test
  void aCandidateThatIsConfirmedIsWritten() {
    String candidate = candidate("audited-confirm", 101);
    broker
        .admin()
        .post("/agencies/audited-confirm/candidates/" + candidate + "/confirm")
        .then()
        .statusCode(200);

    audit("agency=audited-confirm&event=candidate_confirmed")
        .body("items", hasSize(1))
        .body("items[0].details.candidate", equalTo(candidate))
        .body("items[0].details.active911_id", equalTo(active911Id(101)));
  }

  @Test
  void aCandidateThatIsDiscardedIsWritten() {
    String candidate = candidate("audited-discard", 102);
    broker
        .admin()
        .delete("/agencies/audited-discard/candidates/" + candidate)
        .then()
        .statusCode(204);

    assertEquals("candidate_discarded", events("audited-discard").getFirst());
  }

  @Test
  void aCandidateWhoseTimeIsOverIsWritten() throws SQLException {
    String candidate = candidate("audited-expire", 103);
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update candidate set expires_at = clock_timestamp() where id = ?")) {
      statement.setString(1, candidate);
      assertEquals(1, statement.executeUpdate());
    }

    assertTrue(candidates.expire() >= 1);

    audit("agency=audited-expire&event=candidate_expired")
        .body("items", hasSize(1))
        .body("items[0].actor.kind", equalTo("broker"))
        .body("items[0].details.candidate", equalTo(candidate));
  }

  @Test
  void anImportIsWrittenWithItsOutcome() {
    broker.createAgency("audited-import");
    String token = active911.consent(active911Id(104), READ_AGENCY).refreshToken();
    importToken("audited-import", "no-such-token").statusCode(422);
    importToken("audited-import", token).statusCode(200);

    audit("agency=audited-import&event=consent_imported")
        .body("items.details.outcome", contains("adopted", "refused"));
  }

  private ValidatableResponse importToken(String agency, String token) {
    return broker
        .admin()
        .body("{\"kind\":\"application\",\"refresh_token\":\"" + token + "\"}")
        .post("/agencies/" + agency + "/import")
        .then();
  }

  @Test
  void ofSettingsItIsWrittenWhichChanged() {
    broker.createAgency("audited-settings");
    broker
        .admin()
        .body("{\"name\":\"New\",\"contact\":\"chief@example.org\"}")
        .put("/agencies/audited-settings")
        .then()
        .statusCode(200);

    audit("agency=audited-settings")
        .body("items.event", contains("agency_changed", "agency_created"))
        .body("items[0].details.changed", contains("contact", "name"));
  }

  @Test
  void ofACallerItIsWrittenWhatWasGrantedAndRevoked() {
    broker.createCaller("audited-caller", "a-fd", "b-fd");
    broker
        .admin()
        .body("{\"agencies\":[\"b-fd\",\"c-fd\"]}")
        .put("/callers/audited-caller")
        .then()
        .statusCode(200);

    audit("caller=audited-caller&event=caller_changed")
        .body("items[0].details.granted", contains("c-fd"))
        .body("items[0].details.revoked", contains("a-fd"));
  }

  @Test
  void aKeysWayIsWritten() {
    String key = broker.createCaller("audited-key", "any-fd");
    String id = key.split("_", -1)[1];
    broker.admin().delete("/callers/audited-key/keys/" + id).then().statusCode(204);
    broker.admin().delete("/callers/audited-key").then().statusCode(204);

    audit("caller=audited-key")
        .body(
            "items.event",
            contains("caller_deleted", "key_revoked", "key_created", "caller_created"))
        .body("items[1].details.key_id", equalTo(id))
        .body("items[2].details.key_id", equalTo(id));
  }

  @Test
  void anAdminsWayIsWritten() {
    broker
        .admin()
        .body("{\"role\":\"viewer\"}")
        .put("/admins/audited-admin")
        .then()
        .statusCode(201);
    String key = broker.admin().body("{}").post("/admins/audited-admin/keys").path("api_key");
    String id = key.split("_", -1)[1];
    broker.bearer(key).delete("/agencies/audited-admin").then().statusCode(403);
    broker
        .admin()
        .body("{\"role\":\"operator\"}")
        .put("/admins/audited-admin")
        .then()
        .statusCode(200);
    broker.admin().delete("/admins/audited-admin/keys/" + id).then().statusCode(204);
    broker.admin().delete("/admins/audited-admin").then().statusCode(204);

    String ofAdmin = "items.findAll { it.details.admin == 'audited-admin' }.";
    audit("limit=1000")
        .body(
            ofAdmin + "event",
            contains(
                "admin_deleted", "key_revoked", "admin_changed", "key_created", "admin_created"))
        .body(ofAdmin + "details.role", hasItems("viewer", "operator"))
        .body(ofAdmin + "details.key_id", hasItems(id))
        .body(ofAdmin + "actor.name", everyItem(equalTo("bootstrap")));
    audit("event=access_forbidden")
        .body("items.findAll { it.actor.name == 'audited-admin' }", hasSize(1));
  }

  @Test
  void whatChangesNothingIsNotWritten() {
    broker.createCaller("audited-nothing", "any-fd");
    broker.admin().delete("/callers/audited-nothing/keys/unknown").then().statusCode(404);
    broker.admin().post("/agencies/audited-nothing/pause").then().statusCode(404);

    audit("caller=audited-nothing").body("items", hasSize(2));
    audit("agency=audited-nothing").body("items", hasSize(0));
  }

  @Test
  void forbiddenReadsAreCounted() {
    String key = broker.createCaller("audited-forbidden", "granted-fd");
    for (int i = 0; i < 3; i++) {
      broker.bearer(key).get("/tokens/audited-other").then().statusCode(403);
    }

    audit("agency=audited-other&event=access_forbidden")
        .body("items", hasSize(1))
        .body("items[0].actor.name", equalTo("audited-forbidden"))
        .body("items[0].details.count", equalTo(3));
  }

  @Test
  void failedAuthenticationIsCounted() {
    broker.bearer("not-a-key").get("/tokens/any").then().statusCode(401);
    broker.anonymous().get("/agencies").then().statusCode(401);

    audit("event=authentication_failed")
        .body("items[0].actor.kind", equalTo("unknown"))
        .body("items.details.address", hasItem("127.0.0.1"));
  }

  @Test
  void whoIsHandedATokenIsCounted() {
    broker.createAgency("audited-handout");
    broker.connect("audited-handout", active911Id(105)).then().statusCode(303);
    String key = broker.createCaller("audited-handout", "audited-handout");
    String etag = "";
    for (int i = 0; i < 5; i++) {
      Response read = broker.bearer(key).get("/tokens/audited-handout");
      read.then().statusCode(200);
      etag = read.header("ETag");
    }
    // Nothing is handed out here.
    broker
        .bearer(key)
        .header("If-None-Match", etag)
        .get("/tokens/audited-handout")
        .then()
        .statusCode(304);

    List<Integer> counts =
        audit("agency=audited-handout&caller=audited-handout&event=handout")
            .body("items.details.generation", everyItem(equalTo(1)))
            .extract()
            .path("items.details.count");
    // One row, unless a minute ended meanwhile.
    assertEquals(5, counts.stream().mapToInt(Integer::intValue).sum());
  }

  @Test
  void aRefreshOnRequestIsWritten() {
    broker.createAgency("audited-refresh");
    broker.connect("audited-refresh", active911Id(106)).then().statusCode(303);
    broker.admin().post("/agencies/audited-refresh/refresh").then().statusCode(200);

    audit("agency=audited-refresh&limit=2")
        .body("items.event", contains("token_refreshed", "refresh_requested"))
        .body("items[0].actor.kind", equalTo("broker"))
        .body("items[1].actor.name", equalTo("bootstrap"));
  }

  @Test
  void ofFailedRefreshesTheFirstIsWritten() {
    broker.createAgency("audited-failure");
    broker.connect("audited-failure", active911Id(109)).then().statusCode(303);
    active911.refuseConnections();
    try {
      for (int i = 0; i < 3; i++) {
        broker.admin().post("/agencies/audited-failure/refresh").then().statusCode(503);
      }
    } finally {
      active911.acceptConnections();
    }

    audit("agency=audited-failure&event=refresh_failed")
        .body("items", hasSize(1))
        .body("items[0].details.error", startsWith("upstream_"));
  }

  @Test
  void aConsentThatIsLostIsWritten() {
    broker.createAgency("audited-lost");
    broker.connect("audited-lost", active911Id(110)).then().statusCode(303);
    active911.revokeConsent(active911Id(110));
    broker.admin().post("/agencies/audited-lost/refresh").then().statusCode(409);

    audit("agency=audited-lost&event=consent_lost")
        .body("items", hasSize(1))
        .body("items[0].actor.kind", equalTo("broker"));
  }

  @Test
  void noSecretIsWritten() throws SQLException {
    List<String> secrets = new ArrayList<>();
    secrets.add(BrokerTestResource.ADMIN_KEY);
    secrets.add("planted-wrong-key-0123456789abcdefghijklmnop");
    broker.bearer(secrets.getLast()).get("/tokens/any").then().statusCode(401);
    broker.bearer(secrets.getLast()).get("/audit").then().statusCode(401);

    broker.createAgency("audited-secrets");
    Response authorize = broker.authorize("audited-secrets");
    URI location = URI.create(authorize.header("Location"));
    authorize.getCookies().values().forEach(secrets::add);
    try (ConsentBrowser browser = new ConsentBrowser()) {
      URI back = browser.allow(location, active911Id(107));
      for (String parameter : back.getRawQuery().split("&", -1)) {
        secrets.add(URLDecoder.decode(parameter.split("=", 2)[1], StandardCharsets.UTF_8));
      }
      broker.callback(authorize, back).then().statusCode(303);
      broker.callback(authorize, back).then().statusCode(400);
    }
    String imported = active911.consent(active911Id(108), READ_AGENCY).refreshToken();
    secrets.add(imported);
    broker.createAgency("audited-secrets-2");
    importToken("audited-secrets-2", imported).statusCode(200);
    secrets.add("planted-refresh-token-0123456789abcdefghij");
    importToken("audited-secrets-2", secrets.getLast()).statusCode(422);

    String key = broker.createCaller("audited-secrets", "*");
    secrets.add(key);
    secrets.add(key.split("_", -1)[2]);
    for (String agency : List.of("audited-secrets", "audited-secrets-2")) {
      Response read = broker.bearer(key).get("/tokens/" + agency);
      secrets.add(read.path("access_token"));
      broker
          .bearer(key)
          .header("X-Request-ID", read.<String>path("access_token"))
          .header("If-Match", read.header("ETag"))
          .post("/tokens/" + agency + "/refresh")
          .then()
          .statusCode(200);
      secrets.add(broker.bearer(key).get("/tokens/" + agency).path("access_token"));
    }
    signIn(secrets);
    writer.writeAll();

    String written = everythingWritten();
    assertTrue(written.contains("audited-secrets-2"));
    for (String secret : secrets) {
      assertTrue(secret.length() > 20, "this is too short to be searched for: " + secret);
      assertFalse(written.contains(secret), secret);
    }
  }

  /** Once with a wrong key and once with the right one, and out again. */
  private void signIn(List<String> secrets) {
    Response form = broker.anonymous().get("/console/sign-in");
    Matcher csrf = CSRF.matcher(form.asString());
    assertTrue(csrf.find(), form.asString());
    form.getCookies().values().forEach(secrets::add);
    secrets.add(csrf.group(1));
    secrets.add("planted-sign-in-key-0123456789abcdefghijklm");
    for (String key : List.of(secrets.getLast(), BrokerTestResource.ADMIN_KEY)) {
      Response answer =
          broker
              .anonymous()
              .cookies(form.getCookies())
              .formParam("csrf", csrf.group(1))
              .formParam("key", key)
              .post("/console/sign-in");
      answer.getCookies().values().forEach(secrets::add);
    }
    audit("event=sign_in_failed").body("items[0].details.address", equalTo("127.0.0.1"));
    audit("event=signed_in").body("items[0].actor.name", equalTo("bootstrap"));
  }

  private String everythingWritten() throws SQLException {
    StringBuilder written = new StringBuilder();
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      for (String table : List.of("audit_event", "handout_count")) {
        try (ResultSet row = statement.executeQuery("select t::text from " + table + " t")) {
          while (row.next()) {
            written.append(row.getString(1)).append('\n');
          }
        }
      }
    }
    return written.toString();
  }
}
