package org.tokenbroker.console;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.Scope;

/**
 * Agencies out of a table of text (RFC 4180), one a line. Commas, semicolons and tabs separate; the
 * first line may name the columns, in any order.
 */
sealed interface AgencyLines {

  /** How many lines are taken at once. */
  int LIMIT = 500;

  /** The columns, in the order in which they stand where they are not named. */
  List<String> COLUMNS = List.of("name", "slug", "scope", "expected_active911_id", "contact");

  Pattern SPACES = Pattern.compile("\\s+");

  /** It is a table. */
  record Read(List<Line> lines) implements AgencyLines {
    public Read {
      lines = List.copyOf(lines);
    }
  }

  /** It is none. */
  record Faulty(String fault) implements AgencyLines {}

  /**
   * A line.
   *
   * @param number of the line, counted from 1 with the one that names the columns
   * @param form as if it had been typed into the form for one agency
   */
  record Line(long number, AgencyForm form) {}

  /**
   * Reads a table.
   *
   * @param defaultScope of agencies whose line has none
   */
  static AgencyLines read(String text, Scope defaultScope) {
    String table = text.strip();
    if (table.isEmpty()) {
      return new Faulty("Choose a file, or paste at least one line here.");
    }
    List<CSVRecord> records;
    try (CSVParser parser = CSVParser.parse(new StringReader(table), format(table))) {
      records = parser.getRecords();
    } catch (IOException | UncheckedIOException e) {
      return new Faulty("This is not a table: look for a quotation mark that is not closed.");
    }
    return lines(records, defaultScope);
  }

  private static CSVFormat format(String table) {
    String first = table.lines().findFirst().orElse("");
    char delimiter = ',';
    for (char candidate : new char[] {'\t', ';'}) {
      if (first.indexOf(candidate) >= 0 && first.indexOf(',') < 0) {
        delimiter = candidate;
      }
    }
    return CSVFormat.RFC4180
        .builder()
        .setDelimiter(delimiter)
        .setIgnoreEmptyLines(true)
        .setIgnoreSurroundingSpaces(true)
        .get();
  }

  private static AgencyLines lines(List<CSVRecord> records, Scope defaultScope) {
    List<String> columns = COLUMNS;
    List<CSVRecord> rest = records;
    if (namesColumns(records.getFirst())) {
      columns = records.getFirst().stream().map(AgencyLines::normalized).toList();
      rest = records.subList(1, records.size());
      Set<String> unknown = new TreeSet<>(columns);
      COLUMNS.forEach(unknown::remove);
      if (!unknown.isEmpty() || Set.copyOf(columns).size() < columns.size()) {
        return new Faulty(
            "The first line must name each column once, of these: "
                + String.join(", ", COLUMNS)
                + ".");
      }
    }
    if (rest.isEmpty()) {
      return new Faulty("There is no line below the one that names the columns.");
    }
    if (rest.size() > LIMIT) {
      return new Faulty(
          "These are " + rest.size() + " lines; " + LIMIT + " at most are added at once.");
    }
    List<Line> lines = new ArrayList<>(rest.size());
    for (CSVRecord row : rest) {
      if (row.size() > columns.size()) {
        return new Faulty(
            "Line " + row.getRecordNumber() + " has more than " + columns.size() + " columns.");
      }
      lines.add(new Line(row.getRecordNumber(), form(row, columns, defaultScope)));
    }
    return new Read(lines);
  }

  private static boolean namesColumns(CSVRecord first) {
    return first.stream().map(AgencyLines::normalized).anyMatch("name"::equals);
  }

  private static String normalized(String column) {
    return column.strip().toLowerCase(Locale.ROOT).replace(' ', '_').replace('-', '_');
  }

  private static AgencyForm form(CSVRecord row, List<String> columns, Scope defaultScope) {
    Map<String, String> cells = new HashMap<>();
    for (int i = 0; i < row.size(); i++) {
      cells.put(columns.get(i), row.get(i));
    }
    AgencyForm form =
        AgencyForm.sent(
            cells.get("name"),
            cells.get("slug"),
            scope(cells.get("scope"), defaultScope),
            cells.get("expected_active911_id"),
            cells.get("contact"));
    return form.slug().isEmpty() ? form.withSlug(form.suggestedSlug()) : form;
  }

  private static List<String> scope(@Nullable String cell, Scope defaultScope) {
    return cell == null || cell.isBlank()
        ? List.copyOf(defaultScope.tokens())
        : SPACES.splitAsStream(cell.strip()).toList();
  }
}
