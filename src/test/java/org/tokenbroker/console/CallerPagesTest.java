package org.tokenbroker.console;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** What an admin does with callers in the console. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class CallerPagesTest {

  private BrokerClient broker;
  private Browser browser;

  @BeforeEach
  void signIn() {
    broker = BrokerClient.ofTheTest();
    browser = Browser.signedIn();
  }

  private static String page(String caller) {
    return "/console/callers/" + caller;
  }

  /** Follows the 303 after a form to the page that says what became of it. */
  private Document after(Response answer) {
    assertEquals(303, answer.statusCode(), answer.body().asString());
    String location = answer.header("Location");
    return browser.page(location.substring(location.indexOf("/console")));
  }

  private static String notice(Document page) {
    return page.select("main p[role=status]").text();
  }

  private List<String> granted(String caller) {
    return broker
        .admin()
        .get("/callers")
        .then()
        .extract()
        .path("items.find { it.caller == '" + caller + "' }.agencies");
  }

  private Response add(Map<String, ?> fields) {
    return browser.submit(browser.page("/console/new-caller"), "/console/new-caller", fields);
  }

  private Response makeKey(String caller) {
    return browser.submit(
        browser.page(page(caller)), page(caller) + "/keys", Map.of("life", "365"));
  }

  @Test
  void aCallerIsAddedWithItsGrants() {
    Document page =
        after(
            add(
                Map.of(
                    "name",
                    "page-added",
                    "agencies",
                    "one-fd, two-fd\n three-fd",
                    "issuer",
                    "https://idp.example.com",
                    "subject",
                    "board")));

    assertThat(notice(page), startsWith("The caller is added."));
    assertThat(granted("page-added"), containsInAnyOrder("one-fd", "two-fd", "three-fd"));
    assertThat(page.select("main").text(), containsString("board of https://idp.example.com"));
    assertEquals(3, page.select(".slugs small").size(), "none of these agencies is there");
    Element row =
        browser.page("/console/callers").selectFirst("a[href=" + page("page-added") + "]");
    assertNotNull(row);
  }

  @Test
  void whatIsWrongIsSaidBesideTheFieldAndWhatWasTypedIsKept() {
    Response answer =
        add(
            Map.of(
                "name",
                "Not A Name",
                "agencies",
                "one-fd Two_FD",
                "subject",
                "board",
                "certificate_subject",
                "no name"));

    assertEquals(400, answer.statusCode());
    Document page = Browser.parsed(answer);
    assertThat(
        page.select(".fault").eachAttr("id"),
        contains("name-fault", "agencies-fault", "issuer-fault", "certificate_subject-fault"));
    for (Element fault : page.select(".fault")) {
      assertNotNull(page.selectFirst("[aria-describedby~=\\b" + fault.id() + "\\b]"), fault.id());
    }
    assertThat(page.select("#agencies-fault").text(), startsWith("“Two_FD” is no short name"));
    assertEquals("one-fd Two_FD", page.select("#agencies").val());
  }

  @Test
  void aCallerThatIsThereIsNotOverwritten() {
    broker.createCaller("page-taken", "kept-fd");

    Response answer = add(Map.of("name", "page-taken", "agencies", "other-fd"));

    assertEquals(409, answer.statusCode());
    assertThat(Browser.parsed(answer).select("#name-fault").text(), containsString("already"));
    assertEquals(List.of("kept-fd"), granted("page-taken"));
  }

  @Test
  void twoCallersCannotProveThemselvesAlike() {
    Map<String, String> proof =
        Map.of("issuer", "https://alike.example.com", "subject", "same-subject");
    broker
        .admin()
        .body(
            "{\"agencies\":[],\"issuer\":\"https://alike.example.com\",\"subject\":\"same-subject\"}")
        .put("/callers/page-first-alike")
        .then()
        .statusCode(201);
    broker.createCaller("page-second-alike", "second-alike-fd");

    Response added =
        add(
            Map.of(
                "name",
                "page-third-alike",
                "issuer",
                "https://alike.example.com",
                "subject",
                "same-subject"));
    Response saved =
        browser.submit(
            browser.page(page("page-second-alike") + "/settings"),
            page("page-second-alike") + "/settings",
            proof);

    for (Response answer : List.of(added, saved)) {
      assertEquals(409, answer.statusCode());
      assertThat(
          Browser.parsed(answer).select("#subject-fault").text(),
          containsString("page-first-alike"));
    }
    assertEquals(404, browser.get(page("page-third-alike")).statusCode());
  }

  @Test
  void grantsAreEdited() {
    broker.createCaller("page-edited", "before-fd", "stays-fd");
    Document form = browser.page(page("page-edited") + "/settings");
    assertEquals("before-fd\nstays-fd", form.select("#agencies").val());

    Document page =
        after(
            browser.submit(
                form, page("page-edited") + "/settings", Map.of("agencies", "stays-fd\nnew-fd")));

    assertThat(notice(page), startsWith("The caller is saved."));
    assertThat(granted("page-edited"), containsInAnyOrder("stays-fd", "new-fd"));
  }

  @Test
  void allAgenciesCanBeGranted() {
    broker.createCaller("page-all", "before-fd");

    Document page =
        after(
            browser.submit(
                browser.page(page("page-all") + "/settings"),
                page("page-all") + "/settings",
                Map.of("all", "true")));

    assertEquals(List.of("*"), granted("page-all"));
    assertThat(page.select("main").text(), containsString("All agencies, also those"));
    Document form = browser.page(page("page-all") + "/settings");
    assertEquals(1, form.select("input[name=all][checked]").size());
  }

  @Test
  void aKeyIsShownOnceWithALineThatTriesItOut() {
    broker.createAgency("page-key-fd");
    broker.createCaller("page-key", "page-key-fd");

    Response answer = makeKey("page-key");

    assertEquals(200, answer.statusCode());
    Document page = Browser.parsed(answer);
    String key = page.select("#new-key").text();
    assertEquals(
        "/tokens/page-key-fd",
        page.select("#new-key-curl").text().replaceAll(".*(/tokens/[^']*)'$", "$1"));
    assertThat(page.select("#new-key-curl").text(), containsString("Bearer " + key));
    assertEquals(2, page.select("button[data-copy][hidden]").size(), "it needs the script");
    assertEquals(409, broker.bearer(key).get("/tokens/page-key-fd").statusCode(), "not connected");
    Document later = browser.page(page("page-key"));
    assertThat(later.html(), not(containsString(key)));
    assertThat(later.select("main").text(), containsString(key.split("_", -1)[1]));
  }

  @Test
  void theLastUseOfAKeyIsShown() {
    String key = broker.createCaller("page-used", "used-fd");
    broker.bearer(key).get("/tokens").then().statusCode(200);

    Document page = browser.page(page("page-used"));

    assertThat(page.select("td[data-label=Last used]").text(), endsWith("just now"));
  }

  @Test
  void aKeyIsRevokedAfterAQuestion() {
    String key = broker.createCaller("page-revoked", "revoked-fd");
    Document page = browser.page(page("page-revoked"));
    String question = page.select("td[data-label=Revoke] a").attr("href");

    Document after = after(browser.submit(browser.page(question), question, Map.of()));

    assertThat(notice(after), startsWith("The key is revoked."));
    assertEquals(401, broker.bearer(key).get("/tokens").statusCode());
    assertThat(after.select("main").text(), containsString("This caller has no key."));
  }

  @Test
  void aCallerIsDeletedOnlyWhenItsNameIsTyped() {
    String key = broker.createCaller("page-deleted", "deleted-fd");
    String form = page("page-deleted") + "/delete";

    Response mistyped = browser.submit(browser.page(form), form, Map.of("name", "page-delete"));

    assertEquals(400, mistyped.statusCode());
    assertEquals(1, Browser.parsed(mistyped).select("#name-fault").size());
    assertEquals(200, broker.bearer(key).get("/tokens").statusCode());

    Document after =
        after(browser.submit(browser.page(form), form, Map.of("name", " page-deleted ")));

    assertThat(notice(after), startsWith("The caller is deleted."));
    assertEquals(401, broker.bearer(key).get("/tokens").statusCode());
  }

  @Test
  void aViewerSeesNoButtons() {
    broker.createCaller("page-viewed", "viewed-fd");
    Browser viewer = Browser.signedIn(broker.createAdmin("views-callers", "viewer"));

    Document page = viewer.page(page("page-viewed"));
    Document list = viewer.page("/console/callers");

    assertEquals(0, page.select("main form, main a[href*=settings], main a[href*=delete]").size());
    assertEquals(0, page.select("main a[href*=revoke]").size());
    assertEquals(0, list.select("main a[role=button]").size());
    assertEquals("views-callers viewer", page.select("header .who").text());
  }
}
