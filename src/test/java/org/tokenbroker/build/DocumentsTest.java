package org.tokenbroker.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/**
 * What the documents point to is there: files, headings, and the tests that are to show a claim.
 */
@NullMarked
class DocumentsTest {

  private static final Pattern LINK =
      Pattern.compile("]\\(([^)#:]+)(?:#([^)]+))?\\)|]\\(#([^)]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");
  private static final Pattern CODE = Pattern.compile("(?s)```.*?```");
  private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*(?:Test|IT))(?:\\.(\\w+))?`");

  private static List<Path> documents() {
    try (Stream<Path> files = Files.walk(Path.of("docs"))) {
      return Stream.concat(
              Stream.of(Path.of("README.md")),
              files.filter(file -> file.toString().endsWith(".md")))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String withoutCode(Path file) {
    return CODE.matcher(read(file)).replaceAll("");
  }

  /** A heading's name in a link, as the usual viewers make it. */
  private static Set<String> anchors(Path file) {
    Set<String> anchors = new HashSet<>();
    Matcher heading = HEADING.matcher(withoutCode(file));
    while (heading.find()) {
      anchors.add(
          heading
              .group(1)
              .toLowerCase(Locale.ROOT)
              .replaceAll("[^\\p{L}\\p{N} _-]", "")
              .replace(' ', '-'));
    }
    return anchors;
  }

  @Test
  void everyLinkLeadsSomewhere() {
    List<String> dead = new ArrayList<>();
    for (Path document : documents()) {
      Matcher link = LINK.matcher(withoutCode(document));
      while (link.find()) {
        Path target =
            link.group(1) == null ? document : document.resolveSibling(link.group(1)).normalize();
        String anchor = link.group(1) == null ? link.group(3) : link.group(2);
        if (!Files.exists(target) || (anchor != null && !anchors(target).contains(anchor))) {
          dead.add(document + " -> " + link.group());
        }
      }
    }

    assertEquals(List.of(), dead);
  }

  @Test
  void everyTestThatIsToShowSomethingIsThere() throws IOException {
    Map<String, Path> tests;
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      tests =
          files
              .filter(file -> file.toString().matches(".*(Test|IT)\\.java"))
              .collect(
                  Collectors.toMap(
                      file -> file.getFileName().toString().replace(".java", ""),
                      Function.identity()));
    }
    List<String> missing = new ArrayList<>();
    int named = 0;
    for (Path document : documents()) {
      Matcher test = TEST.matcher(withoutCode(document));
      while (test.find()) {
        named++;
        Path source = tests.get(test.group(1));
        if (source == null
            || (test.group(2) != null && !read(source).contains(" " + test.group(2) + "("))) {
          missing.add(document + ": " + test.group());
        }
      }
    }

    assertEquals(List.of(), missing);
    assertFalse(named < 50, "otherwise the documents were not understood");
  }
}
