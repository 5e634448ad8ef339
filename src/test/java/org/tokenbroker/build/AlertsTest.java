package org.tokenbroker.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.testing.ExternalTool;
import org.tokenbroker.testing.Monitoring;

/** Whoever is woken by an alert finds the page that says what to do. */
@NullMarked
class AlertsTest {

  private static final Path RUNBOOK = Path.of("docs/runbook.md");
  private static final Path CASES = Path.of("src/test/resources/monitoring");
  private static final Pattern SECTION = Pattern.compile("(?m)^## (TokenBroker\\w+)$");

  @TempDir Path directory;

  private static Set<String> names() {
    return Monitoring.alerts().stream()
        .map(alert -> alert.get("alert").asText())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void everyAlertHasItsSectionInTheRunbookAndEverySectionItsAlert() {
    List<String> sections = new ArrayList<>();
    Matcher section = SECTION.matcher(read(RUNBOOK));
    while (section.find()) {
      sections.add(section.group(1));
    }

    assertEquals(List.copyOf(names()), sections);
  }

  @Test
  void everySectionSaysWhatItMeansWhoIsConcernedHowToBeSureAndWhatToDo() {
    List<String> sections = SECTION.splitAsStream(read(RUNBOOK)).toList();

    for (int index = 1; index < sections.size(); index++) {
      for (String part : new String[] {"**Means.**", "**Seen.**", "**Confirm.**", "**Do.**"}) {
        assertTrue(
            sections.get(index).contains(part), part + " is missing in:" + sections.get(index));
      }
    }
  }

  @Test
  void everyAlertNamesItsSectionAndHowSoonSomebodyMustLook() {
    for (JsonNode alert : Monitoring.alerts()) {
      String name = alert.get("alert").asText();
      JsonNode annotations = alert.get("annotations");
      assertEquals(
          "https://example.com/token-broker/docs/runbook.md#" + name.toLowerCase(Locale.ROOT),
          annotations.get("runbook_url").asText());
      assertTrue(annotations.hasNonNull("summary"), name);
      assertTrue(
          Set.of("page", "ticket").contains(alert.get("labels").get("severity").asText()), name);
    }
  }

  @Test
  void everyAlertIsTriedOut() {
    String cases =
        read(CASES.resolve("alerts.test.yaml")) + read(CASES.resolve("alerts-of-days.test.yaml"));

    for (String name : names()) {
      assertTrue(cases.contains("alertname=\"" + name + "\""), name);
    }
  }

  @Test
  void theRulesAndTheDashboardsQueriesAreWellFormed() throws Exception {
    List<Map<String, Object>> queries = new ArrayList<>();
    for (String query : Monitoring.dashboardQueries()) {
      queries.add(
          Map.of(
              "record",
              "query:" + queries.size(),
              "expr",
              query.replace("$namespace", ".*").replace("$__rate_interval", "5m")));
    }
    Path dashboard = directory.resolve("dashboard.yaml");
    new ObjectMapper()
        .writeValue(
            dashboard.toFile(), Map.of("groups", List.of(Map.of("name", "q", "rules", queries))));

    promtool("check", "rules", rules().toString(), dashboard.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"alerts.test.yaml", "alerts-of-days.test.yaml"})
  void alertsFireWhenTheyShouldAndOnlyThen(String cases) throws Exception {
    rules();
    Path copy = directory.resolve(cases);
    Files.copy(CASES.resolve(cases), copy);

    promtool("test", "rules", copy.toString());
  }

  /** The rules as Prometheus itself reads them: the operator's object holds nothing else. */
  private Path rules() throws IOException {
    Path file = directory.resolve("rules.yaml");
    // YAML, of which JSON is a part.
    new ObjectMapper().writeValue(file.toFile(), Monitoring.rules().get("spec"));
    return file;
  }

  private void promtool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ExternalTool.orSkip("promtool").toString());
    command.addAll(List.of(arguments));
    Path output = directory.resolve("output");
    int exitCode =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.to(output.toFile()))
            .start()
            .waitFor();
    assertEquals(0, exitCode, () -> read(output));
  }
}
