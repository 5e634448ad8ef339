package org.tokenbroker.simulator;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Has a simulator with a settable clock, and a client for it. */
abstract class SimulatorTest {

  /** A second registered application. */
  static final Registration OTHER =
      new Registration(
          "other-app",
          "other-secret",
          List.of(
              URI.create("https://other.example/a/"), URI.create("https://other.example/b?x=1")),
          SimulatorOptions.ALL_SCOPES);

  final SettableClock clock = new SettableClock();
  Simulator simulator;
  TestClient client;

  SimulatorOptions options() {
    return SimulatorOptions.defaults().withClock(clock).withFurtherRegistrations(List.of(OTHER));
  }

  @BeforeEach
  void start() {
    simulator = Simulator.start(options());
    client = new TestClient(simulator);
  }

  @AfterEach
  void stop() {
    client.close();
    simulator.close();
  }
}
