package org.tokenbroker.simulator;

import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** {@code java -jar …-simulator.jar}: a simulator that runs by itself until it is told to stop. */
public final class SimulatorCommand {

  private static final int DEFAULT_PORT = 8911;

  private static final String USAGE =
      """
      Usage: java -jar token-broker-simulator.jar [OPTION]...
      A strict stand-in for Active911, for development, tests and benchmarks.

        --host ADDRESS          the address to bind (127.0.0.1)
        --port PORT             the port to bind (8911); 0: a free one
        --client-id ID          the registered application (token-broker)
        --client-secret SECRET  its secret (simulated-secret)
        --redirect ADDRESS      a registered redirect address; may be repeated
                                (http://localhost:8080/callback)
        --scope "SCOPE..."      the scopes it may ask for (all six)
        --agencies NUMBER       how many agencies there are (3)
        --seed NUMBER           decides all tokens and random delays (a random one)
        --state FILE            keeps consents in this file (they end with the process)
        --slash                 callbacks read <redirect address>/?code=...
        --help                  prints this

      When it listens, it prints one line with its origin. It stops on SIGTERM.
      """;

  private SimulatorCommand() {}

  /** What was asked for. */
  sealed interface Order {
    /** To run. */
    record Run(SimulatorOptions options) implements Order {}

    /** To say how it is used. */
    record Help() implements Order {}

    /** Something that cannot be done. */
    record Mistake(String text) implements Order {}
  }

  /** Runs it. */
  public static void main(String[] arguments) throws InterruptedException {
    // Netty prints a warning of the JVM otherwise; it is as fast without.
    System.setProperty("io.netty.noUnsafe", "true");
    System.exit(run(List.of(arguments), System.out, System.err));
  }

  private static int run(List<String> arguments, PrintStream out, PrintStream err)
      throws InterruptedException {
    return switch (read(arguments, new SecureRandom().nextInt(Integer.MAX_VALUE))) {
      case Order.Help() -> {
        out.print(USAGE);
        yield 0;
      }
      case Order.Mistake(String text) -> {
        err.println(text);
        err.println("Try --help.");
        yield 2;
      }
      case Order.Run(SimulatorOptions options) -> {
        serve(options, out);
        yield 0;
      }
    };
  }

  /** Returns when the process is told to end. */
  private static void serve(SimulatorOptions options, PrintStream out) throws InterruptedException {
    Simulator simulator = Simulator.start(options);
    Runtime.getRuntime().addShutdownHook(new Thread(simulator::close, "simulator-stop"));
    out.println("Active911 simulator listens on " + simulator.origin());
    out.flush();
    new CountDownLatch(1).await();
  }

  /**
   * @param seed the one to take if none is given
   */
  static Order read(List<String> arguments, long seed) {
    SimulatorOptions options = SimulatorOptions.defaults().withPort(DEFAULT_PORT).withSeed(seed);
    List<URI> redirects = new ArrayList<>();
    try {
      for (int i = 0; i < arguments.size(); i++) {
        String name = arguments.get(i);
        if (name.equals("--help")) {
          return new Order.Help();
        }
        if (name.equals("--slash")) {
          options = options.withSlashBeforeQuery(true);
          continue;
        }
        if (i + 1 == arguments.size()) {
          return new Order.Mistake("Unknown option, or no value for it: " + name);
        }
        String value = arguments.get(++i);
        Registration client = options.registration();
        switch (name) {
          case "--host" -> options = options.withHost(value);
          case "--port" -> options = options.withPort(Integer.parseInt(value));
          case "--client-id" -> options = options.withClient(value, client.clientSecret());
          case "--client-secret" -> options = options.withClient(client.clientId(), value);
          case "--redirect" -> redirects.add(URI.create(value));
          case "--scope" -> options = options.withScopes(Scopes.parse(value));
          case "--agencies" -> options = options.withAgencies(Integer.parseInt(value));
          case "--seed" -> options = options.withSeed(Long.parseLong(value));
          case "--state" -> options = options.withStateFile(Path.of(value));
          default -> {
            return new Order.Mistake("Unknown option: " + name);
          }
        }
      }
      if (!redirects.isEmpty()) {
        options = options.withRedirectAddresses(redirects);
      }
      return new Order.Run(options);
    } catch (IllegalArgumentException e) {
      return new Order.Mistake("This cannot be: " + e.getMessage());
    }
  }
}
