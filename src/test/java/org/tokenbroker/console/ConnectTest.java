package org.tokenbroker.console;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import javax.sql.DataSource;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.simulator.ConsentBrowser;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** An officer follows the link of an invitation. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class ConnectTest {

  Simulator active911;
  @Inject DataSource dataSource;
  private BrokerClient broker;

  /** The officer's, who is not signed in to the console. */
  private Browser browser;

  @BeforeEach
  void open() {
    broker = BrokerClient.ofTheTest();
    browser = new Browser();
  }

  private String active911Id(int index) {
    return active911.agencies().get(240 + index).id();
  }

  /** Creates an agency, of which an id may be expected, and an invitation for it. */
  private Response invite(String agency, String settings) {
    broker
        .admin()
        .body("{\"name\":\"" + agency + "\"" + settings + "}")
        .put("/agencies/" + agency)
        .then()
        .statusCode(201);
    return broker
        .admin()
        .body("{}")
        .post("/agencies/" + agency + "/invitations")
        .then()
        .statusCode(201)
        .extract()
        .response();
  }

  private Response inviteExpecting(String agency, int index) {
    return invite(agency, ",\"expected_active911_id\":\"" + active911Id(index) + "\"");
  }

  private static String path(Response invited) {
    return URI.create(invited.<String>path("url")).getPath();
  }

  private String state(String agency) {
    return broker.admin().get("/agencies/" + agency + "/invitations").path("items[0].state");
  }

  /** Presses the button; returns where it leads. */
  private URI press(String path) {
    Response begun = browser.submit(browser.page(path), path, Map.of());
    assertEquals(303, begun.statusCode(), begun.body().asString());
    return URI.create(begun.header("Location"));
  }

  /** Comes back from Active911 and reads the page. */
  private Document back(URI callback) {
    Response answer = browser.get(callback.toString());
    assertEquals(303, answer.statusCode());
    return browser.page(URI.create(answer.header("Location")).getPath());
  }

  private Document allow(URI location, String active911Id) {
    try (ConsentBrowser atActive911 = new ConsentBrowser()) {
      return back(atActive911.allow(location, active911Id));
    }
  }

  @Test
  void theOfficerReadsWhoAsksForWhatAndLookingUsesNothingUp() {
    Response invited = invite("officer-reads", ",\"scope\":\"read_agency read_alert\"");

    Document page = browser.page(path(invited));
    browser.page(path(invited));

    assertEquals("Connect officer-reads", page.select("h1").text());
    assertThat(page.select("main").text(), containsString("The company that sent you the link"));
    assertThat(
        page.select("h2:contains(allow) + ul li").eachText(),
        contains(
            "See which agency it is, with its address and its devices. read_agency",
            "Read the agency's alerts. read_alert"));
    assertEquals(0, page.select("a[href^=/console]").size());
    assertEquals("open", state("officer-reads"));
  }

  @Test
  void theOfficerConnectsTheAgencyAndTheLinkIsUsedUp() {
    Response invited = inviteExpecting("officer-connects", 0);

    Document result = allow(press(path(invited)), active911Id(0));

    assertEquals("Thank you: officer-connects is connected", result.select("h1").text());
    assertThat(result.select("main").text(), containsString("To withdraw the permission later"));
    assertEquals(0, result.select("a[href^=/console]").size());
    broker.admin().get("/agencies/officer-connects").then().body("state", equalTo("CONNECTED"));
    assertEquals("used", state("officer-connects"));
    Response again = browser.get(path(invited));
    assertEquals(410, again.statusCode());
    assertEquals("This link was used already", Browser.parsed(again).select("h1").text());
  }

  @Test
  void withoutAKnownIdTheConsentWaitsForAnAdmin() {
    Response invited = invite("officer-unknown", "");

    Document result = allow(press(path(invited)), active911Id(1));

    assertEquals("Thank you: your part is done", result.select("h1").text());
    assertEquals(1, result.select("article.warn").size());
    broker
        .admin()
        .get("/agencies/officer-unknown")
        .then()
        .body("state", equalTo("PENDING"))
        .body("candidate.active911_agency.id", equalTo(active911Id(1)));
    assertEquals("used", state("officer-unknown"));
  }

  @Test
  void aConsentThatAnAdminWasFasterThanIsSaidToBeOfNoUse() {
    Response invited = invite("officer-slower", "");
    allow(press(path(invited)), active911Id(10));
    broker.connect("officer-slower", active911Id(10)).then().statusCode(303);

    Document page = Browser.signedIn().page("/console/agencies/officer-slower");

    assertThat(
        page.select("article.waiting").text(),
        startsWith("Another consent for the same agency waits"));
  }

  @Test
  void theWrongAgencyWaitsAndTheLinkStaysGoodForTheRightOne() {
    Response invited = inviteExpecting("officer-wrong", 2);

    Document wrong = allow(press(path(invited)), active911Id(3));
    assertEquals("Was this the right agency?", wrong.select("h1").text());
    assertEquals("open", state("officer-wrong"));

    Document right = allow(press(path(invited)), active911Id(2));
    assertThat(right.select("h1").text(), startsWith("Thank you"));
    assertEquals("used", state("officer-wrong"));
  }

  @Test
  void sayingNoUsesNothingUp() {
    Response invited = inviteExpecting("officer-denies", 4);
    URI location = press(path(invited));

    Document result;
    try (ConsentBrowser atActive911 = new ConsentBrowser()) {
      result = back(atActive911.deny(location));
    }

    assertEquals("officer-denies was not connected", result.select("h1").text());
    assertThat(result.select("main").text(), containsString("it is still good"));
    assertEquals("open", state("officer-denies"));
  }

  @Test
  void aSecondTabThatWasOpenedBeforeMayEndAsWell() {
    Response invited = inviteExpecting("officer-tabs", 5);
    Document page = browser.page(path(invited));
    URI first = URI.create(browser.submit(page, path(invited), Map.of()).header("Location"));
    URI second = URI.create(browser.submit(page, path(invited), Map.of()).header("Location"));

    assertThat(allow(first, active911Id(5)).select("h1").text(), startsWith("Thank you"));
    assertThat(allow(second, active911Id(5)).select("h1").text(), startsWith("Thank you"));

    assertEquals(410, browser.submit(page, path(invited), Map.of()).statusCode());
    broker
        .admin()
        .get("/agencies/officer-tabs")
        .then()
        .body("state", equalTo("CONNECTED"))
        .body("candidate", equalTo(null));
  }

  @Test
  void anInvitationThatIsRevokedAtTheLastMomentLetsNothingIn() {
    Response invited = inviteExpecting("officer-revoked", 6);
    URI location = press(path(invited));
    broker
        .admin()
        .delete("/agencies/officer-revoked/invitations/" + invited.path("id"))
        .then()
        .statusCode(204);

    Document result = allow(location, active911Id(6));

    assertThat(result.select("main").text(), containsString("the invitation was taken back"));
    broker
        .admin()
        .get("/agencies/officer-revoked")
        .then()
        .body("state", equalTo("PENDING"))
        .body("candidate", equalTo(null));
    assertEquals(410, browser.get(path(invited)).statusCode());
  }

  @Test
  void anExpiredLinkSaysSo() throws SQLException {
    Response invited = inviteExpecting("officer-late", 7);
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update invitation set expires_at = clock_timestamp() where id = ?")) {
      statement.setString(1, invited.path("id"));
      assertEquals(1, statement.executeUpdate());
    }

    Response answer = browser.get(path(invited));

    assertEquals(410, answer.statusCode());
    assertEquals("This link is too old", Browser.parsed(answer).select("h1").text());
  }

  @Test
  void anInvitationEndsWithItsAgency() {
    Response invited = inviteExpecting("officer-deleted", 8);
    broker.admin().delete("/agencies/officer-deleted").then().statusCode(204);

    Response answer = browser.get(path(invited));

    assertEquals(404, answer.statusCode());
    assertEquals("This link is not known", Browser.parsed(answer).select("h1").text());
  }

  @Test
  void aFormWithoutTheBrowsersCookieLeadsNowhere() {
    Response invited = inviteExpecting("officer-cookie", 9);
    String csrf = browser.page(path(invited)).select("input[name=csrf]").val();

    Response answer = new Browser().post(path(invited), Map.of("csrf", csrf));

    assertEquals(403, answer.statusCode());
    assertThat(Browser.parsed(answer).select("main").text(), containsString("allow cookies"));
  }

  @Test
  void theConsoleShowsALinkOnceAndTakesInvitationsBack() {
    broker.createAgency("console-invites");
    Browser admin = Browser.signedIn();
    String agency = "/console/agencies/console-invites";

    Response made = admin.submit(admin.page(agency), agency + "/invitations", Map.of("days", "1"));
    String link = Browser.parsed(made).select("#link").val();
    assertThat(link, containsString("/connect/"));
    assertThat(
        Browser.parsed(made).select("a[href^=mailto:]").attr("href"),
        containsString("%2Fconnect%2F"));
    assertEquals(200, browser.get(URI.create(link).getPath()).statusCode());

    Document page = admin.page(agency);
    assertThat(page.html(), not(containsString(link.substring(link.lastIndexOf('/') + 1))));
    String revoke = page.select("form[action$=/revoke]").attr("action");
    assertEquals(303, admin.submit(page, revoke, Map.of()).statusCode());
    assertEquals(410, browser.get(URI.create(link).getPath()).statusCode());
    assertEquals(0, admin.page(agency).select("form[action$=/revoke]").size());
  }
}
