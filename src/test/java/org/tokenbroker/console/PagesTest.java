package org.tokenbroker.console;

import static io.restassured.RestAssured.given;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.restassured.response.Response;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerTest;

/** What all pages have in common. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class PagesTest {

  Simulator active911;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/console",
        "/console/sign-in",
        "/console/nothing-here",
        "/console/agencies/No_Such",
        "/callback",
        "/callback/result/unknown",
        "/connect/unknown"
      })
  void everyPageProtectsWhoLooksAtIt(String path) {
    Browser.signedIn()
        .get(path)
        .then()
        .header(
            "Content-Security-Policy",
            equalTo(
                "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self';"
                    + " img-src 'self' data:; form-action 'self'"
                    + " "
                    + active911.origin()
                    + "; frame-ancestors 'none'; base-uri 'none'"))
        .header("Referrer-Policy", "no-referrer")
        .header("X-Content-Type-Options", "nosniff")
        .header("Cache-Control", "no-store")
        .header("Strict-Transport-Security", nullValue());
  }

  @Test
  void programsAreNotTroubledWithIt() {
    given().get("/agencies").then().statusCode(401).header("Content-Security-Policy", nullValue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/console/sign-in",
        "/console",
        "/console/new-agency",
        "/console/callers",
        "/console/new-caller",
        "/console/admins",
        "/console/new-admin",
        "/console/audit",
        "/console/system"
      })
  void everythingAPageLoadsIsThereAndOurs(String path) {
    Document page = Browser.signedIn().page(path.equals("/console/sign-in") ? "/console" : path);
    if (path.equals("/console/sign-in")) {
      page = new Browser().page(path);
    }

    for (Element link : page.select("link[href]")) {
      assertThat(link.attr("href"), startsWith("/"));
      Response asset = given().get(link.attr("href"));
      assertEquals(200, asset.statusCode(), link.attr("href"));
    }
    for (Element script : page.select("script")) {
      assertThat(script.attr("src"), startsWith("/assets/"));
      assertEquals(200, given().get(script.attr("src")).statusCode(), script.attr("src"));
    }
    assertFalse(page.html().contains("style="), "an inline style is refused by the policy");
    assertEquals(0, page.select("script:not([src]), style, [onclick]").size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/console/nothing-here",
        "/console/agencies/no-such-fd",
        "/console/agencies/No_Such",
        "/console/agencies/no%00such",
        "/console/agencies/no-such-fd/settings",
        "/console/agencies/no-such-fd/import",
        "/console/agencies/no-such-fd/delete",
        "/console/callers/no-such-caller",
        "/console/callers/No_Such",
        "/console/callers/no-such-caller/delete",
        "/console/admins/no-such-admin",
        "/callback/result/unknown"
      })
  void whatIsNotThereIsSaidOnAPage(String path) {
    Response answer = Browser.signedIn().get(path);

    assertEquals(404, answer.statusCode());
    assertThat(answer.contentType(), startsWith("text/html"));
    assertEquals("To the console", Browser.parsed(answer).select("main a").text());
  }

  @Test
  void aFormAddressCannotBeLookedAt() {
    Response answer = Browser.signedIn().get("/console/agencies/some-fd/pause");

    assertEquals(405, answer.statusCode());
    assertThat(answer.contentType(), startsWith("text/html"));
  }

  @Test
  void anUnknownCallbackIsAPageThatSaysWhatToDo() {
    Response answer = new Browser().get("/callback?code=c&state=s");

    assertEquals(400, answer.statusCode());
    assertThat(Browser.parsed(answer).select("main").text(), containsString("connect again"));
  }
}
