package org.tokenbroker.audit;

import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.matchesRegex;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** The audit trail as admins read it. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class AuditResourceTest {

  @Inject AuditWriter writer;
  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  /** An agency that was created and paused and resumed so often. */
  private void paused(String agency, int times) {
    broker.createAgency(agency);
    for (int i = 0; i < times; i++) {
      broker.admin().post("/agencies/" + agency + "/pause").then().statusCode(200);
      broker.admin().post("/agencies/" + agency + "/resume").then().statusCode(200);
    }
  }

  @Test
  void anItemSaysWhatWhoWhenAndInWhichRequest() {
    broker
        .admin()
        .header("X-Request-ID", "my-request-17")
        .body("{\"name\":\"Item\"}")
        .put("/agencies/audit-item")
        .then()
        .statusCode(201)
        .header("X-Request-ID", "my-request-17");

    broker
        .admin()
        .get("/audit?agency=audit-item")
        .then()
        .statusCode(200)
        .contentType("application/json")
        .header("Cache-Control", "no-store")
        .body("items", hasSize(1))
        .body("items[0].event", equalTo("agency_created"))
        .body("items[0].actor.kind", equalTo("admin"))
        .body("items[0].actor.name", equalTo("bootstrap"))
        .body("items[0].agency", equalTo("audit-item"))
        .body("items[0].caller", nullValue())
        .body("items[0].request_id", equalTo("my-request-17"))
        .body("items[0].id", matchesRegex("[0-9]+-[0-9]+"))
        .body("items[0].time", matchesRegex("20..-..-..T..:..:..(\\.[0-9]+)?Z"))
        .body("next", nullValue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"with space", "0123456789012345678901234567890123456", "tbk_key", "", "é"})
  void aRequestIdOfAnotherFormIsReplaced(String sent) {
    broker
        .admin()
        .header("X-Request-ID", sent)
        .get("/audit?limit=1")
        .then()
        .header("X-Request-ID", matchesRegex("[0-9a-f]{12}-[0-9a-f]+"));
  }

  @Test
  void everyAnswerNamesItsRequest() {
    broker.anonymous().get("/tokens/x").then().header("X-Request-ID", notNullValue());
    broker.anonymous().get("/console/sign-in").then().header("X-Request-ID", notNullValue());
    broker.anonymous().get("/nowhere").then().header("X-Request-ID", notNullValue());
  }

  @Test
  void itemsComeNewestFirstPageByPage() {
    paused("audit-pages", 3);
    List<String> events = new ArrayList<>();
    String after = "";
    do {
      Response page = broker.admin().get("/audit?agency=audit-pages&limit=3" + after);
      page.then().statusCode(200);
      events.addAll(page.path("items.event"));
      String next = page.path("next");
      after = next == null ? "" : "&after=" + next;
      // Newer than the first page, so no page sees it.
      broker.admin().post("/agencies/audit-pages/pause").then().statusCode(200);
    } while (!after.isEmpty());

    assertEquals(
        List.of(
            "agency_resumed",
            "agency_paused",
            "agency_resumed",
            "agency_paused",
            "agency_resumed",
            "agency_paused",
            "agency_created"),
        events);
  }

  @Test
  void itIsFilteredByEvent() {
    paused("audit-event", 2);

    broker
        .admin()
        .get("/audit?agency=audit-event&event=agency_paused")
        .then()
        .body("items.event", everyItem(equalTo("agency_paused")))
        .body("items", hasSize(2));
  }

  @Test
  void itIsFilteredByCaller() {
    broker.createCaller("audit-caller", "a-fd");

    broker
        .admin()
        .get("/audit?caller=audit-caller")
        .then()
        .body("items.event", contains("key_created", "caller_created"))
        .body("items[1].details.granted", contains("a-fd"));
  }

  @Test
  void itIsFilteredByWhoDidIt() {
    String key = broker.createAdmin("audit-actor", "operator");
    broker.createAgency("audit-by-actor");
    broker.bearer(key).post("/agencies/audit-by-actor/pause").then().statusCode(200);

    broker
        .admin()
        .get("/audit?actor=audit-actor")
        .then()
        .body("items.event", contains("agency_paused"))
        .body("items.actor.name", contains("audit-actor"));
    broker
        .admin()
        .get("/audit?agency=audit-by-actor&actor=bootstrap")
        .then()
        .body("items.event", contains("agency_created"));
    broker.admin().get("/audit?agency=audit-by-actor&actor=broker").then().body("items", empty());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a%00b", "a%0Ab"})
  void whoCouldHaveDoneNothingIsRefused(String actor) {
    broker
        .admin()
        .urlEncodingEnabled(false)
        .get("/audit?actor=" + actor)
        .then()
        .statusCode(400)
        .body("errors[0].field", equalTo("actor"));
  }

  @Test
  void itIsFilteredByTime() {
    paused("audit-time", 1);
    List<String> times = broker.admin().get("/audit?agency=audit-time").path("items.time");

    broker
        .admin()
        .get("/audit?agency=audit-time&from=" + times.get(1))
        .then()
        .body("items.event", contains("agency_resumed", "agency_paused"));
    broker
        .admin()
        .get("/audit?agency=audit-time&to=" + times.get(1))
        .then()
        .body("items.event", contains("agency_created"));
  }

  @Test
  void itSurvivesTheAgency() {
    broker.createAgency("audit-deleted");
    broker.createCaller("audit-deleted", "audit-deleted");
    broker.admin().delete("/agencies/audit-deleted").then().statusCode(204);

    broker
        .admin()
        .get("/audit?agency=audit-deleted")
        .then()
        .body("items.event", contains("caller_changed", "agency_deleted", "agency_created"))
        .body("items[0].caller", equalTo("audit-deleted"))
        .body("items[0].details.revoked", contains("audit-deleted"));
  }

  @ParameterizedTest
  @CsvSource({
    "agency,No_Slug",
    "caller,-x",
    "event,agency_exploded",
    "event,AGENCY_PAUSED",
    "from,yesterday",
    "from,2026-11-24",
    "to,+999999999-12-31T23:59:59Z",
    "after,17",
    "after,1-99999999999999999999",
    "limit,0",
    "limit,1001",
    "limit,many"
  })
  void aWrongParameterIsNamed(String parameter, String value) {
    broker
        .admin()
        .queryParam(parameter, value)
        .get("/audit")
        .then()
        .statusCode(400)
        .contentType("application/problem+json")
        .body("type", equalTo("urn:token-broker:problem:invalid-request"))
        .body("errors.field", contains(parameter));
  }

  @Test
  void allWrongParametersAreNamedAtOnce() {
    broker
        .admin()
        .get("/audit?agency=No_Slug&limit=0&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z")
        .then()
        .statusCode(400)
        .body("errors.field", contains("agency", "limit", "to"));
  }

  @Test
  void itIsForAdmins() {
    String key = broker.createCaller("audit-reader", "*");

    broker.anonymous().get("/audit").then().statusCode(401);
    broker.bearer(key).get("/audit").then().statusCode(403);
  }

  @Test
  void asCsvEverythingIsWrittenWithAHead() {
    paused("audit-csv", 60);
    broker
        .admin()
        .header("X-Request-ID", "-1")
        .delete("/agencies/audit-csv")
        .then()
        .statusCode(204);

    Response answer =
        broker
            .admin()
            .accept("text/csv")
            .get("/audit?agency=audit-csv")
            .then()
            .extract()
            .response();

    answer
        .then()
        .statusCode(200)
        .contentType(startsWith("text/csv"))
        .header("Content-Disposition", equalTo("attachment; filename=\"audit.csv\""));
    List<String> lines = List.of(answer.asString().split("\r\n", -1));
    assertEquals(
        "id,time,event,actor_kind,actor_name,agency,caller,request_id,details", lines.getFirst());
    assertEquals("", lines.getLast());
    assertEquals(122, lines.size() - 2);
    assertTrue(
        lines.get(1).endsWith(",agency_deleted,admin,bootstrap,audit-csv,,'-1,{}"), lines.get(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/jsonl", "application/x-ndjson"})
  void asJsonLinesEachLineIsAnItem(String type) throws IOException {
    String agency = "audit-" + type.replaceAll("[^a-z]", "-");
    paused(agency, 60);

    Response answer = broker.admin().accept(type).get("/audit?agency=" + agency);

    answer.then().statusCode(200).contentType(startsWith(type));
    List<String> lines = answer.asString().lines().toList();
    assertEquals(121, lines.size());
    List<?> items = broker.admin().get("/audit?agency=" + agency).path("items");
    assertEquals(items.getFirst(), new ObjectMapper().readValue(lines.getFirst(), Map.class));
  }

  @Test
  void anExportMayBeLimited() {
    paused("audit-limited", 2);

    String csv =
        broker.admin().accept("text/csv").get("/audit?agency=audit-limited&limit=2").asString();

    assertEquals(3, csv.lines().count());
  }

  @Test
  void moreThanOnePageOfAnExportIsWritten() {
    for (int i = 0; i < 2500; i++) {
      writer.note(
          AuditEvent.of(AuditEvent.Kind.TOKEN_REFRESHED).agency("audit-long"),
          new CurrentOrigin.Origin(Actor.BROKER, null));
    }
    writer.writeAll();

    String csv = broker.admin().accept("text/csv").get("/audit?agency=audit-long").asString();

    assertEquals(2500, csv.lines().skip(1).distinct().count());
  }

  @Test
  void anotherMediaTypeIsRefused() {
    broker
        .admin()
        .accept("application/xml")
        .get("/audit")
        .then()
        .statusCode(406)
        .contentType("application/problem+json");
  }

  @Test
  void handoutsAreLeftOutUnlessAskedFor() {
    writer.handedOut("audit-handout", "audit-handout", 3);
    writer.handedOut("audit-handout", "audit-handout", 3);
    writer.writeAll();

    broker
        .admin()
        .get("/audit?agency=audit-handout")
        .then()
        .body("items.event", not(hasItem("handout")));
    broker
        .admin()
        .get("/audit?agency=audit-handout&event=handout")
        .then()
        .statusCode(200)
        .body("items", hasSize(1))
        .body("items[0].event", equalTo("handout"))
        .body("items[0].actor.kind", equalTo("caller"))
        .body("items[0].actor.name", equalTo("audit-handout"))
        .body("items[0].caller", equalTo("audit-handout"))
        .body("items[0].details.count", equalTo(2))
        .body("items[0].details.generation", equalTo(3))
        .body("items[0].details.last_at", matchesRegex("20..-..-..T..:..:..\\.[0-9]{6}Z"));
  }
}
