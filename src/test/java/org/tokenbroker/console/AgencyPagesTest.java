package org.tokenbroker.console;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.ConsentBrowser;
import org.tokenbroker.simulator.Rotation;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** What an admin does with agencies in the console. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class AgencyPagesTest {

  private static final Set<String> READ_AGENCY = Set.of("read_agency");

  Simulator active911;
  @Inject DataSource dataSource;
  private BrokerClient broker;
  private Browser browser;

  @BeforeEach
  void signIn() {
    broker = BrokerClient.ofTheTest();
    browser = Browser.signedIn();
  }

  @AfterEach
  void makeActive911WellAgain() {
    active911.acceptConnections();
  }

  private String active911Id(int index) {
    return active911.agencies().get(150 + index).id();
  }

  private static String page(String agency) {
    return "/console/agencies/" + agency;
  }

  private Response press(String agency, String button) {
    return browser.submit(browser.page(page(agency)), page(agency) + "/" + button, Map.of());
  }

  /** Follows the 303 after a form to the page that says what became of it. */
  private Document after(Response answer) {
    assertEquals(303, answer.statusCode(), answer.body().asString());
    String location = answer.header("Location");
    return browser.page(location.substring(location.indexOf("/console")));
  }

  private static String notice(Document page) {
    return page.select("main [role=status]").text();
  }

  private static String main(Document page) {
    return page.select("main").text();
  }

  // --- Adding
  // -------------------------------------------------------------------------------------

  private Response add(Map<String, ?> fields) {
    return browser.submit(browser.page("/console/new-agency"), "/console/new-agency", fields);
  }

  @Test
  void anAgencyIsAddedUnderAShortNameMadeFromItsName() {
    Document page =
        after(
            add(
                Map.of(
                    "name",
                    "Console Added FD",
                    "scope",
                    List.of("read_alert", "read_device"),
                    "expected_active911_id",
                    "4711",
                    "contact",
                    "chief@added.example")));

    assertThat(notice(page), startsWith("The agency is added."));
    broker
        .admin()
        .get("/agencies/console-added-fd")
        .then()
        .body("name", equalTo("Console Added FD"))
        .body("scope_requested", equalTo("read_agency read_alert read_device"))
        .body("expected_active911_id", equalTo("4711"))
        .body("contact", equalTo("chief@added.example"));
  }

  @Test
  void whatIsWrongIsSaidBesideTheFieldAndWhatWasTypedIsKept() {
    Response answer =
        add(
            Map.of(
                "name",
                "\u0007",
                "slug",
                "Not A Slug",
                "scope",
                List.of("read_alert", "no\"scope"),
                "expected_active911_id",
                "1".repeat(101),
                "contact",
                "kept@added.example"));

    assertEquals(400, answer.statusCode());
    Document page = Browser.parsed(answer);
    assertThat(
        page.select(".fault").eachAttr("id"),
        contains("name-fault", "slug-fault", "scope-fault", "expected_active911_id-fault"));
    for (Element fault : page.select(".fault")) {
      assertNotNull(page.selectFirst("[aria-describedby~=\\b" + fault.id() + "\\b]"), fault.id());
    }
    assertEquals("Not A Slug", page.select("#slug").val());
    assertEquals("kept@added.example", page.select("#contact").val());
    assertThat(page.select("input[name=scope][checked]").eachAttr("value"), hasItem("read_alert"));
  }

  @Test
  void aNameThatGivesNoShortNameAsksForOne() {
    Response answer = add(Map.of("name", "消防署"));

    assertEquals(400, answer.statusCode());
    assertEquals(1, Browser.parsed(answer).select("#slug-fault").size());
  }

  @Test
  void anAgencyIsAddedAndConnectedWithOneButton() {
    Response begun = add(Map.of("name", "Console At Once", "then", "connect"));

    assertEquals(303, begun.statusCode());
    assertThat(begun.header("Location"), startsWith(active911.authorizeUrl().toString()));
    broker.admin().get("/agencies/console-at-once").then().statusCode(200);
  }

  @Test
  void anAgencyIsAddedAndItsOfficerInvitedWithOneButton() {
    Response answer = add(Map.of("name", "Console Invited", "then", "invite"));

    assertEquals(200, answer.statusCode());
    assertThat(Browser.parsed(answer).select("#link").val(), containsString("/connect/"));
  }

  @Test
  void anAgencyIsAddedAndAnImportBegunWithOneButton() {
    Document page = after(add(Map.of("name", "Console To Import", "then", "import")));

    assertEquals("Import a token", page.select("h1").text());
  }

  @Test
  void anotherShortNameIsSuggestedWhereOneIsTaken() {
    broker.createAgency("console-suggest");
    broker.createAgency("console-suggest-2");

    Response answer = add(Map.of("name", "Console Suggest"));

    assertThat(
        Browser.parsed(answer).select("#slug-fault").text(),
        containsString("Free is console-suggest-3."));
  }

  // --- Rebinding
  // ----------------------------------------------------------------------------------

  @Test
  void anAgencyIsBoundToAnotherWhoseIdIsKnown() {
    broker.createAgency("console-rebind");
    broker.connect("console-rebind", active911Id(63)).then().statusCode(303);
    String rebind = page("console-rebind") + "/rebind";

    Response begun =
        browser.submit(
            browser.page(rebind),
            rebind,
            Map.of("expected_active911_id", active911Id(64), "then", "connect"));

    assertEquals(303, begun.statusCode());
    try (ConsentBrowser atActive911 = new ConsentBrowser()) {
      result(atActive911.allow(URI.create(begun.header("Location")), active911Id(64)));
    }
    broker
        .admin()
        .get("/agencies/console-rebind")
        .then()
        .body("active911_agency.id", equalTo(active911Id(64)))
        .body("expected_active911_id", equalTo(active911Id(64)));
  }

  @Test
  void anAgencyIsBoundToAnotherWhoseIdIsNotKnownThroughItsCandidate() {
    broker.createAgency("console-rebind-candidate");
    broker.connect("console-rebind-candidate", active911Id(65)).then().statusCode(303);
    String rebind = page("console-rebind-candidate") + "/rebind";

    Response begun = browser.submit(browser.page(rebind), rebind, Map.of("then", "connect"));
    try (ConsentBrowser atActive911 = new ConsentBrowser()) {
      result(atActive911.allow(URI.create(begun.header("Location")), active911Id(66)));
    }

    broker
        .admin()
        .get("/agencies/console-rebind-candidate")
        .then()
        .body("active911_agency.id", equalTo(active911Id(65)))
        .body("candidate.active911_agency.id", equalTo(active911Id(66)));
  }

  @Test
  void anIdThatIsWrongIsSaidBesideTheField() {
    broker.createAgency("console-rebind-wrong");
    String rebind = page("console-rebind-wrong") + "/rebind";

    Response answer =
        browser.submit(
            browser.page(rebind),
            rebind,
            Map.of("expected_active911_id", "1".repeat(101), "then", "connect"));

    assertEquals(400, answer.statusCode());
    assertEquals(1, Browser.parsed(answer).select("#expected_active911_id-fault").size());
  }

  // --- Many at once
  // -------------------------------------------------------------------------------

  @Test
  void aTableIsShownFirstAndThenAdded() {
    broker.createAgency("console-table-taken");
    String table =
        """
        Slug;Name;Scope
        console-table-one;Table One;read_agency read_alert
        ;Table “Two”;
        console-table-taken;Taken;
        console-table-one;Twice;
        """;

    Response preview =
        browser.submit(
            browser.page("/console/new-agencies"),
            "/console/new-agencies/preview",
            Map.of("table", table));

    assertEquals(200, preview.statusCode());
    Document shown = Browser.parsed(preview);
    assertEquals(
        "2 can be added, 2 cannot. Nothing is stored yet.", shown.select("[role=status]").text());
    broker.admin().get("/agencies/console-table-one").then().statusCode(404);

    Document added = Browser.parsed(browser.submit(shown, "/console/new-agencies", Map.of()));

    assertEquals("2 added, 2 left out.", added.select("[role=status]").text());
    assertThat(
        added.select("td[data-label=Result]").eachText(),
        contains(
            equalTo("Added"),
            equalTo("Added"),
            containsString("already"),
            containsString("line above")));
    broker
        .admin()
        .get("/agencies/console-table-one")
        .then()
        .body("scope_requested", equalTo("read_agency read_alert"));
    broker.admin().get("/agencies/table-two").then().body("name", equalTo("Table “Two”"));
  }

  @Test
  void aTableThatIsNoneIsSaidBesideTheField() {
    Response answer =
        browser.submit(
            browser.page("/console/new-agencies"),
            "/console/new-agencies/preview",
            Map.of("table", "name,colour\nA,red"));

    assertEquals(400, answer.statusCode());
    Document page = Browser.parsed(answer);
    assertThat(page.select("#table-fault").text(), containsString("expected_active911_id"));
    assertThat(page.select("#table").val(), containsString("A,red"));
  }

  @Test
  void anAgencyThatIsThereIsNotOverwritten() {
    broker.createAgency("console-taken");

    Response answer = add(Map.of("name", "Console Taken"));

    assertEquals(409, answer.statusCode());
    Document page = Browser.parsed(answer);
    assertThat(page.select("#slug-fault").text(), containsString("already"));
    assertEquals("console-taken", page.select("#slug").val());
    broker.admin().get("/agencies/console-taken").then().body("name", equalTo("console-taken"));
  }

  // --- Settings
  // -----------------------------------------------------------------------------------

  @Test
  void theSettingsAreShownAndChanged() {
    broker
        .admin()
        .body(
            "{\"name\":\"Before\",\"scope\":\"read_agency special_scope\",\"contact\":\"a@b.example\"}")
        .put("/agencies/console-settings")
        .then()
        .statusCode(201);
    Document form = browser.page(page("console-settings") + "/settings");

    Document page =
        after(
            browser.submit(
                form,
                page("console-settings") + "/settings",
                Map.of("name", "After", "contact", "")));

    assertThat(notice(page), startsWith("The settings are saved."));
    broker
        .admin()
        .get("/agencies/console-settings")
        .then()
        .body("name", equalTo("After"))
        .body("scope_requested", equalTo("read_agency special_scope"))
        .body("contact", equalTo(null));
  }

  @Test
  void settingsThatAreWrongAreNotStored() {
    broker.createAgency("console-wrong-settings");
    Document form = browser.page(page("console-wrong-settings") + "/settings");

    Response answer =
        browser.submit(
            form,
            page("console-wrong-settings") + "/settings",
            Map.of("name", " ", "contact", "c"));

    assertEquals(400, answer.statusCode());
    assertEquals(1, Browser.parsed(answer).select("#name-fault").size());
    assertEquals("c", Browser.parsed(answer).select("#contact").val());
    broker.admin().get("/agencies/console-wrong-settings").then().body("contact", equalTo(null));
  }

  // --- Connecting
  // ---------------------------------------------------------------------------------

  /** Presses "Connect", consents at Active911 and comes back; returns the page after it. */
  private Document connect(String agency, String active911Id) {
    Response begun = press(agency, "authorize");
    assertEquals(303, begun.statusCode());
    try (ConsentBrowser active911Browser = new ConsentBrowser()) {
      return result(active911Browser.allow(URI.create(begun.header("Location")), active911Id));
    }
  }

  private Document result(URI callback) {
    Response answer = browser.get(callback.toString());
    assertEquals(303, answer.statusCode());
    return browser.page(URI.create(answer.header("Location")).getPath());
  }

  @Test
  void connectingLeadsToActive911AndBackToAPageThatSaysSo() {
    broker.createAgency("console-connect");

    Document result = connect("console-connect", active911Id(0));

    assertEquals("console-connect is connected", result.select("h1").text());
    assertEquals(1, result.select("article.good").size());
    Document page = browser.page(result.select("footer a").attr("href"));
    assertEquals("Connected", page.select(".heading .state").text());
    assertThat(main(page), containsString("id " + active911Id(0)));
    assertThat(page.select("button").eachText(), hasItem("Reconnect"));
  }

  @Test
  void aDeniedConsentDoesNotLookLikeSuccess() {
    broker.createAgency("console-denied");
    Response begun = press("console-denied", "authorize");

    Document result;
    try (ConsentBrowser active911Browser = new ConsentBrowser()) {
      result = result(active911Browser.deny(URI.create(begun.header("Location"))));
    }

    assertEquals("console-denied was not connected", result.select("h1").text());
    assertEquals(1, result.select("article.bad").size());
    assertThat(main(result), containsString("declined"));
  }

  @Test
  void aConsentOfAnotherAgencyWaitsOnThePageUntilItIsConfirmed() {
    createExpecting("console-confirm", "another");
    Document result = connect("console-confirm", active911Id(1));
    assertEquals(1, result.select("article.warn").size());
    Document page = browser.page(page("console-confirm"));
    assertThat(main(page), containsString("Is this the right agency?"));
    assertThat(main(page), containsString("Expected is the Active911 id another."));

    Document confirmed = after(browser.submit(page, waitingAction(page, "confirm"), Map.of()));

    assertThat(notice(confirmed), startsWith("Confirmed."));
    assertEquals("Connected", confirmed.select(".heading .state").text());
  }

  @Test
  void aConsentOfAnotherAgencyCanBeDiscarded() {
    createExpecting("console-discard", "another");
    connect("console-discard", active911Id(2));
    Document page = browser.page(page("console-discard"));
    String discard = waitingAction(page, "discard");

    Document discarded = after(browser.submit(page, discard, Map.of()));
    assertThat(notice(discarded), containsString("discarded"));
    assertEquals("Never connected", discarded.select(".heading .state").text());

    assertThat(
        notice(after(browser.submit(page, discard, Map.of()))), containsString("not waiting"));
  }

  private void createExpecting(String agency, String active911Id) {
    broker
        .admin()
        .body("{\"name\":\"" + agency + "\",\"expected_active911_id\":\"" + active911Id + "\"}")
        .put("/agencies/" + agency)
        .then()
        .statusCode(201);
  }

  private static String waitingAction(Document page, String decision) {
    return page.select("article.waiting form[action$=/" + decision + "]").attr("action");
  }

  // --- Refreshing and pausing
  // ---------------------------------------------------------------------

  @Test
  void refreshingSaysThatItWorked() {
    broker.createAgency("console-refresh");
    broker.connect("console-refresh", active911Id(3)).then().statusCode(303);

    Document page = after(press("console-refresh", "refresh"));

    assertThat(notice(page), startsWith("Refreshed."));
    assertEquals(1, active911.calls(CallKind.REFRESH, active911Id(3)));
  }

  @Test
  void refreshingWithoutAnswerSaysWhatIsWrong() {
    broker.createAgency("console-refresh-down");
    broker.connect("console-refresh-down", active911Id(4)).then().statusCode(303);
    Document before = browser.page(page("console-refresh-down"));
    active911.refuseConnections();

    Document page =
        after(browser.submit(before, page("console-refresh-down") + "/refresh", Map.of()));

    assertThat(notice(page), containsString("tries again by itself"));
    assertEquals("Connected, failing", page.select(".heading .state").text());
    assertThat(main(page), containsString("Active911 could not be reached, just now"));
  }

  @Test
  void aConsentThatIsGoneIsSaidAndListedFirst() {
    broker.createAgency("console-gone");
    broker.connect("console-gone", active911Id(5)).then().statusCode(303);
    active911.revokeConsent(active911Id(5));

    Document page = after(press("console-gone", "refresh"));

    assertThat(notice(page), containsString("Connect the agency again"));
    assertEquals("Consent gone", page.select(".heading .state").text());
    assertThat(
        browser.page("/console").select(".urgent > ul > li").eachText(),
        hasItem("console-gone console-gone The consent is gone: connect again"));
  }

  @Test
  void thereIsNothingToRefreshBeforeTheFirstConsent() {
    broker.createAgency("console-refresh-early");
    Document page = browser.page(page("console-refresh-early"));
    assertEquals(0, page.select("form[action$=/refresh]").size());

    Response answer =
        browser.post(
            page("console-refresh-early") + "/refresh",
            Map.of("csrf", page.select("input[name=csrf]").val()));

    assertThat(notice(after(answer)), containsString("connect the agency first"));
  }

  @Test
  void anAgencyIsPausedAndResumed() {
    broker.createAgency("console-pause");

    Document paused = after(press("console-pause", "pause"));
    assertEquals("Paused", paused.select(".heading .state").text());
    broker.admin().get("/agencies/console-pause").then().body("paused", equalTo(true));

    Document resumed = after(press("console-pause", "resume"));
    assertEquals("Never connected", resumed.select(".heading .state").text());
    broker.admin().get("/agencies/console-pause").then().body("paused", equalTo(false));
  }

  // --- Importing
  // ----------------------------------------------------------------------------------

  private Response importToken(String agency, String kind, String token) {
    return browser.submit(
        browser.page(page(agency) + "/import"),
        page(agency) + "/import",
        Map.of("kind", kind, "refresh_token", token));
  }

  @ParameterizedTest
  @ValueSource(strings = {"application", "personal"})
  void aTokenIsImported(String kind) {
    String agency = "console-import-" + kind;
    broker.createAgency(agency);
    String token =
        kind.equals("personal")
            ? active911.personalGrant(active911Id(6), READ_AGENCY).refreshToken()
            : active911.consent(active911Id(7), READ_AGENCY).refreshToken();

    Document page = after(importToken(agency, kind, "\n  " + token + " \n"));

    assertThat(notice(page), startsWith("The token works"));
    assertEquals("Connected", page.select(".heading .state").text());
  }

  @Test
  void aWholeAnswerIsTakenApartAndItsAgencyIsShown() {
    broker.createAgency("console-import-json");
    String token = active911.consent(active911Id(60), READ_AGENCY).refreshToken();

    Document page =
        after(
            browser.submit(
                browser.page(page("console-import-json") + "/import"),
                page("console-import-json") + "/import",
                Map.of(
                    "refresh_token",
                    "{\"token_type\":\"Bearer\",\"refresh_token\":\"" + token + "\"}",
                    "issued_on",
                    LocalDate.now(ZoneOffset.UTC).minusMonths(1).toString())));

    assertThat(notice(page), startsWith("The token works"));
    assertThat(main(page), containsString("You pasted a whole answer in JSON"));
    assertThat(main(page), containsString("id " + active911Id(60)));
    assertThat(page.html(), not(containsString(token)));
  }

  @Test
  void thePresentAccessTokenIsNotTakenForARefreshToken() {
    broker.createAgency("console-import-access");
    broker.connect("console-import-access", active911Id(62)).then().statusCode(303);
    String key = broker.createCaller("console-import-access", "console-import-access");
    String access = broker.bearer(key).get("/tokens/console-import-access").path("access_token");

    Response answer = importToken("console-import-access", "application", access);

    assertEquals(400, answer.statusCode());
    assertThat(
        Browser.parsed(answer).select("#refresh_token-fault").text(),
        containsString("present access token"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2020-01-01", "2999-01-01", "yesterday"})
  void aDateOutsideOfTheLastYearIsRefused(String date) {
    broker.admin().body("{\"name\":\"x\"}").put("/agencies/console-import-date");

    Response answer =
        browser.submit(
            browser.page(page("console-import-date") + "/import"),
            page("console-import-date") + "/import",
            Map.of("kind", "personal", "refresh_token", "token-1", "issued_on", date));

    assertEquals(400, answer.statusCode());
    assertThat(Browser.parsed(answer).select(".fault").eachAttr("id"), contains("issued_on-fault"));
  }

  @Test
  void aTokenThatActive911RefusesIsSaidBesideTheFieldAndNotShownAgain() {
    broker.createAgency("console-import-unknown");

    Response answer = importToken("console-import-unknown", "personal", "0123456789abcdef");

    assertEquals(422, answer.statusCode());
    Document page = Browser.parsed(answer);
    assertThat(page.select("#refresh_token-fault").text(), containsString("does not know"));
    assertEquals("personal", page.select("input[name=kind][checked]").val());
    assertThat(answer.body().asString(), not(containsString("0123456789abcdef")));
  }

  @ParameterizedTest
  @CsvSource({
    "'', token-1, kind-fault",
    "other, token-1, kind-fault",
    "personal, '', refresh_token-fault",
    "personal, two\u00a0tokens, refresh_token-fault"
  })
  void anImportThatCannotBeTriedCallsNobody(String kind, String token, String fault) {
    broker.admin().body("{\"name\":\"x\"}").put("/agencies/console-import-bad");
    long calls = active911.calls(CallKind.REFRESH);

    Response answer = importToken("console-import-bad", kind, token);

    assertEquals(400, answer.statusCode());
    assertThat(Browser.parsed(answer).select(".fault").eachAttr("id"), contains(fault));
    assertEquals(calls, active911.calls(CallKind.REFRESH));
  }

  @Test
  void aTokenThatAnotherAgencyHoldsIsNotTakenFromIt() {
    broker.createAgency("console-import-holder");
    broker.createAgency("console-import-other");
    active911.setRotation(active911Id(8), Rotation.SAME);
    String token = active911.consent(active911Id(8), READ_AGENCY).refreshToken();
    after(importToken("console-import-holder", "application", token));

    Response answer = importToken("console-import-other", "application", token);

    assertEquals(409, answer.statusCode());
    assertThat(
        Browser.parsed(answer).select("#refresh_token-fault").text(),
        containsString("console-import-holder"));
  }

  @Test
  void anImportForAnotherAgencyWaitsToBeConfirmed() {
    createExpecting("console-import-mismatch", "another");
    String token = active911.consent(active911Id(9), READ_AGENCY).refreshToken();

    Document page = after(importToken("console-import-mismatch", "application", token));

    assertThat(notice(page), containsString("another Active911 agency"));
    assertThat(main(page), containsString("Is this the right agency?"));
    Document confirmed = after(browser.submit(page, waitingAction(page, "confirm"), Map.of()));
    assertEquals("Connected", confirmed.select(".heading .state").text());
  }

  // --- Deleting
  // -----------------------------------------------------------------------------------

  @Test
  void anAgencyIsDeletedOnceItsNameIsTyped() {
    broker.createAgency("console-delete");
    broker.createCaller("console-delete-caller", "console-delete", "console-delete-2");
    Document form = browser.page(page("console-delete") + "/delete");

    Document list =
        after(
            browser.submit(
                form, page("console-delete") + "/delete", Map.of("slug", "console-delete")));

    assertThat(notice(list), startsWith("The agency is disconnected and deleted."));
    broker.admin().get("/agencies/console-delete").then().statusCode(404);
    broker
        .admin()
        .get("/callers")
        .then()
        .body(
            "items.find { it.caller == 'console-delete-caller' }.agencies",
            equalTo(List.of("console-delete-2")));
  }

  @Test
  void anAgencyIsNotDeletedUnderAnotherName() {
    broker.createAgency("console-keep");
    Document form = browser.page(page("console-keep") + "/delete");

    Response answer =
        browser.submit(form, page("console-keep") + "/delete", Map.of("slug", "console-kept"));

    assertEquals(400, answer.statusCode());
    assertEquals(1, Browser.parsed(answer).select("#slug-fault").size());
    broker.admin().get("/agencies/console-keep").then().statusCode(200);
  }

  // --- The list
  // -----------------------------------------------------------------------------------

  @Test
  void theListGoesOnOnTheNextPage() {
    for (int i = 0; i < 51; i++) {
      broker.createAgency("console-page-" + (100 + i));
    }

    Document page = browser.page("/console?after=console-page-0");
    assertEquals(50, page.select("tbody tr").size());
    Document next = browser.page(page.select("a[rel=next]").attr("href"));

    assertEquals("console-page-150", next.select("tbody tr .slug").eachText().getFirst());
  }

  @Test
  void theEndOfTheListIsNotAnEmptyBroker() {
    broker.createAgency("console-not-empty");

    assertThat(main(browser.page("/console?after=zzz")), containsString("The list ends here."));
  }

  @Test
  void aConsentThatEndsSoonNeedsAttention() throws SQLException {
    broker.createAgency("console-ending");
    broker.connect("console-ending", active911Id(10)).then().statusCode(303);
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          "update agency_grant set refresh_token_expires_at ="
              + " clock_timestamp() + interval '10 days 1 hour' where agency_id ="
              + " (select id from agency where slug = 'console-ending')");
    }

    assertThat(
        browser.page("/console").select(".urgent > ul > li").eachText(),
        hasItem("console-ending console-ending The consent ends in 10 days"));
  }

  // --- What others wrote
  // --------------------------------------------------------------------------

  @Test
  void namesAreTextWhateverTheyHold() {
    String name = "<img src=x onerror=alert(1)>\\\" onfocus=\\\"x & {name}";
    broker
        .admin()
        .body("{\"name\":\"" + name + "\",\"contact\":\"<b>c</b>\"}")
        .put("/agencies/console-escape")
        .then()
        .statusCode(201);

    for (String path : List.of("", "/settings", "/import", "/delete")) {
      Document page = browser.page(page("console-escape") + path);
      assertEquals(0, page.select("main img, main b, [onfocus], [onerror]").size(), path);
    }
    assertEquals(
        "<img src=x onerror=alert(1)>\" onfocus=\"x & {name}",
        browser.page(page("console-escape") + "/settings").select("#name").val());
    assertThat(
        browser.page(page("console-escape")).select("h1").text(),
        equalTo("<img src=x onerror=alert(1)>\" onfocus=\"x & {name}"));
  }

  // --- Forms
  // --------------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(
      strings = {
        "authorize",
        "refresh",
        "pause",
        "resume",
        "candidates/x/confirm",
        "candidates/x/discard",
        "settings",
        "import",
        "delete"
      })
  void aFormWithoutTheSessionsTokenDoesNothing(String form) {
    broker.admin().body("{\"name\":\"Unforged\"}").put("/agencies/console-csrf");
    Map<String, String> fields =
        Map.of(
            "csrf",
            Browser.signedIn().page("/console").select("input[name=csrf]").val(),
            "name",
            "Forged",
            "slug",
            "console-csrf");

    Response answer = browser.post(page("console-csrf") + "/" + form, fields);

    assertEquals(403, answer.statusCode());
    assertThat(main(Browser.parsed(answer)), containsString("reload the page"));
    broker
        .admin()
        .get("/agencies/console-csrf")
        .then()
        .statusCode(200)
        .body("name", equalTo("Unforged"))
        .body("paused", equalTo(false));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/console/new-agency", "/console/sign-out"})
  void neitherDoAnyOthers(String address) {
    assertEquals(403, browser.post(address, Map.of("name", "Forged FD")).statusCode());

    assertEquals(200, browser.get("/console").statusCode());
    broker.admin().get("/agencies/forged-fd").then().statusCode(404);
  }

  @Test
  void aFormOfWhoIsNotSignedInLeadsToTheSignInAndThenToTheAgency() {
    broker.createAgency("console-signed-out");

    Response answer = new Browser().post(page("console-signed-out") + "/pause", Map.of());

    assertEquals(303, answer.statusCode());
    assertThat(
        answer.header("Location"),
        endsWith("/console/sign-in?return_to=%2Fconsole%2Fagencies%2Fconsole-signed-out"));
    broker.admin().get("/agencies/console-signed-out").then().body("paused", equalTo(false));
  }
}
