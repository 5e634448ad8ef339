package org.tokenbroker.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a control call, from its query and its body, which is a form or a flat JSON
 * object. Everything that is wrong with them is an {@link IllegalArgumentException}; so is a
 * parameter that nobody asked for, because it is likely a slip of the pen.
 */
final class Parameters {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final Map<String, List<String>> values = new LinkedHashMap<>();
  private final Set<String> asked = new HashSet<>();

  private Parameters() {}

  static Parameters of(Request request) {
    Parameters parameters = new Parameters();
    parameters.add(Form.parse(request.query()).parameters());
    String type = request.header("Content-Type");
    if (type != null && type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      parameters.add(json(request.body()));
    } else {
      parameters.add(Form.parse(request.body()).parameters());
    }
    return parameters;
  }

  private void add(Map<String, List<String>> more) {
    more.forEach((name, list) -> values.computeIfAbsent(name, _ -> new ArrayList<>()).addAll(list));
  }

  private static Map<String, List<String>> json(String body) {
    Map<String, List<String>> result = new LinkedHashMap<>();
    try {
      MAPPER
          .readValue(body, new TypeReference<Map<String, Object>>() {})
          .forEach(
              (name, value) ->
                  result.put(
                      name,
                      value instanceof List<?> list
                          ? list.stream().map(String::valueOf).toList()
                          : List.of(value == null ? "" : value.toString())));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("the body is no JSON object", e);
    }
    return result;
  }

  /** All values of a parameter that may come several times; an empty one counts as none. */
  List<String> list(String name) {
    asked.add(name);
    return values.getOrDefault(name, List.of()).stream().filter(v -> !v.isEmpty()).toList();
  }

  /** The value, or null if there is none. */
  @Nullable String text(String name) {
    List<String> list = list(name);
    if (list.size() > 1) {
      throw new IllegalArgumentException(name + " is repeated");
    }
    return list.isEmpty() ? null : list.getFirst();
  }

  String text(String name, String otherwise) {
    String text = text(name);
    return text == null ? otherwise : text;
  }

  String required(String name) {
    String text = text(name);
    if (text == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return text;
  }

  @Nullable Integer integer(String name) {
    String text = text(name);
    return text == null ? null : Math.toIntExact(number(name, text));
  }

  long number(String name, long otherwise) {
    String text = text(name);
    return text == null ? otherwise : number(name, text);
  }

  long requiredNumber(String name) {
    return number(name, required(name));
  }

  private static long number(String name, String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " is no whole number", e);
    }
  }

  Duration millis(String name, long otherwise) {
    return Duration.ofMillis(number(name, otherwise));
  }

  <E extends Enum<E>> E word(String name, Class<E> type, E otherwise) {
    String text = text(name);
    return text == null ? otherwise : word(name, type, text);
  }

  <E extends Enum<E>> E requiredWord(String name, Class<E> type) {
    return word(name, type, required(name));
  }

  static <E extends Enum<E>> E word(String name, Class<E> type, String text) {
    for (E constant : type.getEnumConstants()) {
      if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(name + " cannot be " + text);
  }

  /** To be called when all parameters were asked for. */
  void end() {
    values.forEach(
        (name, list) -> {
          if (!asked.contains(name) && !list.stream().allMatch(String::isEmpty)) {
            throw new IllegalArgumentException("nothing here is called " + name);
          }
        });
  }
}
