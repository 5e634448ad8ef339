package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeedTest {

  private static final Set<String> SCOPES = Set.of("read_agency");

  private static List<String> tokens(long seed, String... agencyIds) throws Exception {
    try (Simulator simulator =
            Simulator.start(
                SimulatorOptions.defaults().withClock(new SettableClock()).withSeed(seed));
        TestClient client = new TestClient(simulator)) {
      for (String agencyId : agencyIds) {
        simulator.consent(agencyId, SCOPES);
      }
      Grant grant = simulator.consent("123", SCOPES);
      String refreshToken = grant.refreshToken();
      return List.of(
          refreshToken, client.token(TestClient.refresh(refreshToken)).body(), client.code());
    }
  }

  @Test
  void theSameSeedMakesTheSameTokens() throws Exception {
    assertEquals(tokens(7), tokens(7));
  }

  @Test
  void scopesAreGrantedInOneOrder() throws Exception {
    try (Simulator simulator = Simulator.start(SimulatorOptions.defaults());
        TestClient client = new TestClient(simulator)) {
      Grant grant =
          simulator.consent("123", new LinkedHashSet<>(List.of("read_alert", "read_agency")));

      assertEquals(
          "read_agency read_alert",
          client.token(TestClient.refresh(grant.refreshToken())).text("scope"));
    }
  }

  @Test
  void anotherSeedMakesOtherTokens() throws Exception {
    List<String> seven = tokens(7);
    List<String> eight = tokens(8);

    for (int i = 0; i < seven.size(); i++) {
      assertNotEquals(seven.get(i), eight.get(i));
    }
  }

  @Test
  void whatOtherAgenciesDoDoesNotMatter() throws Exception {
    assertEquals(tokens(7), tokens(7, "124", "125", "124"));
  }
}
