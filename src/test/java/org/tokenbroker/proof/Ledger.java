package org.tokenbroker.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What the checks of this run have counted: printed as a table when the last one is over, and
 * written to {@code target/proof.md}.
 */
final class Ledger implements BeforeAllCallback {

  private static final Path FILE = Path.of("target", "proof.md");
  private static final List<String> ROWS = new ArrayList<>();

  /**
   * A row of the table.
   *
   * @param check what was tried
   * @param rounds how often
   * @param refreshes how many refreshes Active911 was asked for
   * @param kills how many processes were killed, stopped or restarted
   * @param reads how many reads were answered
   * @param failures how many of them were not answered as they should have been
   * @param lost how many consents were lost
   * @param lostInWindow how many of those in the one window that is known to stay open
   */
  record Row(
      String check,
      long rounds,
      long refreshes,
      long kills,
      long reads,
      long failures,
      long lost,
      long lostInWindow) {

    private String line() {
      String window = lostInWindow == 0 ? "" : " (all of them in the window)";
      return "| %s | %d | %d | %d | %d | %d | %d%s |"
          .formatted(check, rounds, refreshes, kills, reads, failures, lost, window);
    }
  }

  static void enter(Row row) {
    add(row.line());
  }

  static void leftOut(String check, String why) {
    add("| %s | left out: %s | | | | | |".formatted(check, why));
  }

  private static synchronized void add(String line) {
    ROWS.add(line);
    Proof.say(line);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    // The root's store is closed after the last test of the run.
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(Ledger.class))
        .computeIfAbsent("table", key -> (AutoCloseable) Ledger::print);
  }

  private static synchronized void print() {
    StringBuilder table = new StringBuilder();
    table.append("| check | rounds | refreshes | kills | reads | failures | lost |\n");
    table.append("|---|---|---|---|---|---|---|\n");
    ROWS.forEach(row -> table.append(row).append('\n'));
    System.out.printf("%n[proof] seed %d%n%n%s%n", Proof.seed(), table);
    try {
      Files.writeString(
          FILE, table, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
