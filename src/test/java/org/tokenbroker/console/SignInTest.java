package org.tokenbroker.console;

import static io.restassured.RestAssured.given;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import javax.sql.DataSource;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;

@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class SignInTest {

  @Inject DataSource dataSource;
  @Inject Sessions sessions;

  @Test
  void theRootLeadsToTheConsole() {
    given()
        .redirects()
        .follow(false)
        .get("/")
        .then()
        .statusCode(302)
        .header("Location", endsWith("/console"));
  }

  @Test
  void whoIsNotSignedInIsLedToTheSignInAndBack() {
    Browser browser = new Browser();
    Response answer = browser.get("/console/agencies/some-fd?notice=paused");
    assertEquals(303, answer.statusCode());

    Response signedIn =
        browser.signIn(BrokerTestResource.ADMIN_KEY, pathOf(answer.header("Location")));

    assertEquals(303, signedIn.statusCode());
    assertThat(signedIn.header("Location"), endsWith("/console/agencies/some-fd?notice=paused"));
  }

  private static String pathOf(String location) {
    return location.substring(location.indexOf("/console/sign-in"));
  }

  @Test
  void theSessionsCookieCannotBeReadByScriptsNorSentByOtherSites() {
    Browser browser = new Browser();

    Response answer = browser.signIn(BrokerTestResource.ADMIN_KEY, "/console/sign-in");

    assertThat(
        answer.headers().getValues("Set-Cookie").toString(),
        allOf(
            containsString(Browser.SESSION + "="),
            containsString("HttpOnly"),
            containsString("SameSite=Strict"),
            containsString("Path=/")));
    assertEquals(43, answer.cookie(Browser.SESSION).length());
  }

  @Test
  void aWrongKeyIsSaidBesideTheFieldAndNotShownAgain() {
    Browser browser = new Browser();

    Response answer = browser.signIn("a-wrong-key-of-some-length-0123456789", "/console/sign-in");

    assertEquals(400, answer.statusCode());
    Document page = Browser.parsed(answer);
    assertEquals("This is not a valid admin key.", page.select("#key-fault").text());
    assertThat(page.select("#key").attr("aria-describedby"), containsString("key-fault"));
    assertThat(answer.body().asString(), not(containsString("a-wrong-key")));
    assertNull(answer.cookie(Browser.SESSION));
  }

  @Test
  void aSignInFormWithoutItsCookieDoesNothing() {
    Browser victim = new Browser();
    String token = victim.page("/console/sign-in").select("input[name=csrf]").val();

    Response answer =
        new Browser()
            .post("/console/sign-in", Map.of("csrf", token, "key", BrokerTestResource.ADMIN_KEY));

    assertEquals(403, answer.statusCode());
    assertNull(answer.cookie(Browser.SESSION));
  }

  @Test
  void twoTabsCanBothSignIn() {
    Browser browser = new Browser();
    Document first = browser.page("/console/sign-in");
    browser.page("/console/sign-in");

    Response answer =
        browser.submit(first, "/console/sign-in", Map.of("key", BrokerTestResource.ADMIN_KEY));

    assertEquals(303, answer.statusCode());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://elsewhere.example/console",
        "//elsewhere.example/console",
        "/console@elsewhere.example",
        "/tokens",
        "/console/../tokens",
        "/console/%2e%2e/tokens",
        "/console//elsewhere.example",
        "/console/sign-out"
      })
  void signingInLeadsNowhereElse(String wanted) {
    Browser browser = new Browser();
    Document page = browser.page("/console/sign-in");

    Response answer =
        browser.submit(
            page,
            "/console/sign-in",
            Map.of("key", BrokerTestResource.ADMIN_KEY, "return_to", wanted));

    assertThat(answer.header("Location"), endsWith("/console"));
  }

  @Test
  void signingOutEndsTheSession() {
    Browser browser = Browser.signedIn();
    String cookie = browser.session();

    Response answer = browser.submit(browser.page("/console"), "/console/sign-out", Map.of());

    assertEquals(303, answer.statusCode());
    assertEquals(0, answer.detailedCookie(Browser.SESSION).getMaxAge());
    assertSignedOut(cookie);
  }

  @Test
  void signingInAgainEndsTheFormerSession() {
    Browser browser = new Browser();
    Document form = browser.page("/console/sign-in");
    browser.submit(form, "/console/sign-in", Map.of("key", BrokerTestResource.ADMIN_KEY));
    String former = browser.session();

    browser.submit(form, "/console/sign-in", Map.of("key", BrokerTestResource.ADMIN_KEY));

    assertNotEquals(former, browser.session());
    assertSignedOut(former);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "last_seen = clock_timestamp() - interval '31 minutes'",
        "created_at = clock_timestamp() - interval '481 minutes'",
        "key_hash = sha256('a key that was rolled')"
      })
  void aSessionEnds(String change) throws SQLException {
    Browser browser = Browser.signedIn();
    String cookie = browser.session();

    change(cookie, change);

    assertSignedOut(cookie);
  }

  @Test
  void aSessionThatIsUsedLives() throws SQLException {
    Browser browser = Browser.signedIn();
    change(
        browser.session(),
        "last_seen = clock_timestamp() - interval '29 minutes',"
            + " created_at = clock_timestamp() - interval '479 minutes'");

    assertEquals(200, browser.get("/console").statusCode());
  }

  @Test
  void sessionsThatEndedAreErasedAndOthersAreNot() throws SQLException {
    Browser ended = Browser.signedIn();
    Browser living = Browser.signedIn();
    change(ended.session(), "last_seen = clock_timestamp() - interval '31 minutes'");

    sessions.expire();

    assertEquals(0, change(ended.session(), "admin = admin"));
    assertEquals(1, change(living.session(), "admin = admin"));
  }

  @Test
  void ofTheCookieOnlyTheHashIsStored() throws SQLException {
    Browser browser = Browser.signedIn();

    assertEquals(1, change(browser.session(), "admin = admin"));
  }

  /** Returns how many sessions were stored under this cookie's hash. */
  private int change(String cookie, String change) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update console_session set " + change + " where id_hash = ?")) {
      statement.setBytes(1, Secret.of(cookie).sha256());
      return statement.executeUpdate();
    }
  }

  private static void assertSignedOut(String cookie) {
    given()
        .redirects()
        .follow(false)
        .cookie(Browser.SESSION, cookie)
        .get("/console")
        .then()
        .statusCode(303)
        .header("Location", containsString("/console/sign-in"));
  }

  @Test
  void aLinkOnAnotherSiteGoesOnFromAPageOfOurs() {
    String page =
        given()
            .header("Sec-Fetch-Site", "cross-site")
            .get("/console/agencies/linked-fd")
            .then()
            .statusCode(200)
            .extract()
            .asString();

    assertEquals(
        "0; url=/console/agencies/linked-fd",
        Jsoup.parse(page).select("meta[http-equiv=refresh]").attr("content"));
  }
}
