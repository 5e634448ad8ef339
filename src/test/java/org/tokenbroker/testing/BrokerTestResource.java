package org.tokenbroker.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.simulator.SimulatorOptions;

/**
 * Gives the broker of {@link BrokerTest} its database, its Active911 and every required key. A
 * field of type {@link Simulator} in a test is filled with that Active911.
 */
public final class BrokerTestResource implements QuarkusTestResourceLifecycleManager {

  /** The admin key of the running broker. */
  public static final String ADMIN_KEY = "admin-key-of-the-tests-0123456789";

  /** How many agencies the simulator has: each test takes some of its own. */
  public static final int SIMULATED_AGENCIES = 200;

  private @Nullable Simulator simulator;

  @Override
  public Map<String, String> start() {
    TestDatabase database = TestDatabase.create();
    // Fixed before the start, not chosen by the server, as the broker must know its own address.
    int port = FreePort.find();

    simulator =
        Simulator.start(
            SimulatorOptions.defaults()
                .withClient("client-of-the-tests", "secret-of-the-tests")
                .withRedirectAddresses(
                    List.of(URI.create("http://localhost:" + port + "/callback")))
                .withAgencies(SIMULATED_AGENCIES));

    Map<String, String> config = new HashMap<>();
    config.put("quarkus.http.test-port", Integer.toString(port));
    config.put("quarkus.management.test-port", Integer.toString(FreePort.find()));
    config.put("quarkus.datasource.jdbc.url", database.jdbcUrl());
    config.put("quarkus.datasource.username", database.user());
    config.put("quarkus.datasource.password", database.password());
    config.put("broker.public-url", "http://localhost:" + port);
    config.put("broker.admin-key", ADMIN_KEY);
    config.put("broker.encryption-keyset", TestKeyset.create());
    config.put("broker.journal-dir", "target/test-journal-" + port);
    config.put("active911.client-id", "client-of-the-tests");
    config.put("active911.client-secret", "secret-of-the-tests");
    config.put("active911.authorize-url", simulator.authorizeUrl().toString());
    config.put("active911.token-url", simulator.tokenUrl().toString());
    config.put("active911.api-url", simulator.apiUrl().toString());
    config.put("active911.personal-token-url", simulator.personalTokenUrl().toString());
    // Long enough for a busy machine, short enough for the tests in which nothing answers.
    config.put("active911.timeout", "5s");
    return config;
  }

  @Override
  public void inject(TestInjector injector) {
    injector.injectIntoFields(simulator, new TestInjector.MatchesType(Simulator.class));
  }

  @Override
  public void stop() {
    if (simulator != null) {
      simulator.close();
    }
    // The database goes with its server.
  }
}
