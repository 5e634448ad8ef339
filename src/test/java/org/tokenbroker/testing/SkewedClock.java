package org.tokenbroker.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;

/**
 * A wall clock of its own for a process, by libfaketime: off by some seconds, and moved while the
 * process runs. The monotonic clock stays right, as it does on a machine whose wall clock is wrong.
 */
public final class SkewedClock {

  private static final Path LIBRARIES = Path.of("/usr/lib");

  private final Path library;
  private final Path file;

  private SkewedClock(Path library, Path file) {
    this.library = library;
    this.file = file;
  }

  /**
   * A clock that is still right.
   *
   * @param directory where a file may be made for it
   * @return empty where libfaketime is not installed
   */
  public static Optional<SkewedClock> in(Path directory) {
    return library().map(library -> new SkewedClock(library, directory.resolve("clock")).off(0));
  }

  private static Optional<Path> library() {
    try (DirectoryStream<Path> architectures =
        Files.newDirectoryStream(LIBRARIES, Files::isDirectory)) {
      for (Path architecture : architectures) {
        Path library = architecture.resolve("faketime").resolve("libfaketimeMT.so.1");
        if (Files.exists(library)) {
          return Optional.of(library);
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Moves it: from now on it is off by so many seconds. */
  public SkewedClock off(int seconds) {
    try {
      // In one step, so that the process never reads half of it.
      Path draft = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(draft, "%+ds%n".formatted(seconds));
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a process must have in its environment to live by this clock. */
  public Map<String, String> environment() {
    return Map.of(
        "LD_PRELOAD",
        library.toString(),
        "FAKETIME_TIMESTAMP_FILE",
        file.toString(),
        "FAKETIME_CACHE_DURATION",
        "1",
        "FAKETIME_DONT_FAKE_MONOTONIC",
        "1",
        // Its remedy for old C libraries makes a JVM wait for seconds where it waits for moments.
        "FAKETIME_FORCE_MONOTONIC_FIX",
        "0");
  }
}
