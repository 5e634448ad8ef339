package org.tokenbroker.platform;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.RestAssured;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.Monitoring;

/** What whoever scrapes the broker is told. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class MetricsTest {

  @ConfigProperty(name = "quarkus.management.test-port")
  int managementPort;

  Simulator active911;
  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  private String scrape() {
    return given()
        .port(managementPort)
        .get("/q/metrics")
        .then()
        .statusCode(200)
        .extract()
        .asString();
  }

  /** Each sample's value, by its name and labels. */
  private Map<String, Double> samples() {
    Map<String, Double> samples = new TreeMap<>();
    scrape()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(
            line -> {
              int end = line.lastIndexOf(' ');
              // Some writers leave a comma after the last label.
              String name = line.substring(0, end).replace(",}", "}");
              samples.put(name, Double.parseDouble(line.substring(end + 1)));
            });
    return samples;
  }

  private double reads(String outcome) {
    return samples()
        .getOrDefault(
            "token_broker_handout_seconds_count{outcome=\"%s\"}".formatted(outcome), -1.0);
  }

  private double refreshes(String outcome) {
    return samples()
        .getOrDefault(
            "token_broker_refresh_seconds_count{outcome=\"%s\"}".formatted(outcome), -1.0);
  }

  @Test
  void readsAndRefreshesAreCounted() {
    broker.createAgency("metrics-read");
    broker.connect("metrics-read", active911.agencies().get(195).id()).then().statusCode(303);
    String key = broker.createCaller("metrics-read", "metrics-read");
    double memory = reads("memory");
    double known = reads("not_modified");
    double forbidden = reads("forbidden");
    double refreshed = refreshes("refreshed");

    String tag =
        broker
            .bearer(key)
            .get("/tokens/metrics-read")
            .then()
            .statusCode(200)
            .extract()
            .header("ETag");
    broker
        .bearer(key)
        .header("If-None-Match", tag)
        .get("/tokens/metrics-read")
        .then()
        .statusCode(304);
    broker.bearer(key).get("/tokens/metrics-other").then().statusCode(403);
    broker.admin().post("/agencies/metrics-read/refresh").then().statusCode(200);

    assertEquals(memory + 1, reads("memory"));
    assertEquals(known + 1, reads("not_modified"));
    assertEquals(forbidden + 1, reads("forbidden"));
    // Others may be refreshed meanwhile.
    assertTrue(refreshes("refreshed") > refreshed);
  }

  private double brokenAnswers() {
    return samples().getOrDefault("token_broker_answers_seconds_count{status=\"broken\"}", 0.0);
  }

  @Test
  void anAnswerThatNobodyGotIsNotCountedAsOne() throws IOException {
    // Whether the broker notices while it waits for the body or before it asks for it is chance.
    int requests = 100;
    double before = brokenAnswers();
    for (int i = 0; i < requests; i++) {
      try (Socket socket = new Socket("localhost", RestAssured.port)) {
        socket
            .getOutputStream()
            .write(
                ("PUT /agencies/metrics-broken HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                        + BrokerTestResource.ADMIN_KEY
                        + "\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
                    .getBytes(StandardCharsets.US_ASCII));
      }
    }

    Eventually.isTrue(
        "each request is counted as broken",
        () -> brokenAnswers() >= before + requests,
        this::scrape);
  }

  @Test
  void noAgencyAndNoCallerIsALabel() {
    broker.createAgency("metrics-label");
    String key = broker.createCaller("metrics-label", "metrics-label");
    broker.bearer(key).get("/tokens/metrics-label").then().statusCode(409);

    given()
        .port(managementPort)
        .get("/q/metrics")
        .then()
        .body(not(containsString("metrics-label")))
        .body(not(containsString("uri=\"/tokens/{agency}\"")));
  }

  /** What rules have recorded before, what Prometheus itself knows, and labels to group by. */
  private static final Pattern NOT_OURS =
      Pattern.compile("\\w+:\\w+:\\w+|\\bALERTS\\b\\{[^}]*}|\\bby \\([^)]*\\)");

  private static final Pattern SELECTOR =
      Pattern.compile("\\b([a-z]+(?:_[a-z]+)+)(?:\\{([^}]*)}|\\b(?=\\[|\\)| [<>=]))");

  private static final Pattern MATCHER = Pattern.compile("(\\w+)=~?\"([^\"]*)\"");

  /** Labels that are put on by whoever scrapes. */
  private static final Set<String> SCRAPED = Set.of("namespace", "instance");

  @Test
  void whatAlertsAndDashboardAskForIsThere() {
    broker.createAgency("metrics-asked");
    Map<String, Double> samples = samples();
    List<String> queries = new ArrayList<>(Monitoring.ruleQueries());
    queries.addAll(Monitoring.dashboardQueries());
    Set<String> asked = new TreeSet<>();

    for (String query : queries) {
      Matcher selector = SELECTOR.matcher(NOT_OURS.matcher(query).replaceAll(""));
      while (selector.find()) {
        asked.add(selector.group(1));
        String labels = selector.group(2) == null ? "" : selector.group(2);
        Matcher matcher = MATCHER.matcher(labels);
        assertTrue(isThere(samples, selector.group(1), ""), () -> query + ": no such metric");
        while (matcher.find()) {
          if (!SCRAPED.contains(matcher.group(1))) {
            for (String value : matcher.group(2).split("\\|", -1)) {
              String pair = matcher.group(1) + "=\"" + value + "\"";
              assertTrue(
                  isThere(samples, selector.group(1), pair), () -> query + ": never " + pair);
            }
          }
        }
      }
    }

    assertTrue(asked.size() > 20, () -> "otherwise the queries were not understood: " + asked);
  }

  /** Whether there is a sample of this name with this pair, whose value is a pattern. */
  private static boolean isThere(Map<String, Double> samples, String name, String pair) {
    Pattern sample = Pattern.compile(Pattern.quote(name) + "(\\{.*" + pair + ".*}|)");
    return samples.keySet().stream()
        .anyMatch(
            known -> sample.matcher(known).matches() && (pair.isEmpty() || known.contains("{")));
  }

  @Test
  void theReleaseIsNamed() {
    assertTrue(
        samples().keySet().stream()
            .anyMatch(
                name ->
                    name.startsWith("token_broker_build_info{")
                        && name.toLowerCase(Locale.ROOT).contains("version=\"")),
        this::scrape);
  }
}
