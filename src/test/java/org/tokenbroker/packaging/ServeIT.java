package org.tokenbroker.packaging;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.BrokerProcess.Outcome;
import org.tokenbroker.testing.TestDatabase;

/** The packaged service in a process of its own: how it starts and ends. */
@NullMarked
@Tag("full")
class ServeIT {

  private static final int ENDED_BY_SIGTERM = 143;

  @TempDir Path directory;

  @Test
  void itMigratesAndServesAndEndsWhenToldTo() throws IOException {
    Map<String, String> environment = BrokerProcess.environment(TestDatabase.create());

    try (BrokerProcess broker = BrokerProcess.serve(directory, environment)) {
      given().get(broker.management() + "/q/health/ready").then().statusCode(200);
      given().get(broker.management() + "/q/health/well").then().statusCode(200);
      assertEquals(ENDED_BY_SIGTERM, broker.stop(), broker::log);
      for (String line : broker.log().lines().toList()) {
        JsonNode entry = new ObjectMapper().readTree(line);
        assertTrue(entry.hasNonNull("timestamp") && entry.hasNonNull("message"), line);
      }
    }
  }

  @Test
  void givenEverySecretInAFileThenItServes() throws IOException {
    Map<String, String> environment =
        BrokerProcess.environment(TestDatabase.createWithPassword("pa$$w${x}rd\\$"));
    for (String key :
        List.of(
            "BROKER_ADMIN_KEY",
            "BROKER_ENCRYPTION_KEYSET",
            "ACTIVE911_CLIENT_SECRET",
            "QUARKUS_DATASOURCE_PASSWORD")) {
      String secret = Objects.requireNonNull(environment.remove(key));
      Path file = Files.writeString(directory.resolve(key), secret + "\n");
      environment.put(key + "_FILE", file.toString());
    }

    try (BrokerProcess broker = BrokerProcess.serve(directory, environment)) {
      given().get(broker.management() + "/q/health/ready").then().statusCode(200);
      assertTrue(broker.log().lines().noneMatch(line -> line.contains("WARN")), broker::log);
    }
  }

  @Test
  void givenAMisspelledKeyThenItServesAndWarnsInPlainLinesIfAskedTo() {
    Map<String, String> environment = BrokerProcess.environment(TestDatabase.create());
    environment.put("ACTIVE911_SCOP", "read_agency read_alert");
    environment.put("QUARKUS_LOG_CONSOLE_JSON_ENABLED", "false");

    try (BrokerProcess broker = BrokerProcess.serve(directory, environment)) {
      assertTrue(
          broker.log().contains("ACTIVE911_SCOP is set, but no such key is known"), broker::log);
      assertTrue(broker.log().lines().noneMatch(line -> line.startsWith("{")), broker::log);
    }
  }

  @Test
  void givenThatItMustNotMigrateThenItDoesNotServeWithoutTheSchema() {
    Map<String, String> environment = BrokerProcess.environment(TestDatabase.create());
    environment.put("BROKER_MIGRATE", "false");

    Outcome outcome = BrokerProcess.run(directory, environment, "");

    assertEquals(1, outcome.exitCode(), outcome::out);
    assertTrue(outcome.out().contains("Schema validation"), outcome::out);
  }
}
