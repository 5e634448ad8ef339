package org.tokenbroker.console;

import static io.restassured.RestAssured.given;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.inject.Inject;
import java.util.List;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.TestTable;

/** How an admin finds agencies among many. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class AgencyListPageTest {

  Simulator active911;
  @Inject TestTable table;
  private BrokerClient broker;
  private Browser browser;

  @BeforeEach
  void signIn() {
    broker = BrokerClient.ofTheTest();
    browser = Browser.signedIn();
  }

  private void connected(String agency, int index) {
    broker.createAgency(agency);
    broker.connect(agency, active911.agencies().get(index).id()).then().statusCode(303);
  }

  /** Changes an agency's grant behind the broker's back. */
  private void grant(String agency, String change) {
    assertEquals(
        1,
        table.update(
            "update agency_grant set "
                + change
                + " where agency_id = (select id from agency where slug = ?)",
            agency));
  }

  private static List<String> slugs(Document page) {
    return page.select("section[aria-labelledby=all] tbody .slug").eachText();
  }

  private List<String> found(String query) {
    return slugs(browser.page("/console?" + query));
  }

  private static long number(Document page, String words) {
    for (Element count : page.select(".counts a")) {
      if (count.ownText().equals(words)) {
        return Long.parseLong(count.select("strong").text());
      }
    }
    throw new AssertionError("no count of " + words);
  }

  @Test
  void anAgencyIsFoundByWhatItIsCalledAndByItsActive911Id() {
    broker
        .admin()
        .body("{\"name\":\"Umbrella Éclair FD\",\"expected_active911_id\":\"Ab-4242\"}")
        .put("/agencies/list-called")
        .then()
        .statusCode(201);

    assertThat(found("q=UMBRELLA%20"), contains("list-called"));
    assertThat(found("q=st-calle"), contains("list-called"));
    assertThat(found("q=ab-4242"), contains("list-called"));
    assertThat(found("q=ab-424"), empty());
    assertThat(found("q=umb_ella"), empty());
    assertEquals("ab-4242", browser.page("/console?q=ab-4242").select("#q").val());
  }

  @Test
  void whatNoTextCanHoldIsNotABug() {
    for (String address :
        List.of("/console?q=%00", "/console/audit?agency=%00", "/console/agencies/%00")) {
      int status = browser.get(address).statusCode();

      assertTrue(status < 500, () -> address + " answers " + status);
    }
  }

  @Test
  void theStatesAreCountedAndLeadToTheirAgencies() {
    connected("list-state-good", 180);
    connected("list-state-gone", 181);
    connected("list-state-failing", 182);
    broker.createAgency("list-state-new");
    broker.createAgency("list-state-paused");
    broker.admin().post("/agencies/list-state-paused/pause").then().statusCode(200);
    grant("list-state-gone", "state = 'NEEDS_CONSENT'");
    grant("list-state-failing", "consecutive_failures = 2");

    assertThat(found("q=list-state&state=connected"), contains("list-state-good"));
    assertThat(found("q=list-state&state=consent-gone"), contains("list-state-gone"));
    assertThat(found("q=list-state&state=failing"), contains("list-state-failing"));
    assertThat(
        found("q=list-state&state=never-connected"),
        contains("list-state-new", "list-state-paused"));
    assertThat(found("q=list-state&state=paused"), contains("list-state-paused"));
    Document page = browser.page("/console");
    assertEquals(table.count("select count(*) from agency"), number(page, "All agencies"));
    assertEquals(
        table.count("select count(*) from agency_grant where state = 'NEEDS_CONSENT'"),
        number(page, "Consent gone"));
    String link = browser.page("/console?q=list-state").select(".counts a.bad").attr("href");
    assertThat(slugs(browser.page(link)), contains("list-state-gone"));
  }

  @Test
  void whatNeedsAttentionIsListedByHowPressingItIs() {
    connected("list-urgent-a-narrowed", 183);
    connected("list-urgent-b-ending", 184);
    connected("list-urgent-c-failing", 185);
    connected("list-urgent-d-gone", 186);
    connected("list-urgent-e-candidate", 187);
    connected("list-urgent-f-good", 188);
    table.update(
        "update agency set scope_requested = 'read_agency read_alert'"
            + " where slug = 'list-urgent-a-narrowed'");
    grant(
        "list-urgent-b-ending",
        "refresh_token_expires_at = clock_timestamp() + interval '29 days'");
    grant("list-urgent-c-failing", "consecutive_failures = 1");
    grant("list-urgent-d-gone", "state = 'NEEDS_CONSENT'");
    table.update(
        """
        insert into candidate
        select 'list-urgent-candidate', id, 'APPLICATION', 'OTHER_AGENCY', false, '1', 'Other',
               'read_agency', ''::bytea, ''::bytea, clock_timestamp(), clock_timestamp(),
               clock_timestamp(), clock_timestamp() + interval '1 day'
          from agency where slug = 'list-urgent-e-candidate'
        """);

    try {
      assertThat(
          found("q=list-urgent&state=attention"),
          contains(
              "list-urgent-e-candidate",
              "list-urgent-d-gone",
              "list-urgent-c-failing",
              "list-urgent-b-ending",
              "list-urgent-a-narrowed"));
      assertThat(
          found("q=list-urgent&state=attention&after=2.list-urgent-c-failing"),
          contains("list-urgent-b-ending", "list-urgent-a-narrowed"));
    } finally {
      table.update("delete from candidate where id = 'list-urgent-candidate'");
    }
  }

  @Test
  void pagesOfASearchHaveAddressesOfTheirOwn() {
    table.update(
        "insert into agency (id, slug, name, scope_requested)"
            + " select nextval('agency_seq'), 'list-many-' || to_char(n, 'FM000'), 'Many',"
            + " 'read_agency' from generate_series(1, 101) n");

    Document first = browser.page("/console?q=list-many&state=never-connected");
    Document second = browser.page(first.select("a[rel=next]").attr("href"));
    Document third = browser.page(second.select("a[rel=next]").attr("href"));

    assertEquals(50, slugs(first).size());
    assertEquals("list-many-051", slugs(second).getFirst());
    assertThat(slugs(third), contains("list-many-101"));
    assertEquals(slugs(first), slugs(browser.page(third.select("nav.pages a").attr("href"))));
  }

  @Test
  void theTimeLeftIsDrawnAndSaid() {
    connected("list-bars", 189);

    Element row =
        browser.page("/console?q=list-bars").selectFirst("section[aria-labelledby=all] tbody tr");

    assertTrue(row != null);
    assertEquals(2, row.select("meter[aria-label][value][max][low]").size());
    assertEquals(4, row.select("time[title]").size());
  }

  @Test
  void aSearchWithoutAHitSaysWhatToDo() {
    broker.createAgency("list-no-hit");

    Document page = browser.page("/console?q=nobody+is+called+so");

    assertThat(page.select("section.empty").text(), containsString("Show all agencies"));
  }

  @Test
  void aPageThatKeepsItselfUpToDateKeepsNobodySignedIn() {
    byte[] session = Secret.of(browser.session()).sha256();
    table.update(
        "update console_session set last_seen = clock_timestamp() - interval '29 minutes'"
            + " where id_hash = ?",
        session);
    String query = "select last_seen::text from console_session where id_hash = ?";
    String before = String.valueOf(table.text(query, session));

    given()
        .cookie(Browser.SESSION, browser.session())
        .header("X-Live", "1")
        .get("/console")
        .then()
        .statusCode(200);

    assertEquals(before, table.text(query, session));
    assertEquals(200, browser.get("/console").statusCode());
    assertNotEquals(before, table.text(query, session));
  }
}
