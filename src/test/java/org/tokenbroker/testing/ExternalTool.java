package org.tokenbroker.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs of the system that some tests need and a machine may lack. A test that needs one is
 * reported as skipped, with the reason, where it is not found; with {@code EXTERNAL_TOOLS=required}
 * in the environment, or {@code BROWSER_TESTS=required} for what belongs to a browser, it fails
 * instead, so that nothing is skipped unseen where all is meant to run.
 */
public final class ExternalTool {

  private static final String TOOLS = "EXTERNAL_TOOLS";
  private static final String BROWSER = "BROWSER_TESTS";

  private static final Pattern SEPARATOR = Pattern.compile(File.pathSeparator, Pattern.LITERAL);

  private ExternalTool() {}

  /**
   * Where a program is.
   *
   * @param name its name on the search path, or in a directory for the administrator's programs
   */
  public static Path orSkip(String name) {
    return orSkip(TOOLS, name, onPath(name));
  }

  /** The same for a browser, or what belongs to it. */
  public static Path browserOrSkip(String name) {
    return orSkip(BROWSER, name, onPath(name));
  }

  private static Optional<Path> onPath(String name) {
    Stream<String> directories =
        Stream.concat(
            SEPARATOR.splitAsStream(System.getenv().getOrDefault("PATH", "")),
            Stream.of("/usr/sbin", "/sbin"));
    return directories
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * What was found, if it was.
   *
   * @param name what it is, for the reason
   */
  public static <T> T orSkip(String name, Optional<T> found) {
    return orSkip(TOOLS, name, found);
  }

  private static <T> T orSkip(String variable, String name, Optional<T> found) {
    if (found.isEmpty() && "required".equals(System.getenv(variable))) {
      return Assertions.fail(name + " is required and was not found");
    }
    return found.orElseGet(() -> Assumptions.abort(name + " was not found"));
  }
}
