package org.tokenbroker.console;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.util.List;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.TestTable;

/** The audit trail in the console. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class AuditPageTest {

  @Inject TestTable table;
  private BrokerClient broker;
  private Browser browser;

  @BeforeEach
  void signIn() {
    broker = BrokerClient.ofTheTest();
    browser = Browser.signedIn();
  }

  private void happened(String event, String agency, int times) {
    table.update(
        "insert into audit_event (event, actor_kind, agency) select ?, 'broker', ?"
            + " from generate_series(1, ?)",
        event,
        agency,
        times);
  }

  private static List<String> events(Document page) {
    return page.select("td[data-label=What] > div").stream().map(cell -> cell.ownText()).toList();
  }

  @Test
  void whatHappenedIsSaidInWordsNewestFirst() {
    broker.createAgency("audit-page-words");
    broker.admin().post("/agencies/audit-page-words/pause").then().statusCode(200);

    Document page = browser.page("/console/audit?agency=audit-page-words");

    assertThat(events(page), contains("Agency paused", "Agency added"));
    assertEquals("admin bootstrap", page.select("td[data-label=Who]").getFirst().text());
    assertEquals(2, page.select("td[data-label=When] time[title][datetime]").size());
  }

  @Test
  void itIsFilteredByEveryField() {
    happened("agency_paused", "audit-page-filter", 1);
    happened("agency_resumed", "audit-page-filter", 1);

    Document page =
        browser.page(
            "/console/audit?agency=audit-page-filter&caller=&event=agency_paused"
                + "&from=2026-01-01T00%3A00&to=9000-01-01T00:00:00");

    assertThat(events(page), contains("Agency paused"));
    assertEquals("audit-page-filter", page.select("#agency").val());
    assertEquals("2026-01-01T00:00:00", page.select("#from").val());
    assertEquals("agency_paused", page.select("option[selected]").val());
    assertEquals(
        List.of(),
        events(browser.page("/console/audit?agency=audit-page-filter&to=2026-01-01T00:00")));
  }

  @Test
  void handOutsAreShownWhereTheyAreAskedFor() {
    table.update(
        "insert into handout_count (first_at, last_at, agency, caller, generation, hand_outs)"
            + " values (now(), now(), 'audit-page-handed', 'audit-page-caller', 3, 17)");

    Document page = browser.page("/console/audit?caller=audit-page-caller&event=handout");

    assertThat(events(page), contains("Tokens handed out"));
    assertThat(page.select("td[data-label=What]").text(), containsString("times: 17"));
    assertEquals("caller audit-page-caller", page.select("td[data-label=Who]").text());
  }

  @Test
  void whoDidItLeadsToAllThatTheSameDid() {
    table.update(
        "insert into audit_event (event, actor_kind, actor_name, agency) values"
            + " ('agency_paused', 'admin', 'Eve & Co', 'audit-page-actor'),"
            + " ('agency_resumed', 'broker', null, 'audit-page-actor')");
    Document all = browser.page("/console/audit?agency=audit-page-actor");

    Document eves = browser.page(all.select("td a:contains(Eve)").attr("href"));

    assertThat(events(eves), contains("Agency paused"));
    assertEquals("Eve & Co", eves.select("#actor").val());
    assertThat(
        events(browser.page("/console/audit?agency=audit-page-actor&actor=broker")),
        contains("Agency resumed"));
  }

  @Test
  void olderPagesHaveAddressesOfTheirOwn() {
    happened("agency_paused", "audit-page-long", 51);

    Document first = browser.page("/console/audit?agency=audit-page-long&event=agency_paused");
    String older = first.select("nav.pages a[rel=next]").attr("href");
    Document second = browser.page(older);

    assertEquals(50, events(first).size());
    assertEquals(1, events(second).size());
    assertThat(second.select("nav.pages a").eachText(), contains("Newest"));
    assertEquals(50, events(browser.page(second.select("nav.pages a").attr("href"))).size());
  }

  @ParameterizedTest
  @CsvSource({
    "agency=Not_One, agency",
    "caller=Not_One, caller",
    "event=no_such_event, event",
    "from=yesterday, from",
    "from=2026-02-30T10:00, from",
    "from=2026-01-02T00:00&to=2026-01-01T00:00, to"
  })
  void whatIsWrongIsSaidBesideTheField(String query, String field) {
    Response answer = browser.get("/console/audit?" + query);

    assertEquals(400, answer.statusCode());
    Document page = Browser.parsed(answer);
    assertThat(page.select(".fault").eachAttr("id"), contains(field + "-fault"));
    assertEquals(field + "-fault", page.select("#" + field).attr("aria-describedby"));
    assertEquals(400, browser.get("/console/audit/export?" + query).statusCode());
  }

  @Test
  void theSessionCanFetchItAsAFile() {
    happened("agency_paused", "audit-page-export", 60);
    Document page = browser.page("/console/audit?agency=audit-page-export");

    List<String> links = page.select("a[download]").eachAttr("href");
    Response csv = browser.get(links.getFirst());
    Response lines = browser.get(links.getLast());

    assertThat(csv.contentType(), startsWith("text/csv"));
    assertThat(csv.header("Content-Disposition"), containsString("audit.csv"));
    assertEquals(61, csv.body().asString().lines().count());
    assertThat(lines.contentType(), startsWith("application/jsonl"));
    List<String> items = lines.body().asString().lines().toList();
    assertEquals(60, items.size());
    assertThat(items, everyItem(containsString("\"agency\":\"audit-page-export\"")));
  }

  @Test
  void whereNothingMatchesItSaysWhatToDo() {
    Document page = browser.page("/console/audit?agency=audit-page-nobody");

    assertThat(page.select("section.empty").text(), containsString("leave a field empty"));
  }

  @Test
  void signingInLeadsBackToTheSearch() {
    String wanted = "/console/audit?agency=some-fd&from=2026-01-01T00%3A00";
    Browser stranger = new Browser();

    Response away = stranger.get(wanted);
    String signIn = away.header("Location");
    Document form = stranger.page(signIn.substring(signIn.indexOf("/console/sign-in")));

    assertNotEquals("/console", form.select("input[name=return_to]").val());
    assertTrue(
        form.select("input[name=return_to]").val().startsWith("/console/audit?agency=some-fd"));
  }
}
