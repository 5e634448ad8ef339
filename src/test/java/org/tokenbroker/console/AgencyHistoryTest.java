package org.tokenbroker.console;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;

import jakarta.inject.Inject;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.TestTable;

/** What an agency's page says of the past. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class AgencyHistoryTest {

  @Inject TestTable table;

  /** The agency is there, and nothing else is known of it. */
  private static void added(String agency) {
    BrokerClient.ofTheTest().createAgency(agency);
  }

  private void happened(String agency, String event, String ago) {
    table.update(
        "insert into audit_event (occurred_at, event, actor_kind, agency, details)"
            + " values (clock_timestamp() - cast(? as interval), ?, 'broker', ?,"
            + " case when ? = 'refresh_failed' then '{\"error\":\"upstream_timeout\"}'::jsonb"
            + " else '{}' end)",
        ago,
        event,
        agency,
        event);
  }

  private void read(String agency, String caller, String ago, int times) {
    table.update(
        "insert into handout_count (first_at, last_at, agency, caller, generation, hand_outs)"
            + " select t, t, ?, ?, 1, ? from (select clock_timestamp() - cast(? as interval) as t) x",
        agency,
        caller,
        times,
        ago);
  }

  private static Document page(String agency) {
    return Browser.signedIn().page("/console/agencies/" + agency);
  }

  @Test
  void theTimelineTellsWhatBecameOfWhat() {
    happened("history-timeline", "agency_connected", "9 days");
    happened("history-timeline", "token_refreshed", "8 days");
    happened("history-timeline", "refresh_failed", "7 days");
    happened("history-timeline", "token_refreshed", "6 days");
    happened("history-timeline", "consent_lost", "5 days");
    happened("history-timeline", "agency_connected", "4 days");
    happened("history-timeline", "token_refreshed", "3 days");
    added("history-timeline");

    Document page = page("history-timeline");

    assertThat(
        page.select(".timeline li strong").eachText(),
        contains(
            "Agency added",
            "Token refreshed",
            "Agency reconnected",
            "Consent found gone",
            "Recovered: token refreshed",
            "Refresh failed",
            "Token refreshed",
            "Agency connected"));
    assertThat(
        page.select(".timeline li.warn small").text(),
        containsString("the broker: error Active911 did not answer in time"));
    assertEquals(
        "/console/audit?agency=history-timeline",
        page.select("section[aria-labelledby=timeline] p a").attr("href"));
  }

  @Test
  void refreshesAndFailuresAreDrawnAndSaid() {
    happened("history-plot", "token_refreshed", "40 days");
    happened("history-plot", "token_refreshed", "2 days");
    happened("history-plot", "refresh_failed", "1 day");
    happened("history-plot", "token_refreshed", "0 days");
    added("history-plot");

    Document page = page("history-plot");

    assertEquals(2, page.select("svg rect.refreshed").size());
    assertEquals(1, page.select("svg rect.failed").size());
    assertThat(
        page.select("svg[role=img]").attr("aria-label"),
        containsString("In the last 30 days: 2 refreshes, 1 failure."));
    assertEquals(3, page.select("section[aria-labelledby=refreshes] tbody tr").size());
  }

  @Test
  void itIsSaidWhoReadsTheTokenAndHowOften() {
    read("history-read", "history-seldom", "3 days", 2);
    read("history-read", "history-often", "2 days", 30);
    read("history-read", "history-often", "90 minutes", 12);
    read("history-read", "history-long-ago", "8 days", 99);
    added("history-read");

    assertThat(
        page("history-read").select("section[aria-labelledby=readers] tbody tr").eachText(),
        contains("history-often 12 42 90 minutes ago", "history-seldom 0 2 3 days ago"));
  }

  @Test
  void whereNobodyReadsItSaysWhatToDo() {
    added("history-unread");

    assertThat(
        page("history-unread").select("section[aria-labelledby=readers]").text(),
        containsString("No service has read this agency’s token in the last 7 days."));
  }
}
