package org.tokenbroker.console;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.response.Response;
import java.util.Map;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** What an admin does with admins in the console, and what nobody does to themselves. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class AdminPagesTest {

  private BrokerClient broker;
  private Browser browser;

  @BeforeEach
  void signIn() {
    broker = BrokerClient.ofTheTest();
    browser = Browser.signedIn();
  }

  private static String page(String admin) {
    return "/console/admins/" + admin;
  }

  private static Document after(Browser browser, Response answer) {
    assertEquals(303, answer.statusCode(), answer.body().asString());
    String location = answer.header("Location");
    return browser.page(location.substring(location.indexOf("/console")));
  }

  private static String notice(Document page) {
    return page.select("main p[role=status]").text();
  }

  private String role(String admin) {
    return broker
        .admin()
        .get("/admins")
        .then()
        .extract()
        .path("items.find { it.name == '" + admin + "' }.role");
  }

  private Response add(Map<String, ?> fields) {
    return browser.submit(browser.page("/console/new-admin"), "/console/new-admin", fields);
  }

  @Test
  void anAdminIsAddedAndGetsAKeyThatIsShownOnce() {
    Document added = after(browser, add(Map.of("name", "page-admin-added", "role", "operator")));
    assertThat(notice(added), startsWith("The admin is added."));
    assertEquals("operator", role("page-admin-added"));

    Response answer =
        browser.submit(added, page("page-admin-added") + "/keys", Map.of("life", "never"));

    String key = Browser.parsed(answer).select("#new-key").text();
    Document page = Browser.signedIn(key).page("/console");
    assertEquals("page-admin-added operator", page.select("header .who").text());
    assertThat(browser.page(page("page-admin-added")).html(), not(containsString(key)));
  }

  @Test
  void whatIsWrongIsSaidBesideTheField() {
    Response answer = add(Map.of("name", "Not A Name", "role", "owner"));
    Response taken = add(Map.of("name", "bootstrap", "role", "viewer"));

    assertEquals(400, answer.statusCode());
    assertEquals(2, Browser.parsed(answer).select("#name-fault, #role-fault").size());
    assertEquals(409, taken.statusCode());
    assertEquals(1, Browser.parsed(taken).select("#name-fault").size());
  }

  @Test
  void anAdminThatIsThereKeepsItsRole() {
    broker.createAdmin("page-admin-taken", "viewer");

    Response answer = add(Map.of("name", "page-admin-taken", "role", "admin"));

    assertEquals(409, answer.statusCode());
    assertEquals("viewer", role("page-admin-taken"));
  }

  @Test
  void aRoleIsChanged() {
    broker.createAdmin("page-admin-promoted", "viewer");

    Document page =
        after(
            browser,
            browser.submit(
                browser.page(page("page-admin-promoted")),
                page("page-admin-promoted") + "/role",
                Map.of("role", "admin")));

    assertThat(notice(page), startsWith("The role is changed."));
    assertEquals("admin", role("page-admin-promoted"));
  }

  @Test
  void aKeyIsRevokedAfterAQuestionAndItsSessionsAreOver() {
    Browser other = Browser.signedIn(broker.createAdmin("page-admin-revoked", "viewer"));
    String question =
        browser.page(page("page-admin-revoked")).select("td[data-label=Revoke] a").attr("href");

    Document page = after(browser, browser.submit(browser.page(question), question, Map.of()));

    assertThat(notice(page), startsWith("The key is revoked."));
    assertEquals(303, other.get("/console").statusCode());
  }

  @Test
  void nobodyTakesAwayTheirOwnLastWayIn() {
    String name = "page-admin-self";
    Browser self = Browser.signedIn(broker.createAdmin(name, "admin"));
    String question = self.page(page(name)).select("td[data-label=Revoke] a").attr("href");
    String deletion = page(name) + "/delete";

    Response demotion =
        self.submit(self.page(page(name)), page(name) + "/role", Map.of("role", "viewer"));
    Document revocation = after(self, self.submit(self.page(question), question, Map.of()));
    Response end = self.submit(self.page(deletion), deletion, Map.of("name", name));

    assertEquals(409, demotion.statusCode());
    assertThat(notice(revocation), containsString("your last valid key"));
    assertEquals(409, end.statusCode());
    assertEquals("admin", role(name));
    assertEquals(200, self.get("/console").statusCode());
  }

  @Test
  void anAdminIsDeletedOnlyWhenTheNameIsTyped() {
    broker.createAdmin("page-admin-deleted", "viewer");
    String form = page("page-admin-deleted") + "/delete";

    Response mistyped = browser.submit(browser.page(form), form, Map.of("name", "another"));
    Document page =
        after(
            browser,
            browser.submit(browser.page(form), form, Map.of("name", "page-admin-deleted")));

    assertEquals(400, mistyped.statusCode());
    assertThat(notice(page), startsWith("The admin is deleted."));
    assertEquals(404, browser.get(page("page-admin-deleted")).statusCode());
  }

  @Test
  void theConfigurationsAdminIsNotChangedHere() {
    Document page = browser.page(page("bootstrap"));

    assertEquals(0, page.select("main form").size());
    assertEquals(409, browser.get(page("bootstrap") + "/delete").statusCode());
  }
}
