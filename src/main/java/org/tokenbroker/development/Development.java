package org.tokenbroker.development;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.SmallRyeConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.tokenbroker.platform.Broker;
import org.tokenbroker.simulator.Registration;
import org.tokenbroker.simulator.SimulatorOptions;

/**
 * The way in for {@code quarkus:dev}: puts everything around the broker, gives it the configuration
 * that goes with it, and says what there is to try. Called again at every live reload.
 */
@QuarkusMain(name = "development")
public final class Development implements QuarkusApplication {

  /** The system property that chooses another port for the simulator. */
  static final String SIMULATOR_PORT = "development.simulator-port";

  // On 127.0.0.1, while the broker is on localhost: to a browser this is another site, as the real
  // Active911 is.
  private static final int DEFAULT_SIMULATOR_PORT = 8911;

  private static final String HTTP_PORT = "quarkus.http.port";
  private static final String MANAGEMENT_PORT = "quarkus.management.port";

  /** Set as a system property once the banner is printed: a reload does not print it again. */
  private static final String ANNOUNCED = "token-broker.development.announced";

  /**
   * Starts the broker and all it needs.
   *
   * @param args none
   */
  public static void main(String... args) {
    try {
      prepare();
    } catch (DevelopmentException e) {
      System.err.println("\nDevelopment cannot start: " + e.getMessage() + ".\n");
      System.exit(1);
    }
    Broker.requireConfiguration();
    Quarkus.run(Development.class, args);
  }

  private static void prepare() throws DevelopmentException {
    DevelopmentDirectory directory = DevelopmentDirectory.ofWorkingDirectory();
    SmallRyeConfig config = ConfigUtils.configBuilder().build();
    int port = config.getOptionalValue(HTTP_PORT, Integer.class).orElse(8080);
    URI broker = URI.create("http://localhost:" + port);
    if (!SurroundingsProcess.isStarted()) {
      requireFree(directory, port, HTTP_PORT);
      requireFree(
          directory,
          config.getOptionalValue(MANAGEMENT_PORT, Integer.class).orElse(9000),
          MANAGEMENT_PORT);
      DevelopmentDirectory.keep(
          directory.brokerPid(), Long.toString(ProcessHandle.current().pid()));
      endWithMaven();
    }
    Addresses addresses =
        SurroundingsProcess.start(
            directory,
            Integer.getInteger(SIMULATOR_PORT, DEFAULT_SIMULATOR_PORT),
            broker.resolve("/callback"));
    configuration(directory, broker, addresses).forEach(System::setProperty);
  }

  /** Every key that the broker requires, and where the simulator is. */
  private static Map<String, String> configuration(
      DevelopmentDirectory directory, URI broker, Addresses addresses) {
    Registration registration = SimulatorOptions.defaults().registration();
    Map<String, String> properties = new LinkedHashMap<>(addresses.properties());
    properties.put("broker.public-url", broker.toString());
    properties.put("broker.admin-key", directory.adminKey());
    properties.put("broker.encryption-keyset", directory.keyset());
    properties.put("broker.journal-dir", directory.journal().toString());
    properties.put("active911.client-id", registration.clientId());
    properties.put("active911.client-secret", registration.clientSecret());
    return properties;
  }

  private static void requireFree(DevelopmentDirectory directory, int port, String property)
      throws DevelopmentException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException e) {
      String holder =
          DevelopmentDirectory.kept(directory.brokerPid())
              .map(Long::parseLong)
              .flatMap(ProcessHandle::of)
              .filter(ProcessHandle::isAlive)
              .map(process -> "perhaps an earlier run, process " + process.pid())
              .orElse("another program uses it");
      throw new DevelopmentException(
          "port %d is not free, %s; end that, or choose another port with -D%s=PORT"
              .formatted(port, holder, property));
    }
  }

  /** If Maven is killed it cannot end this process, which would go on and hold its ports. */
  private static void endWithMaven() {
    Optional<ProcessHandle> maven = ProcessHandle.current().parent();
    maven.ifPresent(
        process -> {
          CompletableFuture<Void> _ = process.onExit().thenRun(() -> System.exit(0));
        });
  }

  /** Called when the broker has started. */
  @Override
  public int run(String... args) {
    if (System.getProperty(ANNOUNCED) == null) {
      announce();
      System.setProperty(ANNOUNCED, "true");
    }
    Quarkus.waitForExit();
    return 0;
  }

  private static void announce() {
    URI simulator = SurroundingsProcess.addresses().simulator();
    URI broker = URI.create(System.getProperty("broker.public-url"));
    DevelopmentDirectory directory = DevelopmentDirectory.ofWorkingDirectory();
    String key;
    try {
      key = new SampleCaller(broker, directory).key();
    } catch (DevelopmentException e) {
      System.err.println("\nThere is no sample caller: " + e.getMessage() + ".\n");
      return;
    }
    System.out.print(
        """

        ------------------------------------------------------------------------
          Console         %1$s/console
          Admin key       %2$s
          Sample caller   %3$s
          Its key         %4$s
          Active911       %5$s (the simulator)

          Connect an agency called springfield-fd in the console. Then:

          curl -H "Authorization: Bearer %4$s" %1$s/tokens/springfield-fd

          Data is kept in .dev; to start anew: rm -rf .dev
        ------------------------------------------------------------------------

        """
            .formatted(broker, directory.adminKey(), SampleCaller.NAME, key, simulator));
    System.out.flush();
  }
}
