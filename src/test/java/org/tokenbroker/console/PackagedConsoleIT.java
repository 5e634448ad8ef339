package org.tokenbroker.console;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.restassured.response.Response;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.TestDatabase;

/** The console as the packaged service serves it behind https. */
@Tag("full")
@NullMarked
class PackagedConsoleIT {

  @TempDir Path directory;

  @Test
  void theSignInComesWithItsStyleAndIsBoundToTheHost() {
    Map<String, String> environment = BrokerProcess.environment(TestDatabase.create());
    environment.put("BROKER_PUBLIC_URL", "https://broker.example");

    try (BrokerProcess broker = BrokerProcess.serve(directory, environment)) {
      Response page = given().get(broker.origin() + "/console/sign-in");
      page.then()
          .statusCode(200)
          .header("Strict-Transport-Security", equalTo("max-age=31536000"))
          .header("Set-Cookie", startsWith("__Host-console-sign-in="));
      List<String> links = Jsoup.parse(page.asString()).select("link[href]").eachAttr("href");
      assertFalse(links.isEmpty());
      for (String link : links) {
        assertEquals(200, given().get(broker.origin() + link).statusCode(), link);
      }
    }
  }
}
