package org.tokenbroker.simulator;

import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Fault rules in the words of the control API; {@code docs/simulator.md} lists them. */
final class FaultWords {

  private FaultWords() {}

  /**
   * Reads a rule.
   *
   * @throws IllegalArgumentException if it is none
   */
  static FaultRule read(Parameters parameters) {
    Fault fault = fault(parameters.required("fault"), parameters);
    String agencyId = parameters.text("agency");
    Integer times = parameters.integer("times");
    Set<CallKind> calls = calls(parameters.list("on"));
    parameters.end();
    return new FaultRule(fault, agencyId, calls.isEmpty() ? fault.usualCalls() : calls, times);
  }

  private static Set<CallKind> calls(List<String> words) {
    Set<CallKind> calls = EnumSet.noneOf(CallKind.class);
    for (String list : words) {
      for (String word : list.split(",", -1)) {
        if (word.equals("token")) {
          calls.addAll(CallKind.AT_TOKEN_ENDPOINTS);
        } else {
          calls.add(Parameters.word("on", CallKind.class, word));
        }
      }
    }
    return calls;
  }

  private static Fault fault(String word, Parameters parameters) {
    return switch (word) {
      case "rotation" ->
          new Fault.RotationMode(
              parameters.requiredWord("mode", Rotation.class),
              Duration.ofSeconds(parameters.number("grace", 30)));
      case "lifetime" -> new Fault.Lifetime(parameters.requiredNumber("seconds"));
      case "expires_in" -> new Fault.ExpiresIn(parameters.requiredWord("as", Fault.Notation.class));
      case "expiration" ->
          new Fault.Expiration(parameters.requiredWord("as", Fault.Notation.class));
      case "scope" -> new Fault.GrantedScope(Scopes.parse(parameters.required("scope")));
      case "no_refresh_token" -> new Fault.NoRefreshToken();
      case "token_length" ->
          new Fault.TokenLength(Math.toIntExact(parameters.requiredNumber("characters")));
      case "latency" -> latency(parameters);
      case "error" -> error(parameters, 400, parameters.required("error"));
      case "invalid_grant",
          "invalid_client",
          "unauthorized_client",
          "invalid_scope",
          "invalid_request" ->
          error(parameters, 400, word);
      case "server_error" -> error(parameters, 500, word);
      case "rate_limited" -> error(parameters, 429, word);
      case "redirect" ->
          new Fault.Redirect(
              Math.toIntExact(parameters.number("status", 302)),
              URI.create(parameters.text("location", "https://example.org/")));
      case "reset" -> new Fault.Reset(moment(parameters));
      case "cut" -> new Fault.CutBody(parameters.integer("bytes"));
      case "drip" -> new Fault.Drip(parameters.millis("millis", 250));
      case "silence" -> new Fault.Silence(moment(parameters));
      case "api_error" -> new Fault.ApiError();
      case "numeric_ids" -> new Fault.NumericIds();
      case "other_agency" -> new Fault.OtherAgency(parameters.required("other"));
      case "devices" -> new Fault.Devices(Math.toIntExact(parameters.number("count", 5000)));
      default -> throw new IllegalArgumentException("there is no fault " + word);
    };
  }

  private static Fault.Moment moment(Parameters parameters) {
    return parameters.word("moment", Fault.Moment.class, Fault.Moment.BEFORE);
  }

  private static Fault latency(Parameters parameters) {
    long least = parameters.requiredNumber("millis");
    return new Fault.Latency(
        Duration.ofMillis(least), parameters.millis("to", least), moment(parameters));
  }

  private static Fault error(Parameters parameters, int status, String error) {
    String retryAfter = parameters.text("retry_after");
    boolean asDate =
        switch (parameters.text("retry_after_as", "seconds")) {
          case "seconds" -> false;
          case "date" -> true;
          default -> throw new IllegalArgumentException("retry_after_as is seconds or date");
        };
    return new Fault.ErrorAnswer(
        Math.toIntExact(parameters.number("status", status)),
        error,
        parameters.word("as", Fault.Body.class, Fault.Body.OAUTH),
        retryAfter == null ? null : Duration.ofSeconds(parameters.requiredNumber("retry_after")),
        asDate,
        moment(parameters));
  }

  /** A rule in the words that {@link #read} reads. */
  static Map<String, Object> write(FaultRule rule) {
    Map<String, Object> words = new LinkedHashMap<>();
    switch (rule.fault()) {
      case Fault.RotationMode(Rotation rotation, Duration grace) -> {
        words.put("fault", "rotation");
        words.put("mode", word(rotation));
        words.put("grace", grace.toSeconds());
      }
      case Fault.Lifetime(long seconds) -> {
        words.put("fault", "lifetime");
        words.put("seconds", seconds);
      }
      case Fault.ExpiresIn(Fault.Notation notation) -> {
        words.put("fault", "expires_in");
        words.put("as", word(notation));
      }
      case Fault.Expiration(Fault.Notation notation) -> {
        words.put("fault", "expiration");
        words.put("as", word(notation));
      }
      case Fault.GrantedScope(Set<String> scopes) -> {
        words.put("fault", "scope");
        words.put("scope", Scopes.text(scopes));
      }
      case Fault.NoRefreshToken() -> words.put("fault", "no_refresh_token");
      case Fault.TokenLength(int characters) -> {
        words.put("fault", "token_length");
        words.put("characters", characters);
      }
      case Fault.Latency(Duration least, Duration most, Fault.Moment moment) -> {
        words.put("fault", "latency");
        words.put("millis", least.toMillis());
        words.put("to", most.toMillis());
        words.put("moment", word(moment));
      }
      case Fault.ErrorAnswer error -> write(error, words);
      case Fault.Redirect(int status, URI location) -> {
        words.put("fault", "redirect");
        words.put("status", status);
        words.put("location", location.toString());
      }
      case Fault.Reset(Fault.Moment moment) -> {
        words.put("fault", "reset");
        words.put("moment", word(moment));
      }
      case Fault.CutBody(Integer bytes) -> {
        words.put("fault", "cut");
        put(words, "bytes", bytes);
      }
      case Fault.Drip(Duration interval) -> {
        words.put("fault", "drip");
        words.put("millis", interval.toMillis());
      }
      case Fault.Silence(Fault.Moment moment) -> {
        words.put("fault", "silence");
        words.put("moment", word(moment));
      }
      case Fault.ApiError() -> words.put("fault", "api_error");
      case Fault.NumericIds() -> words.put("fault", "numeric_ids");
      case Fault.OtherAgency(String agencyId) -> {
        words.put("fault", "other_agency");
        words.put("other", agencyId);
      }
      case Fault.Devices(int count) -> {
        words.put("fault", "devices");
        words.put("count", count);
      }
    }
    put(words, "agency", rule.agencyId());
    words.put("on", rule.calls().stream().sorted().map(CallKind::word).toList());
    put(words, "times", rule.times());
    return words;
  }

  private static void write(Fault.ErrorAnswer error, Map<String, Object> words) {
    words.put("fault", "error");
    words.put("error", error.error());
    words.put("status", error.status());
    words.put("as", word(error.body()));
    if (error.retryAfter() != null) {
      words.put("retry_after", error.retryAfter().toSeconds());
      words.put("retry_after_as", error.retryAfterAsDate() ? "date" : "seconds");
    }
    words.put("moment", word(error.moment()));
  }

  private static void put(Map<String, Object> words, String name, @Nullable Object value) {
    if (value != null) {
      words.put(name, value);
    }
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
