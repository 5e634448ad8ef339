package org.tokenbroker.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.tokenbroker.bench.Chart.Bar;

/** The pictures of docs/performance.md, drawn from what the scenarios wrote, whenever that was. */
final class Plots {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Figures that compare others; a bar of it would be of another unit. */
  private static final String RATIO = "ratio";

  /**
   * One picture: of all figures of a unit in some results of one scenario.
   *
   * @param name of the file, without its ending
   * @param axis what is counted, and in which unit
   * @param scenarios whose results
   * @param what the results' names must hold
   * @param unit the figures' unit
   * @param baseline the name of the figure that the others are to be held against; empty: none
   */
  private record Plot(
      String name,
      String title,
      String axis,
      List<String> scenarios,
      String what,
      String unit,
      String baseline) {}

  private static final List<Plot> PLOTS =
      List.of(
          new Plot(
              "reads",
              "Reads of tokens that memory holds",
              "answers a second, 32 connections",
              List.of("reads"),
              "throughput",
              "a second",
              Reads.CONSTANT),
          new Plot(
              "reads-p99",
              "The slowest hundredth of these reads",
              "99th percentile of the time for an answer, µs, at the machine's limit",
              List.of("reads"),
              "99th percentile",
              "µs",
              Reads.CONSTANT),
          new Plot(
              "reads-processor",
              "What an answer costs the server",
              "processor time for an answer, µs",
              List.of("reads"),
              "processor",
              "µs",
              Reads.CONSTANT),
          new Plot(
              "refreshing",
              "Reads while every agency is refreshed, and while none is",
              "answers a second, 32 connections",
              List.of("refreshing"),
              "throughput",
              "a second",
              ReadsWhileRefreshing.UNDISTURBED),
          new Plot(
              "refreshing-p99",
              "The slowest hundredth of them",
              "99th percentile of the time for an answer, µs, at the machine's limit",
              List.of("refreshing"),
              "99th percentile",
              "µs",
              ReadsWhileRefreshing.UNDISTURBED),
          new Plot(
              "refreshes",
              "Refreshes of agencies that are all due at once",
              "refreshes a second, at an upstream that answers at once",
              List.of("refreshes"),
              "refreshes",
              "a second",
              ""),
          new Plot(
              "tick",
              "A tick of the schedule that finds nothing due",
              "time for one, µs",
              List.of("tick"),
              "",
              "µs",
              "100 rows"),
          new Plot(
              "start",
              "From the start of the process",
              "until the first token is served, or (with so many agencies) until it listens, s",
              List.of("start", "many"),
              "",
              "s",
              ""),
          new Plot(
              "memory",
              "Resident memory",
              "resident set, MB",
              List.of("start", "reads", "many", "sizing"),
              "resident memory",
              "MB",
              ""),
          new Plot(
              "growth-agencies",
              "Reads by API key, by the number of agencies",
              "answers a second, 32 connections, agencies drawn at random",
              List.of("growth"),
              "agencies",
              "a second",
              Reads.CONSTANT),
          new Plot(
              "growth-callers",
              "Reads by API key, by the number of callers",
              "answers a second, 32 connections, callers drawn at random",
              List.of("growth"),
              "callers",
              "a second",
              Reads.CONSTANT),
          new Plot(
              "growth-replicas",
              "What replicas that have nothing to do ask of the database",
              "statements a second, all replicas together",
              List.of("growth"),
              "replicas",
              "statements a second",
              ""),
          new Plot(
              "sizing-bytes",
              "What PostgreSQL keeps for an agency that has been refreshed",
              "bytes for each agency, tables with their TOAST, and indexes",
              List.of("sizing"),
              "refreshed, on disk",
              "B",
              ""),
          new Plot(
              "pieces",
              "The pieces of a read",
              "time for one call, ns",
              List.of("pieces"),
              "",
              "ns",
              ""),
          new Plot(
              "pieces-bytes",
              "What the pieces of a read allocate",
              "allocated by one call, bytes",
              List.of("pieces"),
              "",
              "B",
              ""));

  private Plots() {}

  /**
   * Draws every picture that there are results for.
   *
   * @param results where the scenarios' files are
   * @param plots where the pictures go
   */
  static void draw(Path results, Path plots) {
    try {
      Files.createDirectories(plots);
      for (Plot plot : PLOTS) {
        List<Bar> bars = bars(plot, results);
        if (!bars.isEmpty()) {
          Files.writeString(
              plots.resolve(plot.name() + ".svg"), Chart.svg(plot.title(), plot.axis(), bars));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Bar> bars(Plot plot, Path results) throws IOException {
    Map<String, Bar> bars = new LinkedHashMap<>();
    for (String scenario : plot.scenarios()) {
      Path file = results.resolve(scenario + ".json");
      if (Files.exists(file)) {
        for (JsonNode result : JSON.readTree(file.toFile()).path("results")) {
          if (result.path("what").asText().contains(plot.what())) {
            bars(plot, scenario, result).forEach(bar -> bars.putIfAbsent(bar.label(), bar));
          }
        }
      }
    }
    // What the others are held against comes first.
    return bars.values().stream()
        .collect(Collectors.partitioningBy(Bar::baseline))
        .entrySet()
        .stream()
        .sorted(Map.Entry.<Boolean, List<Bar>>comparingByKey().reversed())
        .flatMap(each -> each.getValue().stream())
        .toList();
  }

  private static List<Bar> bars(Plot plot, String scenario, JsonNode result) {
    List<Bar> bars = new ArrayList<>();
    for (JsonNode figure : result.path("figures")) {
      String name = figure.path("name").asText();
      if (figure.path("unit").asText().equals(plot.unit()) && !name.equals(RATIO)) {
        double[] values =
            StreamSupport.stream(figure.path("values").spliterator(), false)
                .mapToDouble(JsonNode::asDouble)
                .sorted()
                .toArray();
        bars.add(
            new Bar(
                name,
                figure.path("median").asDouble(),
                values[0],
                values[values.length - 1],
                name.equals(plot.baseline())));
      }
    }
    if (result.path("figures").isEmpty() && result.path("unit").asText().equals(plot.unit())) {
      double value = result.path("value").asDouble();
      String what = result.path("what").asText();
      bars.add(
          new Bar(
              plot.scenarios().size() > 1 ? scenario + ": " + what : what,
              value,
              value,
              value,
              false));
    }
    return bars;
  }
}
