package org.tokenbroker.testing;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.simulator.SimulatorOptions;

/** A stand-in for Active911 at which the broker under test is registered. */
public final class TestSimulator {

  private TestSimulator() {}

  /** How many agencies it has: each test takes some of its own. */
  private static final int AGENCIES = 300;

  /**
   * Starts one on a free port of the loopback address.
   *
   * @param publicUrl the broker's public URL
   */
  public static Simulator start(String publicUrl) {
    return Simulator.start(
        SimulatorOptions.defaults()
            .withRedirectAddresses(List.of(URI.create(publicUrl + "/callback")))
            .withAgencies(AGENCIES));
  }

  /** What the broker must be told of it, as configuration properties. */
  public static Map<String, String> properties(Simulator simulator) {
    SimulatorOptions defaults = SimulatorOptions.defaults();
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("active911.client-id", defaults.registration().clientId());
    properties.put("active911.client-secret", defaults.registration().clientSecret());
    properties.put("active911.authorize-url", simulator.authorizeUrl().toString());
    properties.put("active911.token-url", simulator.tokenUrl().toString());
    properties.put("active911.api-url", simulator.apiUrl().toString());
    properties.put("active911.personal-token-url", simulator.personalTokenUrl().toString());
    return properties;
  }
}
