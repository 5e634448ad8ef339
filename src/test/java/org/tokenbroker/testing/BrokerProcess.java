package org.tokenbroker.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tokenbroker.simulator.Simulator;

/**
 * The packaged broker in a process of its own, with an environment of its own: what this process
 * has in its environment does not reach it. To be used after the package was built, which is in
 * integration tests.
 */
public final class BrokerProcess implements AutoCloseable {

  /** The admin key of {@link #environment}. */
  public static final String ADMIN_KEY = "admin-key-of-the-process-0123456789";

  /** The packaged broker. */
  public static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar");

  /** Many of them share few processors and live for seconds. */
  private static final List<String> OF_TESTS =
      List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private static final long SECONDS_TO_START = 180;

  /** Longer than a process may take: 15 s for requests under way, and 30 s for refreshes. */
  private static final long SECONDS_TO_END = 90;

  /** How long the dump of all threads may take that is asked for then. */
  private static final long SECONDS_TO_TELL = 5;

  private final Process process;
  private final Map<String, String> environment;
  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<Boolean> listening = new CompletableFuture<>();
  private volatile boolean suspended;

  /**
   * How a command ended.
   *
   * @param out all of its standard output
   * @param err all of its standard error
   */
  public record Outcome(int exitCode, String out, String err) {}

  private BrokerProcess(Process process, Map<String, String> environment) {
    this.process = process;
    this.environment = environment;
    // Not virtual: reading a pipe holds the carrier, of which there are as few as processors.
    Thread.ofPlatform().daemon().start(this::readLog);
  }

  /** Every required key, for the given database, on two free ports of the loopback address. */
  public static Map<String, String> environment(TestDatabase database) {
    Map<String, String> environment = new HashMap<>();
    String port = Integer.toString(FreePort.find());
    environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    environment.put("QUARKUS_HTTP_PORT", port);
    environment.put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
    environment.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(FreePort.find()));
    environment.put("QUARKUS_DATASOURCE_JDBC_URL", database.jdbcUrl());
    environment.put("QUARKUS_DATASOURCE_USERNAME", database.user());
    environment.put("QUARKUS_DATASOURCE_PASSWORD", database.password());
    environment.put("BROKER_PUBLIC_URL", "http://127.0.0.1:" + port);
    environment.put("BROKER_ADMIN_KEY", ADMIN_KEY);
    environment.put("BROKER_ENCRYPTION_KEYSET", TestKeyset.create());
    environment.put("ACTIVE911_CLIENT_ID", "client-of-the-tests");
    environment.put("ACTIVE911_CLIENT_SECRET", "secret-of-the-tests");
    return environment;
  }

  /**
   * Adds to an environment what the broker must be told of the simulator. The simulator must have
   * been made for the environment's {@code BROKER_PUBLIC_URL}.
   */
  public static void connect(Map<String, String> environment, Simulator simulator) {
    TestSimulator.properties(simulator)
        .forEach(
            (property, value) ->
                environment.put(
                    property.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT), value));
  }

  /**
   * Runs a command that ends by itself, or a start that fails.
   *
   * @param directory the directory it runs in
   * @param environment all of its environment
   * @param input all of its standard input
   */
  public static Outcome run(
      Path directory, Map<String, String> environment, String input, String... arguments) {
    return run(OF_TESTS, directory, environment, input, arguments);
  }

  /** The same with options for the Java virtual machine. */
  public static Outcome run(
      List<String> options,
      Path directory,
      Map<String, String> environment,
      String input,
      String... arguments) {
    Process process = launch(JAR, options, directory, environment, List.of(arguments), false);
    try {
      CompletableFuture<String> out = readAll(process.getInputStream());
      CompletableFuture<String> err = readAll(process.getErrorStream());
      try (OutputStream stdin = process.getOutputStream()) {
        stdin.write(input.getBytes(StandardCharsets.UTF_8));
      }
      if (!process.waitFor(SECONDS_TO_START, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the command did not end");
      }
      return new Outcome(process.exitValue(), out.join(), err.join());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /**
   * Starts the broker and waits until it listens.
   *
   * @param directory the directory it runs in
   * @param environment all of its environment
   * @throws IllegalStateException with its log, if it does not come to listen
   */
  public static BrokerProcess serve(Path directory, Map<String, String> environment) {
    return serve(JAR, OF_TESTS, directory, environment);
  }

  /**
   * The same with options for the Java virtual machine.
   *
   * @param jar the broker's, or that of another Quarkus application
   */
  public static BrokerProcess serve(
      Path jar, List<String> options, Path directory, Map<String, String> environment) {
    BrokerProcess broker =
        new BrokerProcess(
            launch(jar, options, directory, environment, List.of(), true), environment);
    try {
      if (broker.listening.get(SECONDS_TO_START, TimeUnit.SECONDS)) {
        return broker;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // The log says more.
    }
    broker.kill();
    throw new IllegalStateException("the broker did not start:\n" + broker.log());
  }

  private static Process launch(
      Path jar,
      List<String> options,
      Path directory,
      Map<String, String> environment,
      List<String> arguments,
      boolean oneStream) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.add("-jar");
    command.add(jar.toAbsolutePath().toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectErrorStream(oneStream);
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CompletableFuture<String> readAll(InputStream stream) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        task -> Thread.ofPlatform().daemon().start(task));
  }

  private void readLog() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.add(line);
        if (line.contains("Listening on: ")) {
          listening.complete(true);
        }
      }
    } catch (IOException e) {
      log.add("the log could not be read on: " + e);
    }
    listening.complete(false);
  }

  /** Where it serves. */
  public URI origin() {
    return URI.create("http://127.0.0.1:" + environment.get("QUARKUS_HTTP_PORT"));
  }

  /** Where its health and metrics are. */
  public URI management() {
    return URI.create("http://127.0.0.1:" + environment.get("QUARKUS_MANAGEMENT_PORT"));
  }

  /** What it has printed so far, to either stream. */
  public String log() {
    return String.join("\n", log);
  }

  public long pid() {
    return process.pid();
  }

  /** Ends it as {@code kill -9} does: nothing is left to it to tidy up. Returns when it is gone. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Stops it where it is (SIGSTOP), as a machine that is paused or starved does. */
  public void suspend() {
    Command.signal(process.pid(), "STOP");
    suspended = true;
  }

  /** Lets it go on after {@link #suspend()} (SIGCONT). */
  public void resume() {
    suspended = false;
    Command.signal(process.pid(), "CONT");
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Tells it to end (SIGTERM) and does not wait. */
  public void terminate() {
    // Process.destroy would close the pipe that the log comes through, and its last lines be lost.
    Command.signal(process.pid(), "TERM");
  }

  /**
   * Tells it to end and waits until it has.
   *
   * @return its exit code
   */
  public int stop() {
    terminate();
    awaitEnd();
    return process.exitValue();
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
        // What its threads wait for then stands in its log.
        Command.signal(process.pid(), "QUIT");
        var _ = process.waitFor(SECONDS_TO_TELL, TimeUnit.SECONDS);
        process.destroyForcibly();
        throw new IllegalStateException("the broker did not end:\n" + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      if (suspended) {
        resume();
      }
      stop();
    }
  }
}
