package org.tokenbroker.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Loads a server with wrk: two threads and 32 connections, on the same machine. */
final class Wrk {

  private static final Path SCRIPT = Path.of("bench", "requests.lua");
  private static final Pattern FIGURES =
      Pattern.compile("FIGURES (\\d+) (\\d+) (\\d+) (\\d+) (\\d+) (\\d+) (\\d+)");
  private static final double MICROS = 1e6;

  /**
   * What one run found.
   *
   * @param perSecond answers a second
   * @param p50 microseconds
   * @param p99 microseconds
   * @param slowest microseconds
   * @param refused answers of 400 and more
   */
  record Load(
      long requests, double perSecond, double p50, double p99, double slowest, long refused) {}

  private Wrk() {}

  /**
   * Writes the requests of a load to a file.
   *
   * @param lines each a path and its headers, with tabs between
   */
  static Path requests(Path file, List<String> lines) {
    try {
      return Files.write(file, lines);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Loads a server for a time.
   *
   * @throws IllegalStateException if connections failed
   */
  static Load run(URI origin, Path requests, Duration time) {
    ProcessBuilder builder =
        new ProcessBuilder(
            "wrk",
            "-t2",
            "-c32",
            "-d" + time.toSeconds() + "s",
            "-s",
            SCRIPT.toString(),
            origin.toString(),
            "--",
            requests.toString());
    builder.redirectErrorStream(true);
    try {
      Process process = builder.start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("wrk failed:\n" + out);
      }
      return load(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static Load load(String out) {
    Matcher figures = FIGURES.matcher(out);
    if (!figures.find()) {
      throw new IllegalStateException("wrk said something else:\n" + out);
    }
    if (Long.parseLong(figures.group(6)) > 0) {
      throw new IllegalStateException("connections failed:\n" + out);
    }
    long requests = Long.parseLong(figures.group(1));
    return new Load(
        requests,
        requests / (Double.parseDouble(figures.group(2)) / MICROS),
        Double.parseDouble(figures.group(3)),
        Double.parseDouble(figures.group(4)),
        Double.parseDouble(figures.group(5)),
        Long.parseLong(figures.group(7)));
  }
}
