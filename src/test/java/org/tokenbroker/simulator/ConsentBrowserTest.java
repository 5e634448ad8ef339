package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import org.junit.jupiter.api.Test;

class ConsentBrowserTest extends SimulatorTest {

  private URI request(String query) {
    return URI.create(simulator.authorizeUrl() + "?" + query);
  }

  @Test
  void itAllowsAsAPersonWould() throws Exception {
    try (ConsentBrowser browser = new ConsentBrowser()) {
      URI callback = browser.allow(request(TestClient.form(TestClient.authorization())), "125");

      String code = String.valueOf(Form.parse(callback.getRawQuery()).value("code"));
      String accessToken = client.token(TestClient.exchange(code)).text("access_token");
      assertEquals("125", client.api(accessToken).json().at("/message/agency/id").asText());
    }
  }

  @Test
  void itDeniesAsAPersonWould() {
    try (ConsentBrowser browser = new ConsentBrowser()) {
      URI callback = browser.deny(request(TestClient.form(TestClient.authorization())));

      assertTrue(callback.toString().startsWith(TestClient.REDIRECT + "?error=access_denied&"));
    }
  }

  @Test
  void itIsTheSamePersonTheSecondTime() {
    try (ConsentBrowser browser = new ConsentBrowser()) {
      URI address = request(TestClient.form(TestClient.authorization()));
      URI first = browser.allow(address, "123");
      long calls = simulator.calls(CallKind.AUTHORIZATION);

      URI second = browser.allow(address, "123");

      assertAll(
          () -> assertTrue(second.toString().startsWith(TestClient.REDIRECT + "?code=")),
          () -> assertTrue(!first.equals(second)),
          () -> assertEquals(calls + 2, simulator.calls(CallKind.AUTHORIZATION)));
    }
  }

  @Test
  void itMakesAPersonalGrant() throws Exception {
    try (ConsentBrowser browser = new ConsentBrowser()) {
      String token = browser.personalToken(simulator.personalTokenUrl(), "124", "read_agency");

      String accessToken = client.personal(token).text("access_token");
      assertEquals("124", client.api(accessToken).json().at("/message/agency/id").asText());
    }
  }

  @Test
  void anErrorThatIsShownIsAFailure() {
    try (ConsentBrowser browser = new ConsentBrowser()) {
      assertThrows(
          IllegalStateException.class, () -> browser.allow(request("client_id=nobody"), "123"));
    }
  }
}
