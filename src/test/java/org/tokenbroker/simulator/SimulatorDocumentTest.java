package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.tokenbroker.simulator.TestClient.Reply;

/** Every {@code curl} line of {@code docs/simulator.md} does what it says. */
class SimulatorDocumentTest extends SimulatorTest {

  private static final String ORIGIN = "127.0.0.1:8911";
  private static final Pattern COMMAND = Pattern.compile("curl [^`\\n|]*");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");

  private static List<String> commands() throws Exception {
    return COMMAND
        .matcher(Files.readString(Path.of("docs", "simulator.md")))
        .results()
        .map(MatchResult::group)
        // The one that has connections refused comes last: it does not only answer.
        .sorted(Comparator.comparing(command -> command.contains("/refuse")))
        .toList();
  }

  /** Does what curl would do with these few options of it. */
  private Reply run(String command) throws Exception {
    List<String> data = new ArrayList<>();
    String method = "";
    String address = "";
    List<String> words =
        WORD.matcher(command)
            .results()
            .skip(1)
            .map(word -> word.group(1) == null ? word.group(2) : word.group(1))
            .toList();
    for (int i = 0; i < words.size(); i++) {
      switch (words.get(i)) {
        case "-d" -> data.add(words.get(++i).replace(" ", "%20"));
        case "-X" -> method = words.get(++i);
        default -> address = words.get(i);
      }
    }
    assertTrue(address.startsWith(ORIGIN + "/"), command);
    URI uri = URI.create(simulator.origin() + address.substring(ORIGIN.length()));
    if (data.isEmpty()) {
      return client.send(
          HttpRequest.newBuilder(uri)
              .method(method.isEmpty() ? "GET" : method, HttpRequest.BodyPublishers.noBody()));
    }
    return client.send(TestClient.formRequest(uri, String.join("&", data)));
  }

  @Test
  void everyCommandWorks() throws Exception {
    simulator.consent("123", SimulatorOptions.ALL_SCOPES);
    List<String> failures = new ArrayList<>();

    for (String command : commands()) {
      Reply reply = run(command);
      if (reply.status() / 100 != 2) {
        failures.add(command + ": " + reply.status() + " " + reply.body());
      }
    }

    assertEquals(List.of(), failures);
  }

  @Test
  void everyFaultHasACommand() throws Exception {
    Set<String> shown = new HashSet<>();
    for (String command : commands()) {
      if (command.contains("/control/faults") && command.contains("fault=")) {
        simulator.clearFaults();
        run(command);
        shown.add(client.seen("faults").path("items").path(0).path("fault").asText());
      }
    }
    Set<String> all =
        Set.of(
            "rotation",
            "lifetime",
            "expires_in",
            "expiration",
            "scope",
            "no_refresh_token",
            "token_length",
            "latency",
            "error",
            "redirect",
            "reset",
            "cut",
            "drip",
            "silence",
            "api_error",
            "numeric_ids",
            "other_agency",
            "devices");

    assertAll(
        () -> assertEquals(Fault.class.getPermittedSubclasses().length, all.size()),
        () -> assertEquals(all, shown));
  }
}
