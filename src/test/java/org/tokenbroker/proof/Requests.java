package org.tokenbroker.proof;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;
import org.tokenbroker.testing.OpenApiDocument;
import org.tokenbroker.testing.OpenApiDocument.Operation;
import org.tokenbroker.testing.OpenApiDocument.Parameter;

/**
 * Requests of every operation of the interface: some right, most wrong somewhere, as the document's
 * schemas say what right is.
 */
final class Requests {

  /** Names that exist, or come to exist and go, while requests are sent. */
  static final List<String> NAMES = List.of("fuzz-a", "fuzz-b", "fuzz-c");

  private static final String NAME_PATTERN = "[a-z0-9][a-z0-9-]{0,62}";

  private final OpenApiDocument document;
  private final List<String> credentials;

  /**
   * Draws from a document.
   *
   * @param credentials values of the header Authorization; an empty one is left out
   */
  Requests(OpenApiDocument document, List<String> credentials) {
    this.document = document;
    this.credentials = credentials;
  }

  /**
   * One request.
   *
   * @param target the path and the query, encoded
   * @param headers line by line
   * @param plainPath whether each value in the path is one segment of its own, so that the path is
   *     the operation's
   */
  record Request(
      Operation operation, String target, List<String> headers, String body, boolean plainPath) {

    /** The request line and the headers. */
    String head(String host) {
      StringBuilder head =
          new StringBuilder(operation.method()).append(' ').append(target).append(" HTTP/1.1\r\n");
      head.append("Host: ").append(host);
      headers.forEach(header -> head.append("\r\n").append(header));
      if (operation.body() != null || !body.isEmpty()) {
        head.append("\r\nContent-Length: ").append(body.getBytes(StandardCharsets.UTF_8).length);
      }
      return head.toString();
    }
  }

  Arbitrary<Request> all() {
    return Arbitraries.of(document.operations()).flatMap(this::of);
  }

  private Arbitrary<Request> of(Operation operation) {
    Arbitrary<Map.Entry<String, Boolean>> path = path(operation);
    Arbitrary<String> query = query(operation);
    Arbitrary<List<String>> headers = headers(operation);
    Arbitrary<String> body = body(operation);
    return Combinators.combine(path, query, headers, body)
        .as(
            (thePath, theQuery, theHeaders, theBody) ->
                new Request(
                    operation,
                    theQuery.isEmpty() ? thePath.getKey() : thePath.getKey() + "?" + theQuery,
                    theHeaders,
                    theBody,
                    thePath.getValue()));
  }

  private Arbitrary<Map.Entry<String, Boolean>> path(Operation operation) {
    Arbitrary<Map.Entry<String, Boolean>> path =
        Arbitraries.just(Map.entry(operation.path(), true));
    for (Parameter parameter : operation.parameters()) {
      if (parameter.in().equals("path")) {
        Arbitrary<String> value =
            Arbitraries.frequencyOf(
                Tuple.of(6, value(parameter.schema())), Tuple.of(2, text()), Tuple.of(1, odd()));
        path =
            path.flatMap(
                sofar ->
                    value.map(
                        text ->
                            Map.entry(
                                sofar.getKey().replace("{" + parameter.name() + "}", encoded(text)),
                                sofar.getValue() && isOneSegment(text))));
      }
    }
    return path;
  }

  private static boolean isOneSegment(String text) {
    return !text.isEmpty()
        && !text.equals(".")
        && !text.equals("..")
        && text.chars().noneMatch(c -> c == '/' || c == '\\' || c == ';' || c == 0);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private Arbitrary<String> query(Operation operation) {
    List<Parameter> known =
        operation.parameters().stream().filter(each -> each.in().equals("query")).toList();
    if (known.isEmpty()) {
      return Arbitraries.frequencyOf(
          Tuple.of(9, Arbitraries.just("")), Tuple.of(1, text().map(text -> "x=" + encoded(text))));
    }
    Arbitrary<String> one =
        Arbitraries.of(known)
            .flatMap(
                parameter ->
                    Arbitraries.frequencyOf(
                            Tuple.of(4, value(parameter.schema()).map(Requests::encoded)),
                            Tuple.of(2, text().map(Requests::encoded)),
                            Tuple.of(1, odd().map(Requests::encoded)),
                            Tuple.of(1, Arbitraries.of("", "%", "%zz", "%C3%28", "%00", "a=b&&=")))
                        .map(value -> parameter.name() + "=" + value));
    return one.list().ofMaxSize(3).map(all -> String.join("&", all));
  }

  private Arbitrary<List<String>> headers(Operation operation) {
    Arbitrary<List<String>> headers =
        Arbitraries.of(credentials)
            .map(
                credential ->
                    credential.isEmpty()
                        ? List.<String>of()
                        : List.of("Authorization: " + credential));
    Arbitrary<String> type =
        operation.body() == null
            ? Arbitraries.frequencyOf(
                Tuple.of(9, Arbitraries.just("")),
                Tuple.of(1, Arbitraries.of("Content-Type: application/json", "Content-Type: /")))
            : Arbitraries.frequencyOf(
                Tuple.of(12, Arbitraries.just("Content-Type: application/json")),
                Tuple.of(
                    1,
                    Arbitraries.of(
                        "",
                        "Content-Type: text/xml",
                        "Content-Type: application/json; charset=utf-16",
                        "Content-Type: application/json; charset=none",
                        "Content-Type: \u0001",
                        "Content-Type: application/x-www-form-urlencoded",
                        "Content-Type: multipart/form-data; boundary=x")));
    Arbitrary<String> other =
        Arbitraries.frequencyOf(
            Tuple.of(12, Arbitraries.just("")),
            Tuple.of(
                1,
                Arbitraries.of(
                    "Accept: image/png",
                    "Accept: /",
                    "Accept: text/csv",
                    "Accept: application/jsonl",
                    "X-Request-ID: " + "x".repeat(100),
                    "X-Forwarded-For: not, an, address",
                    "Cookie: a=b; =; ;;",
                    "Expect: 100-continue",
                    "Range: bytes=0-1",
                    "X-HTTP-Method-Override: DELETE",
                    "Accept-Encoding: gzip",
                    "X: " + "y".repeat(9000))));
    headers = with(with(headers, type), other);
    for (Parameter parameter : operation.parameters()) {
      if (parameter.in().equals("header")) {
        headers =
            with(
                headers,
                Arbitraries.of(
                        "",
                        "\"abc\"",
                        "*",
                        "W/\"abc\"",
                        "\"a\", \"b\"",
                        "\"",
                        "abc",
                        "\"" + "x".repeat(5000) + "\"")
                    .map(value -> value.isEmpty() ? "" : parameter.name() + ": " + value));
      }
    }
    return headers;
  }

  private static Arbitrary<List<String>> with(
      Arbitrary<List<String>> headers, Arbitrary<String> another) {
    return headers.flatMap(
        sofar ->
            another.map(
                line -> {
                  List<String> all = new ArrayList<>(sofar);
                  if (!line.isEmpty()) {
                    all.add(line);
                  }
                  return List.copyOf(all);
                }));
  }

  private Arbitrary<String> body(Operation operation) {
    JsonNode schema = operation.body();
    if (schema == null) {
      return Arbitraries.frequencyOf(
          Tuple.of(9, Arbitraries.just("")), Tuple.of(1, Arbitraries.of("{}", "x", "[")));
    }
    return Arbitraries.frequencyOf(
        Tuple.of(12, object(schema)),
        Tuple.of(3, json()),
        Tuple.of(
            2,
            Arbitraries.of(
                "",
                "{",
                "}",
                "{\"a\":1}{\"a\":1}",
                "\u0000",
                "\uFEFF{}",
                "[".repeat(20_000),
                "{\"a\":".repeat(5_000),
                "{\"name\":\"" + "x".repeat(66_000) + "\"}",
                "1".repeat(3_000),
                "{\"expires_in\":1" + "0".repeat(2_000) + "}",
                "{\"name\":\"\\ud800\"}",
                "{\"name\":\"a\",\"name\":\"b\"}")));
  }

  /** An object with some of its members, each right or wrong, and perhaps one too many. */
  private Arbitrary<String> object(JsonNode schema) {
    Arbitrary<List<String>> members = Arbitraries.just(List.of());
    for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
      JsonNode type = document.resolved(property.getValue());
      Arbitrary<String> member =
          Arbitraries.frequencyOf(
                  Tuple.of(8, jsonValue(type)),
                  Tuple.of(1, json()),
                  Tuple.of(3, Arbitraries.just("")))
              .map(value -> value.isEmpty() ? "" : quoted(property.getKey()) + ":" + value);
      members = with(members, member);
    }
    return with(
            members,
            Arbitraries.frequencyOf(
                Tuple.of(15, Arbitraries.just("")),
                Tuple.of(1, json().map(value -> "\"unknown\":" + value))))
        .map(all -> "{" + String.join(",", all) + "}");
  }

  private Arbitrary<String> jsonValue(JsonNode schema) {
    String type = type(schema);
    return switch (type) {
      case "integer", "number" -> value(schema);
      case "boolean" -> Arbitraries.of("true", "false");
      case "array" ->
          jsonValue(document.resolved(schema.path("items")))
              .list()
              .ofMaxSize(3)
              .map(all -> "[" + String.join(",", all) + "]");
      case "object" -> object(schema);
      default ->
          Arbitraries.frequencyOf(Tuple.of(5, value(schema)), Tuple.of(1, text()))
              .map(Requests::quoted);
    };
  }

  private static String type(JsonNode schema) {
    JsonNode type = schema.path("type");
    return type.isArray() ? type.path(0).asText() : type.asText("string");
  }

  /** The text of a value that is right, or nearly. */
  private Arbitrary<String> value(JsonNode schema) {
    JsonNode resolved = document.resolved(schema);
    if (resolved.has("enum")) {
      List<String> words = new ArrayList<>();
      resolved.path("enum").forEach(word -> words.add(word.asText()));
      return Arbitraries.of(words);
    }
    if (resolved.path("pattern").asText().equals(NAME_PATTERN)) {
      return Arbitraries.of(NAMES);
    }
    return switch (type(resolved)) {
      case "integer", "number" -> {
        long least = resolved.path("minimum").asLong(0);
        long most = resolved.path("maximum").asLong(1_000_000);
        yield Arbitraries.frequencyOf(
            Tuple.of(
                4, Arbitraries.longs().between(least, Math.max(least, most)).map(String::valueOf)),
            Tuple.of(
                1,
                Arbitraries.of(
                    Long.toString(least - 1),
                    Long.toString(most + 1),
                    "-1",
                    "1.5",
                    "1e400",
                    "9223372036854775808",
                    "00")));
      }
      default ->
          resolved.path("format").asText().equals("date-time")
              ? Arbitraries.of(
                  "2026-11-24T17:58:49Z",
                  "2026-11-24T17:58:49.123456789+14:00",
                  "-999999999-01-01T00:00:00Z",
                  "+999999999-12-31T23:59:59Z",
                  "0000-01-01T00:00:00Z",
                  "2026-02-30T00:00:00Z",
                  "2026-11-24")
              : Arbitraries.of("a", "read_agency", "read_agency read_alert", "123", "Fuzz FD");
    };
  }

  /** Texts of any characters. */
  private static Arbitrary<String> text() {
    return Arbitraries.strings().all().ofMaxLength(40);
  }

  /** Texts that have made trouble elsewhere. */
  private static Arbitrary<String> odd() {
    return Arbitraries.of(
        "",
        " ",
        ".",
        "..",
        "../../agencies",
        "a/b",
        "a\\b",
        "a;b=c",
        "\u0000",
        "a\u0000b",
        "\r\nX: y",
        "null",
        "undefined",
        "-1",
        "*",
        "%2e%2e",
        "${jndi:ldap://127.0.0.1/x}",
        "' or 1=1 --",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "\u202Eabc",
        "\uD800",
        "\uFFFF",
        "ı",
        "FUZZ-A",
        "fuzz-a ",
        "x".repeat(63),
        "x".repeat(64),
        "x".repeat(6000),
        "9".repeat(400));
  }

  private static Arbitrary<String> json() {
    return Arbitraries.frequencyOf(
        Tuple.of(
            3,
            Arbitraries.of(
                "null",
                "true",
                "0",
                "-0.0",
                "1e400",
                "[]",
                "{}",
                "[[[]]]",
                "{\"\":{}}",
                "NaN",
                "'a'",
                "01",
                "\"\"",
                "[1,\"a\",null]",
                "12345678901234567890")),
        Tuple.of(2, text().map(Requests::quoted)),
        Tuple.of(1, odd().map(Requests::quoted)));
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    text.chars()
        .forEach(
            c -> {
              if (c == '"' || c == '\\' || c < ' ' || Character.isSurrogate((char) c)) {
                json.append("\\u%04x".formatted(c));
              } else {
                json.append((char) c);
              }
            });
    return json.append('"').toString();
  }
}
