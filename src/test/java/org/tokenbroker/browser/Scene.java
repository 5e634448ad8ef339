package org.tokenbroker.browser;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.simulator.SimulatorOptions;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.TestDatabase;

/**
 * A packaged broker at {@code localhost} and Active911's stand-in at {@code 127.0.0.1}, which to a
 * browser are two sites, and a browser.
 */
final class Scene implements AutoCloseable {

  /** Who asks officers for their permission. */
  static final String COMPANY = "Example Dispatch";

  private static final int AGENCIES = 20;

  private final Path directory;
  private final Chromium chromium;
  private final TestDatabase database;
  private final Map<String, String> environment;
  private final Simulator active911;
  private final BrokerProcess broker;

  private Scene(Chromium chromium, Path directory) {
    this.chromium = chromium;
    this.directory = directory;
    this.database = TestDatabase.create();
    this.environment = BrokerProcess.environment(database);
    environment.put("BROKER_PUBLIC_URL", origin());
    environment.put("BROKER_ORGANISATION", COMPANY);
    this.active911 =
        Simulator.start(
            SimulatorOptions.defaults()
                .withRedirectAddresses(List.of(URI.create(origin() + "/callback")))
                .withAgencies(AGENCIES));
    BrokerProcess.connect(environment, active911);
    this.broker = BrokerProcess.serve(directory, environment);
  }

  /**
   * Starts all of it, or skips the tests where there is no browser.
   *
   * @param directory where the broker runs
   */
  static Scene set(Path directory) {
    Chromium chromium = Chromium.start(downloads(directory));
    try {
      return new Scene(chromium, directory);
    } catch (RuntimeException e) {
      chromium.close();
      throw e;
    }
  }

  private static Path downloads(Path directory) {
    return directory.resolve("downloads");
  }

  /** Where the browser puts files that are fetched. */
  Path downloads() {
    return downloads(directory);
  }

  /** The broker's address as browsers know it. */
  String origin() {
    return "http://localhost:" + environment.get("QUARKUS_HTTP_PORT");
  }

  /** Somebody who has not been here before. */
  Visitor stranger() {
    chromium.forgetEverything();
    return new Visitor(chromium.driver(), origin());
  }

  /** An admin who has just signed in. */
  Visitor admin() {
    Visitor visitor = stranger();
    visitor.signsIn(BrokerProcess.ADMIN_KEY, "/console");
    return visitor;
  }

  Chromium chromium() {
    return chromium;
  }

  TestDatabase database() {
    return database;
  }

  Simulator active911() {
    return active911;
  }

  /** Prepares by the REST interface what a test is not about. */
  BrokerClient client() {
    return new BrokerClient(broker.origin().toString(), BrokerProcess.ADMIN_KEY);
  }

  @Override
  public void close() {
    chromium.close();
    broker.close();
    active911.close();
  }
}
