package org.tokenbroker.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the security documents name as proof is there. */
@NullMarked
class SecurityDocumentsTest {

  private static final Pattern TEST = Pattern.compile("`([A-Z]\\w*(?:Test|IT))(?:\\.(\\w+))?`");
  private static final Pattern FILE = Pattern.compile("`((?:src/|docs/)[^`]+|pom\\.xml)`");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(?:#[^)]*)?\\)");

  @ParameterizedTest
  @ValueSource(strings = {"threat-model.md", "security-checklist.md"})
  void everyTestAndFileThatIsNamedExists(String document) throws IOException {
    Path docs = Path.of("docs");
    String text = Files.readString(docs.resolve(document));
    Map<String, String> tests = tests();
    Set<String> missing = new TreeSet<>();
    int named = 0;
    for (Matcher test = TEST.matcher(text); test.find(); named++) {
      String source = tests.getOrDefault(test.group(1), "");
      String method = test.group(2);
      if (source.isEmpty() || (method != null && !source.contains(" " + method + "("))) {
        missing.add(test.group());
      }
    }
    for (Matcher file = FILE.matcher(text); file.find(); ) {
      if (!Files.exists(Path.of(file.group(1)))) {
        missing.add(file.group());
      }
    }
    for (Matcher link = LINK.matcher(text); link.find(); ) {
      if (!Files.exists(docs.resolve(link.group(1)))) {
        missing.add(link.group());
      }
    }

    assertEquals(Set.of(), missing);
    assertTrue(named > 20, "tests are named as `SomeTest` or `SomeTest.method`");
  }

  private static Map<String, String> tests() throws IOException {
    Map<String, String> sources = new HashMap<>();
    try (Stream<Path> files = Files.walk(Path.of("src", "test", "java"))) {
      List<Path> java = files.filter(file -> file.toString().endsWith(".java")).toList();
      for (Path file : java) {
        String name = String.valueOf(file.getFileName());
        sources.put(name.substring(0, name.length() - ".java".length()), Files.readString(file));
      }
    }
    return sources;
  }
}
