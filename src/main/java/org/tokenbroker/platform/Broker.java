package org.tokenbroker.platform;

import io.quarkus.runtime.JVMUnsafeWarningsControl;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.quarkus.runtime.configuration.ConfigUtils;
import io.smallrye.config.SmallRyeConfig;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.OptionalLong;
import org.jboss.logging.Logger;
import org.tokenbroker.agency.EncryptionKeyUse;

/**
 * The way in from the command line. Without a command the broker serves, after its configuration
 * was found to be in order; the commands end by themselves.
 */
@QuarkusMain
public final class Broker {

  /** The command did what it is for. */
  static final int OK = 0;

  /** It could not. */
  static final int FAILED = 1;

  /** There is no such command. */
  static final int USAGE = 2;

  /** The configuration is not valid: {@code EX_CONFIG} of BSD's {@code sysexits.h}. */
  static final int CONFIGURATION = 78;

  private static final String HELP =
      """
      usage: java -jar quarkus-run.jar [command]

      Without a command the broker serves. It is configured by its environment.

      commands:
        migrate                     bring the database's schema up to date, and end
        audit purge                 delete what is older than BROKER_AUDIT_RETENTION, as the
                                    schema's owner
        keyset create               print a new encryption keyset
        keyset add < OLD            print keyset OLD with a new key, which only decrypts yet
        keyset promote < OLD        print keyset OLD with its newest key as the one that encrypts
        keyset remove KEY_ID < OLD  print keyset OLD without a key, unless the configured
                                    database still needs it
        --help                      print this

      exit codes: 0 done, 1 failed, 2 no such command, 78 the configuration is not valid
      """;

  Broker() {}

  /**
   * Runs one command, or serves until the process is told to end.
   *
   * @param args none, to serve; or a command and its arguments
   */
  public static void main(String... args) {
    // Java warns on standard error of what Tink's Protobuf does; Quarkus turns that off when it
    // starts, and here it has not.
    JVMUnsafeWarningsControl.disableUnsafeRelatedWarnings();
    List<String> arguments = List.of(args);
    if (arguments.isEmpty()) {
      serve();
      return;
    }
    int exitCode = command(arguments, System.out, System.err);
    System.out.flush();
    System.exit(exitCode);
  }

  private static int command(List<String> arguments, PrintStream out, PrintStream err) {
    List<String> rest = arguments.subList(1, arguments.size());
    return switch (arguments.getFirst()) {
      case "migrate" -> rest.isEmpty() ? migrate(out, err) : usage(err);
      case "audit" -> rest.equals(List.of("purge")) ? purge(out, err) : usage(err);
      case "keyset" -> KeysetCommand.run(rest, Broker::encryptedBy, System.in, out, err);
      case "--help", "-h", "help" -> {
        out.print(HELP);
        yield OK;
      }
      default -> usage(err);
    };
  }

  static int usage(PrintStream err) {
    err.print(HELP);
    return USAGE;
  }

  private static int migrate(PrintStream out, PrintStream err) {
    SmallRyeConfig config = ConfigUtils.configBuilder().build();
    ConfigurationCheck check = ConfigurationCheck.ofMigrating(config);
    if (!check.faults().isEmpty()) {
      report(check, err);
      return CONFIGURATION;
    }
    return MigrateCommand.run(config, out, err);
  }

  private static OptionalLong encryptedBy(long keyId) throws SQLException {
    SmallRyeConfig config = ConfigUtils.configBuilder().build();
    String url = config.getConfigValue("quarkus.datasource.jdbc.url").getValue();
    if (url == null || url.isEmpty()) {
      return OptionalLong.empty();
    }
    try (Connection connection =
        DriverManager.getConnection(
            url,
            config.getConfigValue("quarkus.datasource.username").getValue(),
            config.getConfigValue("quarkus.datasource.password").getValue())) {
      return OptionalLong.of(EncryptionKeyUse.count(connection).getOrDefault(keyId, 0L));
    }
  }

  private static int purge(PrintStream out, PrintStream err) {
    SmallRyeConfig config = ConfigUtils.configBuilder().build();
    ConfigurationCheck check = ConfigurationCheck.ofPurging(config);
    if (!check.faults().isEmpty()) {
      report(check, err);
      return CONFIGURATION;
    }
    return PurgeCommand.run(config, out, err);
  }

  private static void serve() {
    requireConfiguration();
    Quarkus.run();
  }

  /** Ends the process with a list of what is wrong, unless the configuration is in order. */
  public static void requireConfiguration() {
    ConfigurationCheck check =
        ConfigurationCheck.ofServing(ConfigUtils.configBuilder().build(), System.getenv().keySet());
    if (!check.faults().isEmpty()) {
      report(check, System.err);
      System.exit(CONFIGURATION);
    }
    // The log is not set up yet: it keeps these until it is.
    Logger log = Logger.getLogger(Broker.class);
    check.warnings().forEach(log::warn);
  }

  private static void report(ConfigurationCheck check, PrintStream err) {
    err.println("The configuration is not valid, so nothing was started:");
    check.faults().forEach(fault -> err.println("  " + fault));
    if (!check.warnings().isEmpty()) {
      err.println("Also:");
      check.warnings().forEach(warning -> err.println("  " + warning));
    }
  }
}
