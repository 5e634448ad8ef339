package org.tokenbroker.development;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.simulator.SimulatorOptions;

/**
 * PostgreSQL and the simulator, in a process of their own beside the broker's: a live reload, which
 * replaces all of the broker's classes, does not touch them. The process ends when its standard
 * input does, and so with the process that started it, however that one ends.
 *
 * <p>It prints one line: {@link #READY} and the {@link Addresses}, or {@link #FAILED} and why. All
 * else goes to standard error.
 */
final class Surroundings {

  static final String READY = "ready ";
  static final String FAILED = "failed ";

  /** A predecessor may still be putting the database to rest. */
  private static final Duration PREDECESSOR = Duration.ofSeconds(20);

  private static final Duration POSTGRES_START = Duration.ofSeconds(60);
  private static final Duration POSTGRES_STOP = Duration.ofSeconds(20);

  private final DevelopmentDirectory directory;
  private final int simulatorPort;
  private final URI redirectAddress;
  private @Nullable EmbeddedPostgres postgres;
  private @Nullable Simulator simulator;

  private Surroundings(DevelopmentDirectory directory, int simulatorPort, URI redirectAddress) {
    this.directory = directory;
    this.simulatorPort = simulatorPort;
    this.redirectAddress = redirectAddress;
  }

  /**
   * Runs until standard input ends.
   *
   * @param arguments the development directory, the simulator's port, the broker's redirect address
   */
  public static void main(String[] arguments) throws Exception {
    PrintStream out = System.out;
    // Whatever a library prints must not be taken for the one line.
    System.setOut(System.err);
    Surroundings surroundings =
        new Surroundings(
            new DevelopmentDirectory(Path.of(arguments[0])),
            Integer.parseInt(arguments[1]),
            URI.create(arguments[2]));
    CountDownLatch brokerIsGone = new CountDownLatch(1);
    try (FileChannel channel =
            FileChannel.open(
                surroundings.directory.lock(),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock _ = lock(channel)) {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    // Ctrl-C reaches this process and the broker at once; the broker still needs
                    // its database to end well.
                    awaitQuietly(brokerIsGone);
                    surroundings.stop();
                  }));
      out.println(READY + surroundings.start());
      out.flush();
      drain();
    } catch (Failure e) {
      out.println(FAILED + e.getMessage());
      out.flush();
    } finally {
      brokerIsGone.countDown();
    }
    System.exit(0);
  }

  private static void drain() throws IOException {
    // Nobody writes anything: this returns when the other end is closed.
    while (System.in.read() >= 0) {}
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      boolean _ = latch.await(PREDECESSOR.toSeconds() / 2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static FileLock lock(FileChannel channel) throws Failure, InterruptedException {
    CompletableFuture<FileLock> lock =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return channel.lock();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    try {
      return lock.get(PREDECESSOR.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new Failure("another quarkus:dev of this checkout is still running");
    } catch (ExecutionException e) {
      throw new Failure("the directory .dev cannot be locked: " + e.getCause());
    }
  }

  private Addresses start() throws Failure {
    stopOrphan();
    return Addresses.of(startPostgres(), startSimulator());
  }

  private EmbeddedPostgres startPostgres() throws Failure {
    try {
      EmbeddedPostgres started =
          EmbeddedPostgres.builder()
              .setDataDirectory(directory.postgres())
              .setCleanDataDirectory(false)
              .setRegisterShutdownHook(false)
              // The library turns both off; with them on, the data survives a crash.
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setPGStartupWait(POSTGRES_START)
              .setOutputRedirector(
                  Redirect.appendTo(directory.path().resolve("postgres.log").toFile()))
              .start();
      postgres = started;
      return started;
    } catch (IOException | RuntimeException e) {
      throw new Failure(
          "PostgreSQL does not start: .dev/postgres.log says why; to give up the data of"
              + " development and start anew, delete the directory .dev");
    }
  }

  private Simulator startSimulator() throws Failure {
    try {
      Simulator started =
          Simulator.start(
              SimulatorOptions.defaults()
                  .withPort(simulatorPort)
                  .withRedirectAddresses(List.of(redirectAddress))
                  .withStateFile(directory.simulator()));
      simulator = started;
      return started;
    } catch (IllegalStateException e) {
      throw new Failure(
          "the simulator cannot listen on port %d: end what does, or choose another port with -D%s=PORT"
              .formatted(simulatorPort, Development.SIMULATOR_PORT));
    }
  }

  /** Ends the server of a run that was killed together with this process's predecessor. */
  private void stopOrphan() throws Failure {
    Optional<ProcessHandle> orphan = orphan();
    if (orphan.isEmpty()) {
      return;
    }
    boolean _ = orphan.get().destroy();
    try {
      ProcessHandle _ = orphan.get().onExit().get(POSTGRES_STOP.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new Failure("PostgreSQL of an earlier run does not end: process " + orphan.get().pid());
    }
  }

  private Optional<ProcessHandle> orphan() throws Failure {
    Path pidFile = directory.postgres().resolve("postmaster.pid");
    if (!Files.exists(pidFile)) {
      return Optional.empty();
    }
    try {
      long pid = Long.parseLong(Files.readAllLines(pidFile).getFirst().strip());
      // The file outlives a crash of the machine, and the number may be another program's by now.
      return ProcessHandle.of(pid)
          .filter(
              process ->
                  process
                      .info()
                      .command()
                      .map(command -> new File(command).getName().startsWith("postgres"))
                      .orElse(false));
    } catch (IOException | RuntimeException e) {
      throw new Failure("the file .dev/postgres/postmaster.pid cannot be read");
    }
  }

  private void stop() {
    if (simulator != null) {
      simulator.close();
    }
    if (postgres != null) {
      try {
        postgres.close();
      } catch (IOException e) {
        System.err.println("PostgreSQL did not end well: " + e.getMessage());
      }
    }
  }

  /** Something that the developer can set right, said in one line. */
  private static final class Failure extends Exception {
    Failure(String message) {
      super(message);
    }
  }
}
