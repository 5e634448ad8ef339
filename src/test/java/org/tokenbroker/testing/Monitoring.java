package org.tokenbroker.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The alerts and the dashboard as they are delivered. */
public final class Monitoring {

  private static final File DIRECTORY = new File("k8s/components/monitoring");

  private Monitoring() {}

  /** The operator's object. */
  public static JsonNode rules() {
    return read(new YAMLMapper(), "prometheusrule.yaml");
  }

  /** The alerts among the rules, in their order. */
  public static List<JsonNode> alerts() {
    return rulesWith("alert");
  }

  /** What is asked by all rules. */
  public static List<String> ruleQueries() {
    return rulesWith("expr").stream().map(rule -> rule.get("expr").asText()).toList();
  }

  private static List<JsonNode> rulesWith(String field) {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode group : rules().get("spec").get("groups")) {
      for (JsonNode rule : group.get("rules")) {
        if (rule.has(field)) {
          found.add(rule);
        }
      }
    }
    return found;
  }

  /** What the dashboard's panels ask, with the dashboard's variables in it. */
  public static List<String> dashboardQueries() {
    List<String> queries = new ArrayList<>();
    for (JsonNode panel : read(new ObjectMapper(), "dashboard.json").get("panels")) {
      for (JsonNode target : panel.path("targets")) {
        queries.add(target.get("expr").asText());
      }
    }
    return queries;
  }

  private static JsonNode read(ObjectMapper mapper, String file) {
    try {
      return mapper.readTree(new File(DIRECTORY, file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
