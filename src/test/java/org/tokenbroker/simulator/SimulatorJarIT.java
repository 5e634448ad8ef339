package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
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
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar that runs the simulator by itself. */
class SimulatorJarIT {

  @TempDir Path directory;

  private static Path jar() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("target"))) {
      List<Path> jars = files.filter(file -> file.toString().endsWith("-simulator.jar")).toList();
      assertEquals(1, jars.size(), jars.toString());
      return jars.getFirst();
    }
  }

  private Process start(String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-jar", jar().toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(directory.resolve("err").toFile()).start();
  }

  @Test
  void itHoldsNothingElseOfTheBroker() throws Exception {
    try (JarFile jar = new JarFile(jar().toFile())) {
      List<String> others =
          jar.stream()
              .map(ZipEntry::getName)
              .filter(name -> name.startsWith("org/tokenbroker/") && name.endsWith(".class"))
              .filter(name -> !name.startsWith("org/tokenbroker/simulator/"))
              .toList();

      assertEquals(List.of(), others);
    }
  }

  @Test
  void itHoldsTheLicencesOfWhatItIsMadeOf() throws Exception {
    try (JarFile jar = new JarFile(jar().toFile())) {
      assertAll(
          Stream.of(
                  "META-INF/LICENSE",
                  "META-INF/NOTICE",
                  "META-INF/THIRD-PARTY",
                  "META-INF/FastDoubleParser-NOTICE",
                  "META-INF/thirdparty-LICENSE")
              .map(name -> () -> assertNotNull(jar.getEntry(name), name)));
    }
  }

  @Test
  void itSaysHowItIsUsed() throws Exception {
    Process process = start("--help");
    try (BufferedReader out = process.inputReader(UTF_8)) {
      String first = out.readLine();

      assertAll(
          () -> assertTrue(process.waitFor(20, TimeUnit.SECONDS)),
          () -> assertEquals(0, process.exitValue()),
          () -> assertTrue(first.startsWith("Usage: ")));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void itServesWithoutAWordOfComplaint() throws Exception {
    Process process = start("--port", "0", "--agencies", "5000");
    try (BufferedReader out = process.inputReader(UTF_8);
        HttpClient http = HttpClient.newHttpClient()) {
      String line = out.readLine();
      URI origin = URI.create(line.substring(line.lastIndexOf(' ') + 1));

      HttpResponse<String> granted =
          http.send(
              HttpRequest.newBuilder(origin.resolve("/control/grants"))
                  .header("Content-Type", "application/x-www-form-urlencoded")
                  .POST(HttpRequest.BodyPublishers.ofString("agency=5122"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());

      process.toHandle().destroy();
      boolean ended = process.waitFor(20, TimeUnit.SECONDS);
      assertAll(
          () -> assertEquals(201, granted.statusCode(), granted.body()),
          () -> assertTrue(ended),
          () -> assertEquals("", Files.readString(directory.resolve("err"))));
    } finally {
      process.destroyForcibly();
    }
  }
}
