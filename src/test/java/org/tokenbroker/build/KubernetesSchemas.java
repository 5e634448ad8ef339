package org.tokenbroker.build;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/**
 * The schemas in {@code src/test/resources/kubernetes}, by kind. They are strict: a field that they
 * do not name is an error.
 */
@NullMarked
final class KubernetesSchemas {

  private static final Path DIRECTORY = Path.of("src", "test", "resources", "kubernetes");

  private final Map<String, JsonSchema> byKind = new HashMap<>();

  KubernetesSchemas() throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonSchemaFactory factory = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7);
    List<Path> files;
    try (Stream<Path> listed = Files.list(DIRECTORY)) {
      files = listed.filter(file -> file.toString().endsWith(".json")).toList();
    }
    for (Path file : files) {
      JsonNode definitions = mapper.readTree(file.toFile()).path("definitions");
      for (JsonNode alternative : definitions.path("Manifest").path("anyOf")) {
        JsonNode schema =
            alternative.has("$ref")
                ? definitions.path(
                    alternative.path("$ref").asText().substring("#/definitions/".length()))
                : alternative;
        ObjectNode whole = schema.deepCopy();
        whole.set("definitions", definitions);
        JsonNode properties = schema.path("properties");
        byKind.put(
            key(
                properties.path("apiVersion").path("const").asText(),
                properties.path("kind").path("const").asText()),
            factory.getSchema(whole));
      }
    }
  }

  /** What is wrong with an object, in words; nothing if it is as it must be. */
  List<String> faults(JsonNode object) {
    String key = key(object.path("apiVersion").asText(), object.path("kind").asText());
    JsonSchema schema = byKind.get(key);
    return schema == null
        ? List.of("there is no schema of " + key)
        : schema.validate(object).stream().map(ValidationMessage::getMessage).toList();
  }

  private static String key(String apiVersion, String kind) {
    return apiVersion + " " + kind;
  }
}
