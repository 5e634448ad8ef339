package org.tokenbroker.development;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

/** Starts {@link Surroundings} once per run of {@code quarkus:dev}, across all live reloads. */
final class SurroundingsProcess {

  /** Set as a system property, which a reload leaves alone. */
  private static final String ADDRESSES = "token-broker.development.addresses";

  private SurroundingsProcess() {}

  /** Whether an earlier start of the broker in this process has started it. */
  static boolean isStarted() {
    return System.getProperty(ADDRESSES) != null;
  }

  /** Where PostgreSQL and the simulator are, once {@link #start} has started them. */
  static Addresses addresses() {
    return Addresses.parse(System.getProperty(ADDRESSES, ""));
  }

  /**
   * Starts it, if it is not running yet, and waits until PostgreSQL and the simulator can be used.
   *
   * @return where they are
   * @throws DevelopmentException if they cannot be; the message is for the developer
   */
  static Addresses start(DevelopmentDirectory directory, int simulatorPort, URI redirectAddress)
      throws DevelopmentException {
    String started = System.getProperty(ADDRESSES);
    if (started != null) {
      return Addresses.parse(started);
    }
    Launched launched = launch(directory, simulatorPort, redirectAddress);
    watch(launched);
    System.setProperty(ADDRESSES, launched.addresses().toString());
    return launched.addresses();
  }

  /**
   * A process that has come up.
   *
   * @param lines its standard output, after the line that said so
   */
  record Launched(Process process, BufferedReader lines, Addresses addresses) {}

  /** Starts a process and waits until it has come up. */
  static Launched launch(DevelopmentDirectory directory, int simulatorPort, URI redirectAddress)
      throws DevelopmentException {
    try {
      Files.createDirectories(directory.path());
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx192m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "--sun-misc-unsafe-memory-access=allow",
                  "--enable-native-access=ALL-UNNAMED",
                  "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
                  "-cp",
                  classPath(),
                  Surroundings.class.getName(),
                  directory.path().toString(),
                  Integer.toString(simulatorPort),
                  redirectAddress.toString())
              .redirectError(Redirect.to(directory.log().toFile()))
              .start();
      BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
      String line = lines.readLine();
      if (line == null) {
        throw new DevelopmentException(
            "PostgreSQL and the simulator do not start: .dev/surroundings.log says why");
      }
      if (line.startsWith(Surroundings.FAILED)) {
        throw new DevelopmentException(line.substring(Surroundings.FAILED.length()));
      }
      return new Launched(
          process, lines, Addresses.parse(line.substring(Surroundings.READY.length())));
    } catch (IOException e) {
      throw new DevelopmentException("PostgreSQL and the simulator cannot be started: " + e);
    }
  }

  /**
   * Says so if the process ends while the broker runs. The thread also keeps the process's standard
   * input from being closed as garbage, which would end it.
   */
  private static void watch(Launched launched) {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (launched.lines().readLine() != null) {}
              } catch (IOException e) {
                // It ended, too.
              }
              System.err.println(
                  "PostgreSQL and the simulator have ended (process %d): end quarkus:dev, too."
                      .formatted(launched.process().pid()));
            },
            "development surroundings");
    watch.setDaemon(true);
    watch.setContextClassLoader(ClassLoader.getSystemClassLoader());
    watch.start();
  }

  /** Everything that this process can load classes from. */
  private static String classPath() throws IOException {
    Set<String> elements = new LinkedHashSet<>();
    try {
      elements.add(
          Path.of(Surroundings.class.getProtectionDomain().getCodeSource().getLocation().toURI())
              .toString());
      // Quarkus' class loaders do not tell what they load from, but every jar has a manifest.
      ClassLoader loader = Thread.currentThread().getContextClassLoader();
      for (URL manifest : Collections.list(loader.getResources("META-INF/MANIFEST.MF"))) {
        String jar = manifest.getPath();
        if (manifest.getProtocol().equals("jar")) {
          elements.add(Path.of(new URI(jar.substring(0, jar.indexOf("!/")))).toString());
        }
      }
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
    return String.join(File.pathSeparator, elements);
  }
}
