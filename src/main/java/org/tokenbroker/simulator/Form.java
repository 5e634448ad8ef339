package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Parameters in the form {@code application/x-www-form-urlencoded} (RFC 6749 appendix B). One that
 * was sent without a value counts as not sent (§3.1, §3.2).
 */
record Form(Map<String, List<String>> parameters) {

  static final Form EMPTY = new Form(Map.of());

  /**
   * Reads a query or a body.
   *
   * @throws IllegalArgumentException if its percent-encoding is broken
   */
  static Form parse(@Nullable String encoded) {
    if (encoded == null || encoded.isEmpty()) {
      return EMPTY;
    }
    Map<String, List<String>> parameters = new LinkedHashMap<>();
    for (String pair : encoded.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        String name = decode(equals < 0 ? pair : pair.substring(0, equals));
        String value = equals < 0 ? "" : decode(pair.substring(equals + 1));
        parameters.computeIfAbsent(name, _ -> new ArrayList<>(1)).add(value);
      }
    }
    return new Form(parameters);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, UTF_8);
  }

  /** The value of a parameter, its first where it came twice; null if it has none. */
  @Nullable String value(String name) {
    List<String> values = parameters.get(name);
    return values == null || values.getFirst().isEmpty() ? null : values.getFirst();
  }

  /** The value of a parameter, or another if it has none. */
  String value(String name, String otherwise) {
    String value = value(name);
    return value == null ? otherwise : value;
  }

  /** All values of a parameter. */
  List<String> values(String name) {
    return parameters.getOrDefault(name, List.of());
  }

  boolean has(String name) {
    return value(name) != null;
  }

  /** Whether a parameter came more than once (forbidden by §3.1, §3.2). */
  boolean isRepeated(String name) {
    return values(name).size() > 1;
  }

  boolean hasRepeated() {
    return parameters.values().stream().anyMatch(values -> values.size() > 1);
  }
}
