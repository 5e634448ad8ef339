package org.tokenbroker.testing;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.HashMap;
import java.util.Map;

/** Gives the broker of {@link BrokerTest} its database and every required key. */
public final class BrokerTestResource implements QuarkusTestResourceLifecycleManager {

  /** The admin key of the running broker. */
  public static final String ADMIN_KEY = "admin-key-of-the-tests-0123456789";

  @Override
  public Map<String, String> start() {
    TestDatabase database = TestDatabase.create();
    // Fixed before the start, not chosen by the server, as the broker must know its own address.
    int port = FreePort.find();

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
    return config;
  }

  @Override
  public void stop() {
    // The database goes with its server.
  }
}
