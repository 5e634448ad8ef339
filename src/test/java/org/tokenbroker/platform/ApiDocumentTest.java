package org.tokenbroker.platform;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.BrokerTest;

/** The documented interface is the one that is served. */
@NullMarked
@BrokerTest
class ApiDocumentTest {

  private static final Path DOCUMENT = Path.of("docs", "openapi.yaml");
  private static final Path SERVED = Path.of("target", "openapi.yaml");

  @Test
  void theDocumentInTheRepositoryIsWhatIsServed() throws IOException {
    int port = ConfigProvider.getConfig().getValue("quarkus.management.test-port", Integer.class);
    String served =
        given().port(port).get("/q/openapi").then().statusCode(200).extract().asString();
    Files.writeString(SERVED, served);

    assertEquals(
        Files.readString(DOCUMENT),
        served,
        "the interface has changed; if that is meant, copy " + SERVED + " to " + DOCUMENT);
  }
}
