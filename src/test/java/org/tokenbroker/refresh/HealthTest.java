package org.tokenbroker.refresh;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.equalTo;

import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.BrokerTest;

/** Health says which part is ill, and an ill Active911 takes no replica out of service. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class HealthTest {

  @ConfigProperty(name = "quarkus.management.test-port")
  int managementPort;

  @Inject DataSource dataSource;
  @Inject UpstreamMetrics gate;

  private void clientRefusedAt(String time) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("update upstream set client_refused_at = " + time);
    }
    gate.look();
  }

  @AfterEach
  void takeTheClientAgain() throws SQLException {
    clientRefusedAt("null");
  }

  private ValidatableResponse health(String kind) {
    return given().port(managementPort).get("/q/health/" + kind).then();
  }

  @Test
  void theIllPartIsNamedAndReadsGoOn() throws SQLException {
    clientRefusedAt("now()");

    health("well")
        .statusCode(503)
        .body("checks.findAll { it.status == 'DOWN' }.name", contains("active911"))
        .body("checks.find { it.name == 'active911' }.data.client_refused", equalTo(true));
    health("ready").statusCode(200).body("checks.name", contains("memory"));
  }

  @Test
  void everyPartIsThere() {
    health("well").body("checks.name", containsInAnyOrder("database", "active911", "journal"));
  }
}
