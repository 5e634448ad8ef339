package org.tokenbroker.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A disk of its own, in memory, that can be full or read-only. Needs the right to mount. */
public final class Tmpfs implements AutoCloseable {

  private static final int BLOCK = 4096;

  private final Path directory;

  private Tmpfs(Path directory) {
    this.directory = directory;
  }

  /**
   * Mounts one.
   *
   * @param directory where; it must exist
   * @return empty where nothing may be mounted
   */
  public static Optional<Tmpfs> mount(Path directory, int megabytes) {
    return Command.succeeds(
            "mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", directory.toString())
        ? Optional.of(new Tmpfs(directory))
        : Optional.empty();
  }

  /** Where it is mounted. */
  public Path directory() {
    return directory;
  }

  /** Fills it to the last byte. */
  public void fill() {
    byte[] block = new byte[BLOCK];
    try (OutputStream ballast = Files.newOutputStream(ballast())) {
      while (directory.toFile().getFreeSpace() > 0) {
        ballast.write(block);
      }
    } catch (IOException e) {
      if (directory.toFile().getFreeSpace() > 0) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Makes room again after {@link #fill()}. */
  public void clear() {
    try {
      Files.deleteIfExists(ballast());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path ballast() {
    return directory.resolve("ballast");
  }

  /** Lets nobody write any more. */
  public void makeReadOnly() {
    Command.run("mount", "-o", "remount,ro", directory.toString());
  }

  /** Lets everybody write again. */
  public void makeWritable() {
    Command.run("mount", "-o", "remount,rw", directory.toString());
  }

  @Override
  public void close() {
    Command.run("umount", "-l", directory.toString());
  }
}
