package org.tokenbroker.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server of a test's own, which can be stopped, crashed, started again on the same
 * data and port, and copied to a standby. Writes are synced to the disk, as in production.
 */
public final class PostgresServer implements AutoCloseable {

  private static final String USER = "postgres";

  private final Path data;
  private final int port;
  private final Map<String, String> configuration;
  private @Nullable EmbeddedPostgres running;

  private PostgresServer(Path data, Map<String, String> configuration) {
    this.data = data;
    this.port = FreePort.find();
    this.configuration = new LinkedHashMap<>(configuration);
    this.configuration.put("fsync", "on");
    this.configuration.put("synchronous_commit", "on");
    this.configuration.put("max_connections", "200");
  }

  /**
   * A server that is not started yet.
   *
   * @param data where its data are; made by the first start if it does not exist
   * @param configuration what is set besides the usual
   */
  public static PostgresServer at(Path data, Map<String, String> configuration) {
    return new PostgresServer(data, configuration);
  }

  /** Starts it, also again. */
  public PostgresServer start() {
    try {
      EmbeddedPostgres.Builder builder =
          EmbeddedPostgres.builder()
              .setDataDirectory(data)
              .setCleanDataDirectory(false)
              .setPort(port)
              .setOutputRedirector(Redirect.appendTo(new File("target/proof-postgres.log")))
              .setPGStartupWait(Duration.ofMinutes(1));
      configuration.forEach(builder::setServerConfig);
      running = builder.start();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("PostgreSQL did not start; see target/proof-postgres.log", e);
    }
  }

  /** Stops it in good order; whoever is connected is thrown out. */
  public void stop() {
    EmbeddedPostgres stopped = running;
    running = null;
    if (stopped != null) {
      try {
        stopped.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Ends it as a crash does: what was not synced is lost, and the next start has to recover. */
  public void crash() {
    try {
      long pid =
          Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).getFirst().strip());
      Command.signal(pid, "QUIT");
      Eventually.isTrue(
          "PostgreSQL has gone",
          () -> ProcessHandle.of(pid).map(process -> !process.isAlive()).orElse(true),
          () -> "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // The library is to forget it, and is not to complain that it has gone.
    Logger log = Logger.getLogger(EmbeddedPostgres.class.getName());
    log.setLevel(Level.OFF);
    stop();
    log.setLevel(null);
  }

  /**
   * Makes a standby of it, which follows once both are started. To be called while this one is
   * stopped.
   *
   * @param standbyData where its data are to be; must not exist
   * @param name what the standby calls itself
   */
  public PostgresServer standby(Path standbyData, String name) {
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path copy = standbyData.resolve(data.relativize(file).toString());
        Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
      }
      Files.createFile(standbyData.resolve("standby.signal"));
      Files.writeString(
          standbyData.resolve("postgresql.auto.conf"),
          "primary_conninfo = 'host=127.0.0.1 port=%d user=%s application_name=%s'%n"
              .formatted(port, USER, name),
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return at(standbyData, Map.of());
  }

  /** The port on the loopback address. */
  public int port() {
    return port;
  }

  /** Its only database, with a role that may do everything. */
  public TestDatabase database() {
    return new TestDatabase(
        "jdbc:postgresql://127.0.0.1:" + port + "/postgres",
        USER,
        "unused: the server trusts its own machine");
  }

  @Override
  public void close() {
    stop();
  }
}
