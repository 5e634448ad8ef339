package org.tokenbroker.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The one PostgreSQL server of this test JVM: it starts when first asked for, and ends with it. */
public final class TestPostgres {

  static final String USER = "postgres";

  /** How the names begin of those roles whose password is checked. */
  static final String CHECKED_ROLE = "checked_";

  private static @Nullable EmbeddedPostgres server;

  private TestPostgres() {}

  /** The port on the loopback address at which the server answers. */
  static int port() {
    // Quarkus loads tests in class loaders of its own, each with a copy of this class. The copy of
    // the system class loader keeps the server: it also outlives the others, so that the server's
    // shutdown hook still finds its classes.
    try {
      return (int)
          ClassLoader.getSystemClassLoader()
              .loadClass(TestPostgres.class.getName())
              .getDeclaredMethod("startOnce")
              .invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("PostgreSQL could not be started", e);
    }
  }

  /**
   * Called by {@link #port()} from another class loader: public, as to Java that is another
   * package.
   */
  public static synchronized int startOnce() {
    if (server == null) {
      try {
        server =
            EmbeddedPostgres.builder()
                // The library turns both off. With them on, a test that kills a process finds
                // what a production server would have kept.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_connections", "500")
                .setServerConfig("shared_preload_libraries", "pg_stat_statements")
                .setDataDirectoryCustomizer(TestPostgres::checkPasswords)
                .setOutputRedirector(Redirect.appendTo(new File("target/test-postgres.log")))
                .start();
      } catch (IOException e) {
        throw new UncheckedIOException("PostgreSQL could not be started", e);
      }
    }
    return server.getPort();
  }

  /** Without this every password would do: the server trusts its own machine. */
  private static void checkPasswords(File dataDirectory) {
    Path rules = dataDirectory.toPath().resolve("pg_hba.conf");
    try {
      // The first rule that matches counts.
      Files.writeString(
          rules, "host all /^" + CHECKED_ROLE + " all scram-sha-256\n" + Files.readString(rules));
    } catch (IOException e) {
      throw new UncheckedIOException("pg_hba.conf could not be changed", e);
    }
  }
}
