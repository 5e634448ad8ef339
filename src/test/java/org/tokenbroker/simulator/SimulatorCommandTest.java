package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.simulator.SimulatorCommand.Order;

class SimulatorCommandTest {

  @TempDir Path directory;

  private static Order read(String... arguments) {
    return SimulatorCommand.read(List.of(arguments), 42);
  }

  @Test
  void withoutOptionsItTakesTheDefaults() {
    Order.Run run = assertInstanceOf(Order.Run.class, read());

    assertEquals(SimulatorOptions.defaults().withPort(8911).withSeed(42), run.options());
  }

  @Test
  void allOptionsAreTaken() {
    Order.Run run =
        assertInstanceOf(
            Order.Run.class,
            read(
                "--host",
                "127.0.0.2",
                "--port",
                "0",
                "--client-id",
                "me",
                "--client-secret",
                "mine",
                "--redirect",
                "http://localhost:1/a",
                "--redirect",
                "http://localhost:2/b",
                "--scope",
                "read_agency",
                "--agencies",
                "7",
                "--seed",
                "-3",
                "--state",
                "file",
                "--slash"));

    assertEquals(
        SimulatorOptions.defaults()
            .withHost("127.0.0.2")
            .withRegistration(
                new Registration(
                    "me",
                    "mine",
                    List.of(URI.create("http://localhost:1/a"), URI.create("http://localhost:2/b")),
                    Set.of("read_agency")))
            .withAgencies(7)
            .withSeed(-3)
            .withStateFile(Path.of("file"))
            .withSlashBeforeQuery(true),
        run.options());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--port",
        "--port x",
        "--agencies -1 --agencies x",
        "--nothing x",
        "--scope read_everything",
        "--redirect /relative",
        "--redirect http://localhost/#fragment"
      })
  void mistakesAreSaid(String arguments) {
    assertInstanceOf(Order.Mistake.class, read(arguments.split(" ")));
  }

  private Process start(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), SimulatorCommand.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(directory.resolve("err").toFile()).start();
  }

  @Test
  void itPrintsOneLineServesAndStopsOnSigterm() throws Exception {
    Path state = directory.resolve("state.json");
    Process process = start("--port", "0", "--state", state.toString());
    try (BufferedReader out = process.inputReader(UTF_8);
        HttpClient http = HttpClient.newHttpClient()) {
      String line = out.readLine();
      String origin = line.substring(line.lastIndexOf(' ') + 1);
      HttpResponse<String> granted =
          http.send(
              HttpRequest.newBuilder(URI.create(origin + "/control/grants"))
                  .header("Content-Type", "application/x-www-form-urlencoded")
                  .POST(HttpRequest.BodyPublishers.ofString("agency=123"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());

      process.toHandle().destroy(); // unlike Process.destroy it leaves the pipes open

      boolean ended = process.waitFor(20, TimeUnit.SECONDS);
      assertAll(
          () -> assertTrue(line.startsWith("Active911 simulator listens on http://127.0.0.1:")),
          () -> assertEquals(201, granted.statusCode(), granted.body()),
          () -> assertTrue(ended),
          () -> assertEquals(List.of(), out.lines().toList()),
          () -> assertTrue(Files.readString(state).contains("\"123\"")));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void itSaysHowItIsUsed() throws Exception {
    Process process = start("--help");
    try (BufferedReader out = process.inputReader(UTF_8)) {
      List<String> lines = out.lines().toList();

      assertAll(
          () -> assertTrue(process.waitFor(20, TimeUnit.SECONDS)),
          () -> assertEquals(0, process.exitValue()),
          () -> assertTrue(lines.getFirst().startsWith("Usage: ")));
    } finally {
      process.destroyForcibly();
    }
  }
}
