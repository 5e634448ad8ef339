package org.tokenbroker.platform;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;

@NullMarked
@BrokerTest
class ManagementTest {

  @ConfigProperty(name = "quarkus.management.test-port")
  int managementPort;

  @ParameterizedTest
  @ValueSource(strings = {"live", "ready", "started"})
  void healthAnswersOnTheManagementPort(String kind) {
    given()
        .port(managementPort)
        .get("/q/health/" + kind)
        .then()
        .statusCode(200)
        .body("status", equalTo("UP"));
  }

  @Test
  void metricsAnswerOnTheManagementPort() {
    given()
        .port(managementPort)
        .get("/q/metrics")
        .then()
        .statusCode(200)
        .body(containsString("jvm_memory_used_bytes"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/q/health/live", "/q/health/ready", "/q/metrics"})
  void neitherAnswersOnThePublicPort(String path) {
    given()
        .header("Authorization", "Bearer " + BrokerTestResource.ADMIN_KEY)
        .get(path)
        .then()
        .statusCode(404);
  }
}
