package org.tokenbroker.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The interface as {@code docs/openapi.yaml} describes it, which {@code ApiDocumentTest} holds it
 * to.
 */
public final class OpenApiDocument {

  private static final Path FILE = Path.of("docs", "openapi.yaml");

  private final JsonNode root;

  private OpenApiDocument(JsonNode root) {
    this.root = root;
  }

  /** Reads the document in the repository. */
  public static OpenApiDocument read() {
    try {
      return new OpenApiDocument(new YAMLMapper().readTree(FILE.toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Something that a client may ask for.
   *
   * @param method in capitals
   * @param path with names in braces
   * @param body the schema of a JSON body; null: it takes none
   * @param answers for each status the types of problems that come with it
   */
  public record Operation(
      String method,
      String path,
      List<Parameter> parameters,
      @Nullable JsonNode body,
      Map<Integer, Set<String>> answers) {

    @Override
    public String toString() {
      return method + " " + path;
    }
  }

  /**
   * A parameter of an operation.
   *
   * @param in {@code path}, {@code query} or {@code header}
   */
  public record Parameter(String name, String in, JsonNode schema) {}

  /** Everything that there is. */
  public List<Operation> operations() {
    List<Operation> operations = new ArrayList<>();
    root.path("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .properties()
                    .forEach(
                        method -> {
                          if (method.getValue().has("responses")) {
                            operations.add(
                                operation(method.getKey(), path.getKey(), method.getValue()));
                          }
                        }));
    return operations;
  }

  private Operation operation(String method, String path, JsonNode description) {
    List<Parameter> parameters = new ArrayList<>();
    description
        .path("parameters")
        .forEach(
            parameter ->
                parameters.add(
                    new Parameter(
                        parameter.path("name").asText(),
                        parameter.path("in").asText(),
                        resolved(parameter.path("schema")))));
    JsonNode body =
        description.path("requestBody").path("content").path("application/json").path("schema");
    Map<Integer, Set<String>> answers = new TreeMap<>();
    description
        .path("responses")
        .properties()
        .forEach(
            response -> {
              Set<String> types = new TreeSet<>();
              response
                  .getValue()
                  .path("content")
                  .path("application/problem+json")
                  .path("examples")
                  .properties()
                  .forEach(
                      example -> types.add(example.getValue().path("value").path("type").asText()));
              answers.put(Integer.valueOf(response.getKey()), types);
            });
    return new Operation(
        method.toUpperCase(Locale.ROOT),
        path,
        parameters,
        body.isMissingNode() ? null : resolved(body),
        answers);
  }

  /** The schema itself, where it only names another one. */
  public JsonNode resolved(JsonNode schema) {
    if (schema.has("$ref")) {
      return root.at(schema.path("$ref").asText().substring(1));
    }
    if (schema.has("anyOf")) {
      return resolved(schema.path("anyOf").path(0));
    }
    return schema;
  }
}
