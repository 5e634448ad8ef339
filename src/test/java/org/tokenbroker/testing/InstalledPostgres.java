package org.tokenbroker.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server of the PostgreSQL that Debian installs, with its programs for dumping and restoring: the
 * server that the tests bring along comes without those, and an older {@code pg_dump} refuses it.
 */
public final class InstalledPostgres implements AutoCloseable {

  private static final Path RELEASES = Path.of("/usr/lib/postgresql");
  private static final String USER = "postgres";

  private final Path programs;
  private final Process process;
  private final int port;

  private InstalledPostgres(Path programs, Process process, int port) {
    this.programs = programs;
    this.process = process;
    this.port = port;
  }

  /**
   * Starts an empty one and waits until it takes connections.
   *
   * @param directory where its data may be made
   */
  public static InstalledPostgres start(Path directory) throws IOException {
    Path programs = ExternalTool.orSkip("postgresql", newest());
    Path data = directory.resolve("data");
    Path log = directory.resolve("log");
    run(
        log,
        asNobody(
            programs.resolve("initdb"), "-D", data.toString(), "-U", USER, "-A", "trust", "-N"));
    int port = FreePort.find();
    Process process =
        new ProcessBuilder(
                asNobody(
                    programs.resolve("postgres"),
                    "-D",
                    data.toString(),
                    "-p",
                    Integer.toString(port),
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    "unix_socket_directories="))
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(log.toFile()))
            .start();
    InstalledPostgres server = new InstalledPostgres(programs, process, port);
    Eventually.isTrue("PostgreSQL takes connections", server::answers, () -> read(log));
    return server;
  }

  private static Optional<Path> newest() {
    if (!Files.isDirectory(RELEASES)) {
      return Optional.empty();
    }
    try (Stream<Path> releases = Files.list(RELEASES)) {
      return releases
          .filter(release -> Files.isExecutable(release.resolve("bin/postgres")))
          .filter(release -> Files.isExecutable(release.resolve("bin/pg_dump")))
          .max(
              Comparator.comparingInt(
                  release -> Integer.parseInt(release.getFileName().toString())))
          .map(release -> release.resolve("bin"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** PostgreSQL refuses to run as root. */
  private static List<String> asNobody(Path program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(List.of("unshare", "-U"));
    }
    command.add(program.toString());
    command.addAll(List.of(arguments));
    return command;
  }

  private boolean answers() {
    try (Connection _ = database().dataSource().getConnection()) {
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  /** Its only database, with a role that may do everything. */
  public TestDatabase database() {
    return new TestDatabase(
        "jdbc:postgresql://127.0.0.1:" + port + "/postgres", USER, "unused: it trusts its machine");
  }

  /** Writes all of the database to a file. */
  public void dump(Path file) throws IOException {
    run(
        Path.of(file + ".log"),
        client("pg_dump", "--format=custom", "--file=" + file, "--dbname=postgres"));
  }

  /** Fills the empty database from a dump. */
  public void restore(Path file) throws IOException {
    run(
        Path.of(file + ".log"),
        client(
            "pg_restore", "--exit-on-error", "--no-owner", "--dbname=postgres", file.toString()));
  }

  private List<String> client(String program, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                programs.resolve(program).toString(),
                "--host=127.0.0.1",
                "--port=" + port,
                "--username=" + USER));
    command.addAll(List.of(arguments));
    return command;
  }

  private static void run(Path log, List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(log.toFile()))
            .start();
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command.getFirst() + " failed:\n" + read(log));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    Command.signal(process.pid(), "INT");
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
