package org.tokenbroker.packaging;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.InstalledPostgres;
import org.tokenbroker.testing.TestSimulator;

/** The database is dumped, and restored into another server. */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before each test
class RestoreIT {

  private static final String AGENCY = "springfield-fd";

  @TempDir Path directory;

  private InstalledPostgres before;
  private InstalledPostgres after;
  private Simulator active911;
  private Map<String, String> environment;
  private Path dump;
  private String key;

  @BeforeEach
  void twoServers() throws IOException {
    before = InstalledPostgres.start(Files.createDirectory(directory.resolve("before")));
    after = InstalledPostgres.start(Files.createDirectory(directory.resolve("after")));
    dump = directory.resolve("broker.dump");
    environment = BrokerProcess.environment(before.database());
    active911 = TestSimulator.start(environment.getOrDefault("BROKER_PUBLIC_URL", ""));
    BrokerProcess.connect(environment, active911);
  }

  @AfterEach
  void stop() {
    // Where PostgreSQL is not installed none of them is there.
    if (active911 != null) {
      active911.close();
      after.close();
      before.close();
    }
  }

  private BrokerProcess serve(String name, Map<String, String> of) throws IOException {
    return BrokerProcess.serve(Files.createDirectory(directory.resolve(name)), of);
  }

  private Map<String, String> restored() {
    Map<String, String> restored = new HashMap<>(environment);
    restored.put("QUARKUS_DATASOURCE_JDBC_URL", after.database().jdbcUrl());
    return restored;
  }

  private static BrokerClient client(BrokerProcess process) {
    return new BrokerClient(process.origin().toString(), BrokerProcess.ADMIN_KEY);
  }

  private String tag(BrokerClient broker) {
    return broker
        .bearer(key)
        .get("/tokens/" + AGENCY)
        .then()
        .statusCode(200)
        .extract()
        .header("ETag");
  }

  private void connected(BrokerClient broker) {
    broker.createAgency(AGENCY);
    broker.connect(AGENCY, active911.agencies().getFirst().id()).then().statusCode(303);
    key = broker.createCaller("dispatch-board", AGENCY);
  }

  /** The server that is restored into has counted fewer transactions than this one. */
  private void manyTransactions() throws Exception {
    before
        .database()
        .execute(
            "do $$ begin for i in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end"
                + " $$");
  }

  @Test
  void tokensAreHandedOutAndChangesAreSeenAsBefore() throws Exception {
    manyTransactions();
    String tag;
    try (BrokerProcess process = serve("one", environment)) {
      connected(client(process));
      tag = tag(client(process));
    }
    before.dump(dump);

    after.restore(dump);

    Map<String, String> restored = restored();
    Map<String, String> other = new HashMap<>(restored);
    other.put("QUARKUS_HTTP_PORT", Integer.toString(FreePort.find()));
    other.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(FreePort.find()));
    try (BrokerProcess first = serve("two", restored);
        BrokerProcess second = serve("three", other)) {
      assertEquals(tag, tag(client(first)));
      client(first).admin().post("/agencies/" + AGENCY + "/refresh").then().statusCode(200);
      String renewed = tag(client(first));
      assertNotEquals(tag, renewed);
      Eventually.isTrue(
          "the other replica has the new token too",
          () -> tag(client(second)).equals(renewed),
          second::log);
      client(first).admin().post("/agencies/" + AGENCY + "/pause").then().statusCode(200);
      Eventually.isTrue(
          "the other replica hears of the pause",
          () -> client(second).bearer(key).get("/tokens/" + AGENCY).statusCode() == 409,
          second::log);
      client(second).createAgency("shelbyville-fd");
    }
    assertEquals(0, active911.deadTokens().size());
  }

  @Test
  void whatWasRotatedSinceTheDumpHasToBeConnectedAnew() throws Exception {
    try (BrokerProcess process = serve("one", environment)) {
      connected(client(process));
      before.dump(dump);
      client(process).admin().post("/agencies/" + AGENCY + "/refresh").then().statusCode(200);
    }

    after.restore(dump);

    try (BrokerProcess process = serve("two", restored())) {
      BrokerClient broker = client(process);
      String tag = tag(broker);
      broker.admin().post("/agencies/" + AGENCY + "/refresh");
      broker.admin().get("/agencies/" + AGENCY).then().body("state", equalTo("NEEDS_CONSENT"));
      assertEquals(tag, tag(broker), "what is left of its life is handed out");

      broker.connect(AGENCY, active911.agencies().getFirst().id()).then().statusCode(303);

      assertNotEquals(tag, tag(broker));
    }
  }
}
