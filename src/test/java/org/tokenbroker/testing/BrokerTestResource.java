package org.tokenbroker.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.simulator.Simulator;

/**
 * Gives the broker of {@link BrokerTest} its database, a simulator of Active911 and every required
 * key. A test that has a field of type {@link Simulator} or {@link TestIssuers} finds them in it.
 */
public final class BrokerTestResource implements QuarkusTestResourceLifecycleManager {

  /** The admin key of the running broker. */
  public static final String ADMIN_KEY = "admin-key-of-the-tests-0123456789";

  private @Nullable Simulator simulator;
  private @Nullable TestIssuers issuers;

  @Override
  public Map<String, String> start() {
    TestDatabase database = TestDatabase.create();
    // Fixed before the start, not chosen by the server, as the broker must know its own address.
    int port = FreePort.find();

    String publicUrl = "http://localhost:" + port;
    simulator = TestSimulator.start(publicUrl);

    issuers = TestIssuers.start();

    Map<String, String> config = new HashMap<>(TestSimulator.properties(simulator));
    config.putAll(issuers.properties());
    // All tests come from one address, and many fail to authenticate on purpose.
    config.put("broker.failed-authentication-rate", "1000000");
    config.put("quarkus.http.test-port", Integer.toString(port));
    config.put("quarkus.management.test-port", Integer.toString(FreePort.find()));
    config.put("quarkus.datasource.jdbc.url", database.jdbcUrl());
    config.put("quarkus.datasource.username", database.user());
    config.put("quarkus.datasource.password", database.password());
    config.put("broker.public-url", publicUrl);
    config.put("broker.admin-key", ADMIN_KEY);
    config.put("broker.encryption-keyset", TestKeyset.create());
    // Long enough for a busy machine, short enough for the tests in which nothing answers.
    config.put("active911.timeout", "5s");
    config.put("broker.journal-dir", "target/test-journal-" + port);
    return config;
  }

  @Override
  public void inject(TestInjector testInjector) {
    testInjector.injectIntoFields(
        Objects.requireNonNull(simulator), new TestInjector.MatchesType(Simulator.class));
    testInjector.injectIntoFields(
        Objects.requireNonNull(issuers), new TestInjector.MatchesType(TestIssuers.class));
  }

  @Override
  public void stop() {
    // The database goes with its server.
    if (simulator != null) {
      simulator.close();
    }
    if (issuers != null) {
      issuers.close();
    }
  }
}
