package org.tokenbroker.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints what was measured, and keeps it as JSON. */
final class Report {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private Report() {}

  /** A number with three digits that count. */
  static String number(double value) {
    if (value == Math.rint(value) || Math.abs(value) >= 1000) {
      return String.format(Locale.ROOT, "%,d", Math.round(value));
    }
    return String.format(Locale.ROOT, Math.abs(value) >= 100 ? "%.0f" : "%.2f", value);
  }

  /** One scenario's results as a table, each with what it was made of below. */
  static String table(List<Result> results) {
    StringBuilder table = new StringBuilder("| what | target | measured | |\n|---|---|---|---|\n");
    for (Result result : results) {
      table.append(
          String.format(
              "| %s | %s | %s %s | %s |%n",
              result.what(),
              result.target(),
              number(result.value()),
              result.unit(),
              result.met() == null ? "" : result.met() ? "met" : "**missed**"));
    }
    for (Result result : results) {
      for (Figure figure : result.figures()) {
        table.append(
            String.format(
                "  %-44s median %s (%s to %s) %s%n",
                figure.name(),
                number(figure.median()),
                number(figure.least()),
                number(figure.most()),
                figure.unit()));
      }
    }
    return table.toString();
  }

  /** Writes a scenario's results to a file. */
  static void write(Path file, Map<String, String> machine, List<Result> results) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Result result : results) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("what", result.what());
      row.put("target", result.target());
      row.put("value", result.value());
      row.put("unit", result.unit());
      row.put("met", result.met());
      List<Map<String, Object>> figures = new ArrayList<>();
      for (Figure figure : result.figures()) {
        Map<String, Object> each = new LinkedHashMap<>();
        each.put("name", figure.name());
        each.put("unit", figure.unit());
        each.put("median", figure.median());
        each.put("values", figure.values());
        figures.add(each);
      }
      row.put("figures", figures);
      rows.add(row);
    }
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Map<String, Object> all = new LinkedHashMap<>();
      all.put("machine", machine);
      all.put("results", rows);
      JSON.writeValue(file.toFile(), all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
