package org.tokenbroker.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/**
 * What a kustomization makes.
 *
 * @param name the kustomization's name, for reports
 * @param objects the objects, as the API server would be sent them
 */
@NullMarked
record Manifests(String name, List<JsonNode> objects) {

  private static final ObjectReader YAML = new YAMLMapper().readerFor(JsonNode.class);

  /**
   * Renders a kustomization.
   *
   * @param kubectl the program
   */
  static Manifests render(Path kubectl, Path kustomization)
      throws IOException, InterruptedException {
    Path errors = Files.createTempFile("kustomize", ".err");
    try {
      Process process =
          new ProcessBuilder(kubectl.toString(), "kustomize", kustomization.toString())
              .redirectError(errors.toFile())
              .start();
      String yaml = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (process.waitFor() != 0) {
        throw new IOException(kustomization + ": " + Files.readString(errors));
      }
      try (MappingIterator<JsonNode> documents = YAML.readValues(yaml)) {
        return new Manifests(kustomization.getFileName().toString(), documents.readAll());
      }
    } finally {
      Files.delete(errors);
    }
  }

  /** One object's name, for reports. */
  String nameOf(JsonNode object) {
    return name + ": " + kind(object) + " " + object.path("metadata").path("name").asText();
  }

  static String kind(JsonNode object) {
    return object.path("kind").asText();
  }

  Stream<JsonNode> ofKind(String kind) {
    return objects.stream().filter(object -> kind(object).equals(kind));
  }

  /** All that runs containers. */
  Stream<Workload> workloads() {
    return objects.stream()
        .map(
            object ->
                switch (kind(object)) {
                  case "Deployment", "StatefulSet" ->
                      new Workload(this, object, template(object.path("spec")), true);
                  case "Job" -> new Workload(this, object, template(object.path("spec")), false);
                  case "CronJob" ->
                      new Workload(
                          this,
                          object,
                          template(object.path("spec").path("jobTemplate").path("spec")),
                          false);
                  default -> null;
                })
        .filter(Objects::nonNull);
  }

  private static JsonNode template(JsonNode spec) {
    return spec.path("template");
  }

  /**
   * Something that runs containers.
   *
   * @param template what its pods are made of
   * @param serves whether it runs until it is told to end
   */
  record Workload(Manifests manifests, JsonNode object, JsonNode template, boolean serves) {

    String name() {
      return manifests.nameOf(object);
    }

    JsonNode pod() {
      return template.path("spec");
    }

    Stream<JsonNode> containers() {
      return Stream.of("containers", "initContainers")
          .flatMap(field -> pod().path(field).valueStream());
    }

    JsonNode labels() {
      return template.path("metadata").path("labels");
    }
  }
}
