package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {

  private static final Set<String> SCOPES = Set.of("read_agency");

  @TempDir Path directory;

  private final SettableClock clock = new SettableClock();

  private SimulatorOptions options() {
    return SimulatorOptions.defaults()
        .withClock(clock)
        .withStateFile(directory.resolve("not yet there/state.json"));
  }

  @Test
  void aConsentSurvivesARestart() throws Exception {
    Grant grant;
    try (Simulator simulator = Simulator.start(options())) {
      grant = simulator.consent("123", SCOPES);
    }

    try (Simulator simulator = Simulator.start(options());
        TestClient client = new TestClient(simulator)) {
      assertAll(
          () -> assertEquals(200, client.api(grant.accessToken()).status()),
          () -> assertEquals(200, client.token(TestClient.refresh(grant.refreshToken())).status()));
    }
  }

  @Test
  void aDeadTokenStaysDead() throws Exception {
    Grant grant;
    try (Simulator simulator = Simulator.start(options());
        TestClient client = new TestClient(simulator)) {
      grant = simulator.consent("123", SCOPES);
      client.token(TestClient.refresh(grant.refreshToken()));
    }

    try (Simulator simulator = Simulator.start(options());
        TestClient client = new TestClient(simulator)) {
      client.token(TestClient.refresh(grant.refreshToken()));

      assertEquals(1, simulator.deadTokens().size());
    }
  }

  @Test
  void aGraceSurvivesARestart() throws Exception {
    Grant grant;
    try (Simulator simulator = Simulator.start(options());
        TestClient client = new TestClient(simulator)) {
      simulator.setRotation(Rotation.NEW_WITH_GRACE);
      grant = simulator.consent("123", SCOPES);
      client.token(TestClient.refresh(grant.refreshToken()));
    }
    clock.advance(Duration.ofSeconds(29));

    try (Simulator simulator = Simulator.start(options());
        TestClient client = new TestClient(simulator)) {
      assertEquals(200, client.token(TestClient.refresh(grant.refreshToken())).status());
    }
  }

  @Test
  void theSeedOfTheFileCountsAndNoTokenComesTwice() {
    Grant first;
    try (Simulator simulator = Simulator.start(options().withSeed(1))) {
      first = simulator.consent("123", SCOPES);
    }

    try (Simulator simulator = Simulator.start(options().withSeed(2))) {
      Grant second = simulator.consent("123", SCOPES);

      assertAll(
          () -> assertEquals("123-2", second.id()),
          () -> assertNotEquals(first.refreshToken(), second.refreshToken()));
    }
  }

  @Test
  void agenciesKeepTheirTokensWhenOthersJoin() throws Exception {
    Grant grant;
    try (Simulator simulator = Simulator.start(options())) {
      grant = simulator.consent("125", SCOPES);
    }
    List<SimulatedAgency> others =
        List.of(
            new SimulatedAgency("1", "First in the list"),
            new SimulatedAgency("125", "Under a new name"));

    try (Simulator simulator = Simulator.start(options().withAgencies(others));
        TestClient client = new TestClient(simulator)) {
      assertEquals(
          "Under a new name",
          client.api(grant.accessToken()).json().at("/message/agency/name").asText());
    }
  }

  @Test
  void itIsSavedWhileTheSimulatorRuns() throws Exception {
    Path file = directory.resolve("state.json");
    try (Simulator simulator = Simulator.start(options().withStateFile(file))) {
      simulator.consent("123", SCOPES);

      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!Files.exists(file) && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
      assertTrue(Files.readString(file).contains("\"123\""));
    }
  }

  @Test
  void aBrokenFileStopsTheStart() throws Exception {
    Path file = directory.resolve("state.json");
    Files.writeString(file, "{\"seed\":1}");

    assertThrows(UncheckedIOException.class, () -> Simulator.start(options().withStateFile(file)));
  }
}
