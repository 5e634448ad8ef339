package org.tokenbroker.packaging;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.specification.RequestSpecification;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestSimulator;

/**
 * Trains the AOT cache of the image (JEP 483, 514): a broker does everything once, and the Java
 * that runs it writes down, as it ends, the classes that it loaded. Not the methods that were hot
 * (JEP 515): the compilers would take from a start what it needs itself, and full speed would come
 * later (docs/performance.md). Nor adapters between compiled and interpreted code: Java finds some
 * of them under the name of another one, and warns of that at each start. Runs only in the build of
 * the image, in the image's own Java ({@code -Djvm}): a cache fits one build of Java and one
 * package.
 */
@NullMarked
@Tag("image")
class AotCacheIT {

  private static final Path CACHE = Path.of("target", "quarkus-app", "app.aot").toAbsolutePath();
  private static final Duration TO_WRITE = Duration.ofMinutes(5);

  @TempDir Path directory;

  @Test
  void aBrokerThatWasTrainedStartsWithWhatItLearnt() throws Exception {
    Map<String, String> environment = BrokerProcess.environment(TestDatabase.create());
    try (Simulator simulator =
        TestSimulator.start(Objects.requireNonNull(environment.get("BROKER_PUBLIC_URL")))) {
      BrokerProcess.connect(environment, simulator);
      // Only this collector writes objects into a cache; the others can read them.
      try (BrokerProcess broker =
          BrokerProcess.serve(
              BrokerProcess.JAR,
              List.of(
                  "-XX:+UseG1GC",
                  "-XX:+UnlockDiagnosticVMOptions",
                  "-XX:-AOTRecordTraining",
                  "-XX:-AOTAdapterCaching",
                  "-XX:AOTCacheOutput=" + CACHE),
              directory,
              environment)) {
        use(broker);
        broker.terminate();
        // It writes the cache only now.
        Eventually.isTrue("ended", TO_WRITE, () -> !broker.isAlive(), broker::log);
      }
      assertTrue(Files.exists(CACHE));

      // A cache that does not fit is an error in this mode, and not just left aside.
      try (BrokerProcess broker =
          BrokerProcess.serve(
              BrokerProcess.JAR,
              List.of("-XX:AOTMode=on", "-XX:AOTCache=" + CACHE),
              directory,
              environment)) {
        given().get(broker.management() + "/q/health/ready").then().statusCode(200);
      }
    }
  }

  private static void use(BrokerProcess broker) {
    BrokerClient client = new BrokerClient(broker.origin().toString(), BrokerProcess.ADMIN_KEY);
    client.createAgency("springfield-fd");
    client.connect("springfield-fd", "123");
    client.admin().post("/agencies/springfield-fd/refresh");
    client.admin().get("/agencies");
    client.admin().get("/audit");
    RequestSpecification caller = client.bearer(client.createCaller("trainer", "*"));
    caller.get("/tokens/springfield-fd").then().statusCode(200);
    client.anonymous().get("/console");
    for (String address :
        List.of("/q/health/started", "/q/health/ready", "/q/health/live", "/q/metrics")) {
      given().get(URI.create(broker.management() + address)).then().statusCode(200);
    }
  }
}
