package org.tokenbroker.console;

import static io.restassured.RestAssured.given;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jose4j.jwt.JwtClaims;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.TestIssuer;
import org.tokenbroker.testing.TestIssuers;
import org.tokenbroker.testing.TestTable;

/** Signing in to the console at the company's identity provider. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class ProviderSignInTest {

  TestIssuers issuers;
  @Inject TestTable tables;

  private static URI begin(Browser browser, String returnTo) {
    Response answer = browser.get("/console/sign-in/oidc?return_to=" + returnTo);
    assertEquals(303, answer.statusCode());
    return URI.create(answer.header("Location"));
  }

  private static Response comeBack(Browser browser, URI callback) {
    return browser.get(callback.getRawPath() + "?" + callback.getRawQuery());
  }

  private Response signIn(Browser browser, String subject, String... roles) {
    return comeBack(
        browser, issuers.company().signIn(begin(browser, "/console"), subject, List.of(roles)));
  }

  @Test
  void thePageOffersIt() {
    assertEquals(
        "/console/sign-in/oidc?return_to=%2Fconsole%2Fagencies%2Fsome-fd",
        new Browser()
            .page("/console/sign-in?return_to=/console/agencies/some-fd")
            .select("main a[role=button]")
            .attr("href"));
  }

  @Test
  void theRequestIsWhatRfc7636AndOpenIdConnectWantOfIt() {
    String location = begin(new Browser(), "/console").toString();

    assertThat(
        location,
        allOf(
            startsWith(issuers.company().url() + "/authorize?"),
            containsString("response_type=code"),
            containsString("client_id=" + TestIssuer.CLIENT_ID),
            containsString("scope=openid"),
            containsString("code_challenge_method=S256"),
            containsString("nonce="),
            containsString("state=")));
    assertThat(location, not(containsString(TestIssuer.CLIENT_SECRET)));
  }

  @Test
  void whoComesBackIsSignedInAndLedToWhereTheyWanted() {
    Browser browser = new Browser();
    URI callback =
        issuers
            .company()
            .signIn(begin(browser, "/console/new-agency"), "alice", List.of("token-broker-admin"));

    Response answer = comeBack(browser, callback);

    assertEquals(303, answer.statusCode());
    assertThat(answer.header("Location"), endsWith("/console/new-agency"));
    assertEquals(200, browser.get("/console/new-agency").statusCode());
  }

  @Test
  void nothingOfTheProvidersIsKeptInTheBrowser() {
    Browser browser = new Browser();
    Response begun = browser.get("/console/sign-in/oidc");
    URI callback =
        issuers
            .company()
            .signIn(URI.create(begun.header("Location")), "bob", List.of("token-broker-viewer"));

    Response answer = comeBack(browser, callback);

    for (String cookie : begun.headers().getValues("Set-Cookie")) {
      assertThat(cookie.toLowerCase(Locale.ROOT), containsString("httponly"));
      assertThat(cookie, containsString("SameSite=Lax"));
    }
    for (String cookie : answer.headers().getValues("Set-Cookie")) {
      assertThat(cookie, not(startsWith("q_session")));
    }
    assertEquals(43, answer.cookie(Browser.SESSION).length());
  }

  @ParameterizedTest
  @ValueSource(strings = {"viewer", "operator", "admin"})
  void theRoleIsTheClaims(String role) {
    Browser browser = new Browser();

    assertEquals(
        303, signIn(browser, "carol", "something-else", "token-broker-" + role).statusCode());

    assertEquals(200, browser.get("/console").statusCode());
    assertEquals(role.equals("admin") ? 200 : 403, browser.get("/console/new-agency").statusCode());
    String name =
        tables.text(
            "select admin || ' ' || lower(role) from console_session where id_hash = ?",
            Secret.of(browser.session()).sha256());
    assertEquals("oidc:carol@example.org (carol) " + role, name);
  }

  @Test
  void ofSeveralRolesTheGreatestCounts() {
    Browser browser = new Browser();

    signIn(browser, "dave", "token-broker-viewer", "token-broker-admin");

    assertEquals(200, browser.get("/console/new-agency").statusCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"admin", "token-broker-", "token-broker-ADMIN", "x-token-broker-admin"})
  void whoHasNoRoleHereIsToldSo(String role) {
    Browser browser = new Browser();

    Response answer = signIn(browser, "<b>eve</b>", role);

    assertEquals(403, answer.statusCode());
    assertNull(answer.cookie(Browser.SESSION));
    assertThat(
        Browser.parsed(answer).select("main").text(),
        containsString("your identity provider as oidc:<b>eve</b>@example.org (<b>eve</b>),"));
  }

  @Test
  void aCodeIsOfNoUseInAnotherBrowser() {
    URI callback =
        issuers
            .company()
            .signIn(begin(new Browser(), "/console"), "mallory", List.of("token-broker-admin"));

    Response without = comeBack(new Browser(), callback);
    Browser victim = new Browser();
    begin(victim, "/console");
    Response with = comeBack(victim, callback);

    assertNull(without.cookie(Browser.SESSION));
    assertNull(with.cookie(Browser.SESSION));
  }

  @Test
  void aCodeThatTheProviderDoesNotTakeSignsNobodyIn() {
    Browser browser = new Browser();
    URI callback =
        issuers
            .company()
            .signIn(begin(browser, "/console"), "frank", List.of("token-broker-admin"));

    Response answer =
        browser.get(
            callback.getRawPath() + "?" + callback.getRawQuery().replace("code=", "code=x"));

    assertEquals(400, answer.statusCode());
    assertNull(answer.cookie(Browser.SESSION));
  }

  @Test
  void whatTheProviderSaysOfAFailureIsNotShown() {
    Browser browser = new Browser();
    URI callback = issuers.company().signIn(begin(browser, "/console"), "grace", List.of("none"));
    String state = callback.getRawQuery().substring(callback.getRawQuery().indexOf("state="));

    Response answer =
        browser.get(
            callback.getRawPath()
                + "?error=access_denied&error_description=words-of-the-provider&"
                + state);

    assertEquals(400, answer.statusCode());
    assertThat(answer.body().asString(), not(containsString("words-of-the-provider")));
  }

  @Test
  void itLeadsNowhereElse() {
    Browser browser = new Browser();
    URI callback =
        issuers
            .company()
            .signIn(
                begin(browser, "https://elsewhere.example/"),
                "heidi",
                List.of("token-broker-viewer"));

    assertThat(comeBack(browser, callback).header("Location"), endsWith("/console"));
  }

  @Test
  void signingOutEndsTheSession() {
    Browser browser = new Browser();
    signIn(browser, "ivan", "token-broker-viewer");
    String session = browser.session();

    browser.submit(browser.page("/console"), "/console/sign-out", Map.of());

    given()
        .redirects()
        .follow(false)
        .cookie(Browser.SESSION, session)
        .get("/console")
        .then()
        .statusCode(303);
  }

  @Test
  void aTokenForTheConsoleProvesNoCaller() {
    JwtClaims claims = issuers.company().claims("judy");
    claims.setAudience(TestIssuer.CLIENT_ID);

    given()
        .header("Authorization", "Bearer " + issuers.company().sign(claims))
        .get("/tokens")
        .then()
        .statusCode(401);
  }
}
