package org.tokenbroker.platform;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;

@NullMarked
@BrokerTest
class LogLevelsTest {

  /** Nobody logs under this name, so that no other test is disturbed. */
  private static final String CATEGORY = "org.tokenbroker.nobody";

  @ConfigProperty(name = "quarkus.management.test-port")
  int managementPort;

  private RequestSpecification management() {
    return given().port(managementPort).contentType(ContentType.TEXT);
  }

  private ValidatableResponse levels() {
    return management().get("/q/log-levels").then().statusCode(200);
  }

  @Test
  void aLevelIsChangedAndRestoredWhileTheBrokerRuns() {
    Logger logger = Logger.getLogger(CATEGORY + ".Class");
    assertFalse(logger.isDebugEnabled());

    management().body("DEBUG").put("/q/log-levels/" + CATEGORY).then().statusCode(204);

    assertTrue(logger.isDebugEnabled());
    levels().body("'" + CATEGORY + "'", equalTo("DEBUG"));

    management().delete("/q/log-levels/" + CATEGORY).then().statusCode(204);

    assertFalse(logger.isDebugEnabled());
    levels().body("'" + CATEGORY + "'", nullValue());
  }

  @ParameterizedTest
  @CsvSource({
    "io.vertx, DEBUG",
    "org.tokenbrokers, DEBUG",
    "org.tokenbroker.nobody, LOUD",
    "org.tokenbroker.nobody, ''",
    "org.jboss.resteasy.reactive.client.logging, TRACE"
  })
  void whatOthersLogIsNotChanged(String category, String level) {
    management().body(level).put("/q/log-levels/" + category).then().statusCode(400);
  }

  @Test
  void itIsNotThereOnThePublicPort() {
    given()
        .header("Authorization", "Bearer " + BrokerTestResource.ADMIN_KEY)
        .get("/q/log-levels")
        .then()
        .statusCode(404);
  }
}
