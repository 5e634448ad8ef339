package org.tokenbroker.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** Programs of the system that tests call, each of which ends at once. */
final class Command {

  private static final long SECONDS_TO_END = 30;

  private Command() {}

  /**
   * Runs one.
   *
   * @return whether it could be run and ended well
   */
  static boolean succeeds(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return false;
      }
      if (process.exitValue() != 0) {
        System.err.print(output);
      }
      return process.exitValue() == 0;
    } catch (IOException e) {
      return false; // there is no such program
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Runs one that has to end well. */
  static void run(String... command) {
    if (!succeeds(command)) {
      throw new IllegalStateException("failed: " + String.join(" ", command));
    }
  }

  /**
   * Sends a signal.
   *
   * @param signal its name without {@code SIG}
   */
  static void signal(long pid, String signal) {
    // The shell's own: a slim image has no program of this name.
    run("sh", "-c", "kill -" + signal + " " + pid);
  }
}
