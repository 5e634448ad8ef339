package org.tokenbroker.browser;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.openqa.selenium.JavascriptExecutor;

/** Looks with axe-core for what keeps people with disabilities from using a page. */
final class Barriers {

  private static final String AXE = script();

  /** All rules but the experimental ones, each finding in a line. */
  private static final String RUN =
      """
      const done = arguments[arguments.length - 1];
      axe.run(document, {resultTypes: ["violations"]}).then(
        (found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) =>
          rule.id + " at " + node.target.join(" ") + ": " + node.failureSummary))),
        (failure) => done(["axe-core failed: " + failure]));
      """;

  private Barriers() {}

  private static String script() {
    try (InputStream file = Barriers.class.getResourceAsStream("/axe.min.js")) {
      return new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What it finds on the page that is open. */
  static List<String> on(JavascriptExecutor page) {
    if (!Boolean.TRUE.equals(page.executeScript("return 'axe' in window"))) {
      page.executeScript(AXE);
    }
    List<?> found = (List<?>) Objects.requireNonNull(page.executeAsyncScript(RUN));
    return found.stream().map(Object::toString).toList();
  }
}
