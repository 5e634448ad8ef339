package org.tokenbroker.console;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.inject.Inject;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.agency.TokenCipher;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;
import org.tokenbroker.testing.Eventually;

/** The page that says how the broker itself is. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class SystemPageTest {

  private static final String PAGE = "/console/system";

  @Inject TokenCipher cipher;

  @ConfigProperty(name = "broker.encryption-keyset")
  String keyset;

  @ConfigProperty(name = "quarkus.application.version")
  String version;

  private static String value(Document page, String key) {
    for (Element row : page.select("section[aria-labelledby=configuration] tbody tr")) {
      if (row.select("th").text().equals(key)) {
        return row.select("td").text();
      }
    }
    throw new AssertionError(key + " is not on the page");
  }

  @Test
  void theProcessThatAnswersIsAmongTheReplicas() {
    Browser browser = Browser.signedIn();

    Eventually.isTrue(
        "it has made itself known, and hears of changes",
        () ->
            browser
                .page(PAGE)
                .select("section[aria-labelledby=replicas] tbody")
                .text()
                .matches(".*answers this page.*" + version + ".*at once.*"),
        () -> browser.page(PAGE).select("section[aria-labelledby=replicas]").text());
  }

  @Test
  void theKeyThatEncryptsIsNamed() {
    Document page = Browser.signedIn().page(PAGE);

    assertThat(
        page.select("section[aria-labelledby=keys] tbody tr").text(),
        containsString(Long.toString(cipher.primaryKeyId().orElseThrow())));
    assertThat(page.select("section[aria-labelledby=keys]").text(), containsString("encrypts"));
  }

  @Test
  void howNoticesAreSentIsThere() {
    String notices =
        Browser.signedIn().page(PAGE).select("section[aria-labelledby=notices]").text();

    assertThat(notices, containsString("Webhook (off)"));
    assertThat(notices, containsString("Letters to contacts (off)"));
    assertThat(notices, containsString("consent gone, consent ending, failing"));
  }

  @Test
  void theConfigurationIsThereWithoutItsSecrets() {
    Document page = Browser.signedIn().page(PAGE);

    assertEquals("set", value(page, "BROKER_ADMIN_KEY"));
    assertEquals("not set", value(page, "BROKER_ADMIN_KEY_NEXT"));
    assertEquals("10 (default)", value(page, "BROKER_REFRESH_RATE"));
    assertEquals("set", value(page, "ACTIVE911_CLIENT_SECRET"));
    assertTrue(value(page, "BROKER_PUBLIC_URL").startsWith("http://localhost:"));
    assertThat(page.html(), not(containsString(BrokerTestResource.ADMIN_KEY)));
    assertThat(page.html(), not(containsString(keyset)));
  }
}
