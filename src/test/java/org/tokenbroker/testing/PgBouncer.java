package org.tokenbroker.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A PgBouncer in transaction mode in front of a test's database. */
public final class PgBouncer implements AutoCloseable {

  private static final String DATABASE = "pooled";

  private final Process process;
  private final int port;

  private PgBouncer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts one and waits until it takes connections.
   *
   * @param directory where its files may be made
   */
  public static PgBouncer start(Path directory, TestDatabase database) throws IOException {
    Path program = ExternalTool.orSkip("pgbouncer");
    int port = FreePort.find();
    URI server = URI.create(database.jdbcUrl().substring("jdbc:".length()));
    // It does not run as root, so that its user must be able to get at its files.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Path configuration =
        Files.writeString(
            directory.resolve("pgbouncer.ini"),
            """
            [databases]
            %s = host=127.0.0.1 port=%d dbname=%s user=%s
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = %d
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = 10
            ignore_startup_parameters = extra_float_digits
            """
                .formatted(
                    DATABASE,
                    server.getPort(),
                    server.getPath().substring(1),
                    database.user(),
                    port));
    List<String> command = new ArrayList<>(List.of(program.toString()));
    if (System.getProperty("user.name").equals("root")) {
      command.addAll(List.of("-u", "nobody"));
    }
    command.add(configuration.toString());
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(Redirect.appendTo(directory.resolve("pgbouncer.log").toFile()))
            .start();
    PgBouncer pooler = new PgBouncer(process, port);
    Eventually.isTrue(
        "PgBouncer takes connections",
        () -> pooler.listens(),
        () -> read(directory.resolve("pgbouncer.log")));
    return pooler;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean listens() {
    try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Where it takes connections; for a client that does not keep statements on the server. */
  public String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + DATABASE + "?prepareThreshold=0";
  }

  @Override
  public void close() {
    process.destroy();
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
