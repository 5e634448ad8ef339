package org.tokenbroker.console;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.HashMap;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.NullMarked;
import org.tokenbroker.testing.BrokerTestResource;

/** A browser without JavaScript: keeps cookies, and sends forms as they stand on the page. */
@NullMarked
final class Browser {

  static final String SESSION = "console-session";

  private final Map<String, String> cookies = new HashMap<>();

  /** One that is signed in. */
  static Browser signedIn() {
    return signedIn(BrokerTestResource.ADMIN_KEY);
  }

  /** One that is signed in with this key. */
  static Browser signedIn(String key) {
    Browser browser = new Browser();
    Response answer = browser.signIn(key, "/console/sign-in");
    assertEquals(303, answer.statusCode());
    return browser;
  }

  Response signIn(String key, String address) {
    return submit(page(address), "/console/sign-in", Map.of("key", key));
  }

  /** The value of the session's cookie. */
  String session() {
    String session = cookies.get(SESSION);
    assertNotNull(session, "not signed in");
    return session;
  }

  Response get(String path) {
    return kept(request().urlEncodingEnabled(false).get(path));
  }

  /** The page at this address, which is there. */
  Document page(String path) {
    Response answer = get(path);
    assertEquals(200, answer.statusCode(), path);
    return parsed(answer);
  }

  static Document parsed(Response answer) {
    return Jsoup.parse(answer.body().asString());
  }

  /** Sends the page's form that leads to this address, some of its fields filled in. */
  Response submit(Document page, String action, Map<String, ?> filledIn) {
    Element form = page.selectFirst("form[method=post][action=" + action + "]");
    assertNotNull(form, "no form for " + action + " on the page");
    Map<String, Object> fields = new HashMap<>();
    for (Element field : form.select("input, textarea")) {
      boolean choice = field.attr("type").equals("checkbox") || field.attr("type").equals("radio");
      if (!field.hasAttr("disabled") && (!choice || field.hasAttr("checked"))) {
        fields.put(field.attr("name"), field.val());
      }
    }
    fields.putAll(filledIn);
    return post(action, fields);
  }

  /** Sends a form that is on no page. */
  Response post(String path, Map<String, ?> fields) {
    return kept(
        request()
            .contentType("application/x-www-form-urlencoded; charset=UTF-8")
            .formParams(fields)
            .post(path));
  }

  private RequestSpecification request() {
    return given().redirects().follow(false).cookies(cookies);
  }

  private Response kept(Response answer) {
    answer
        .getDetailedCookies()
        .forEach(
            cookie -> {
              if (cookie.getMaxAge() == 0) {
                cookies.remove(cookie.getName());
              } else {
                cookies.put(cookie.getName(), cookie.getValue());
              }
            });
    return answer;
  }
}
