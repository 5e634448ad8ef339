package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

@NullMarked
class PageHeadersTest {

  private static final URI AUTHORIZE =
      URI.create("https://access.example/interface/open_api/authorize_agency.php");
  private static final URI ELSEWHERE = URI.create("https://console.example:8443/dev/api.php");

  private static Map<String, String> headers(String publicUrl, URI console) {
    return PageHeaders.headers(URI.create(publicUrl), AUTHORIZE, console);
  }

  @Test
  void formsMayLeadToActive911AndNowhereElse() {
    assertEquals(
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self';"
            + " img-src 'self' data:; form-action 'self'"
            + " https://access.example https://console.example:8443;"
            + " frame-ancestors 'none'; base-uri 'none'",
        headers("http://localhost:8080", ELSEWHERE).get("Content-Security-Policy"));
  }

  @Test
  void oneOriginIsNamedOnce() {
    assertEquals(
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self';"
            + " img-src 'self' data:; form-action 'self'"
            + " https://access.example; frame-ancestors 'none'; base-uri 'none'",
        headers("http://localhost:8080", AUTHORIZE).get("Content-Security-Policy"));
  }

  @Test
  void overHttpsBrowsersAreToldToStayThere() {
    assertEquals(
        "max-age=31536000",
        headers("https://broker.example", ELSEWHERE).get("Strict-Transport-Security"));
  }
}
