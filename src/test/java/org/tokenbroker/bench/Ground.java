package org.tokenbroker.bench;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.PreparedGrants;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.simulator.Grant;
import org.tokenbroker.simulator.SimulatedAgency;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.simulator.SimulatorOptions;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.PostgresServer;
import org.tokenbroker.testing.TestDatabase;

/**
 * What the brokers of one scenario stand on: a PostgreSQL of its own, which syncs what it writes,
 * and a stand-in for Active911, all on this machine.
 */
final class Ground implements AutoCloseable {

  private static final String DOCUMENTED =
      "-Xms96m -Xmn24m -Xmx256m -XX:+UseSerialGC -XX:TrimNativeHeapInterval=1000"
          + " -XX:MetaspaceSize=128m -XX:Tier4InvocationThreshold=50000"
          + " -XX:Tier4MinInvocationThreshold=6000 -XX:Tier4CompileThreshold=150000"
          + " -XX:Tier4BackEdgeThreshold=400000";

  /** As documented for production, or as whoever measures would have it. */
  static final List<String> JVM =
      List.of(System.getenv().getOrDefault("BENCH_JVM", DOCUMENTED).split(" "));

  /** As the build of the image trains it. */
  private static final Path CACHE = Path.of("target", "quarkus-app", "app.aot").toAbsolutePath();

  /** The same with the image's cache; one that does not fit is an error. */
  static final List<String> AS_IN_IMAGE =
      Stream.concat(JVM.stream(), Stream.of("-XX:AOTCache=" + CACHE, "-XX:AOTMode=on")).toList();

  private static final int THREADS = 4;
  private static final Scope SCOPE = Scope.parse(Scope.READ_AGENCY);
  private static final Duration YEAR = Duration.ofDays(365);

  private final Path directory;
  private final PostgresServer postgres;
  private final TestDatabase database;
  private final Simulator active911;
  private final Map<String, String> environment;
  private final List<BrokerProcess> processes = new ArrayList<>();
  private int connected;

  /**
   * Prepares a database and a stand-in.
   *
   * @param agencies how many there are at Active911
   */
  Ground(Path directory, int agencies) {
    this.directory = directory;
    this.postgres =
        PostgresServer.at(
                directory.resolve("postgres"),
                Map.of("shared_preload_libraries", "pg_stat_statements", "shared_buffers", "256MB"))
            .start();
    this.database = postgres.database().migrated();
    execute("create extension pg_stat_statements");
    this.environment = BrokerProcess.environment(database);
    this.active911 =
        Simulator.start(
            SimulatorOptions.defaults()
                .withRedirectAddresses(
                    List.of(URI.create(environment.get("BROKER_PUBLIC_URL") + "/callback")))
                .withAgencies(agencies));
    BrokerProcess.connect(environment, active911);
    environment.put("BROKER_REFRESH_RATE", "0");
  }

  Simulator active911() {
    return active911;
  }

  /** Sets a key of the environment of the brokers that are started from now on. */
  Ground with(String key, String value) {
    environment.put(key, value);
    return this;
  }

  /** Starts one more broker as documented for production, with the image's cache. */
  BrokerProcess broker() {
    if (!Files.exists(CACHE)) {
      throw new IllegalStateException("there is no cache: ./mvnw -Pimage verify makes it");
    }
    return serve(BrokerProcess.JAR, AS_IN_IMAGE, environment);
  }

  /** Starts another service with the same options. */
  BrokerProcess serve(Path jar, List<String> options, Map<String, String> own) {
    Map<String, String> all = new HashMap<>(own);
    all.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    all.put("QUARKUS_HTTP_PORT", Integer.toString(FreePort.find()));
    all.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(FreePort.find()));
    BrokerProcess process = BrokerProcess.serve(jar, options, home(), all);
    processes.add(process);
    return process;
  }

  /** What a broker has in its environment. */
  Map<String, String> environment() {
    return environment;
  }

  /** A new directory. */
  Path home() {
    try {
      return Files.createTempDirectory(directory, "home");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Connects so many more agencies, which are refreshed when the time has come for it.
   *
   * @param expiresIn what their tokens have left
   * @param dueIn when they are refreshed
   * @return their names
   */
  List<String> connect(int count, Duration expiresIn, Duration dueIn) {
    int first = connected;
    connected += count;
    List<Callable<String>> tasks = new ArrayList<>();
    try (AgroalDataSource source = pool();
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      PreparedGrants prepared =
          new PreparedGrants(source, environment.getOrDefault("BROKER_ENCRYPTION_KEYSET", ""));
      List<SimulatedAgency> agencies = active911.agencies().subList(first, connected);
      for (SimulatedAgency agency : agencies) {
        tasks.add(() -> connect(prepared, agency, expiresIn, dueIn));
      }
      List<String> slugs = new ArrayList<>();
      for (Future<String> slug : threads.invokeAll(tasks)) {
        slugs.add(slug.get());
      }
      execute("vacuum analyze");
      return slugs;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private String connect(
      PreparedGrants prepared, SimulatedAgency agency, Duration expiresIn, Duration dueIn) {
    Grant consent = active911.consent(agency.id(), Set.of(Scope.READ_AGENCY));
    Instant now = InstantSource.system().instant();
    String slug = "agency-" + agency.id();
    prepared.connect(
        slug,
        new Active911Agency(agency.id(), agency.name()),
        new TokenSet(
            Secret.of(consent.accessToken()),
            now.plus(expiresIn),
            Secret.of(consent.refreshToken()),
            now.plus(YEAR),
            SCOPE),
        now,
        now.plus(dueIn));
    return slug;
  }

  /** Of this process alone, and not synced: what is prepared is not what is measured. */
  private AgroalDataSource pool() {
    try {
      return AgroalDataSource.from(
          new AgroalDataSourceConfigurationSupplier()
              .connectionPoolConfiguration(
                  pool ->
                      pool.maxSize(THREADS)
                          .connectionFactoryConfiguration(
                              factory ->
                                  factory
                                      .jdbcUrl(database.jdbcUrl())
                                      .principal(new NamePrincipal(database.user()))
                                      .jdbcProperty("options", "-c synchronous_commit=off"))));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Runs a statement. */
  void execute(String statement) {
    try {
      database.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A connection to the database; the caller closes it. */
  Connection connection() throws SQLException {
    return database.dataSource().getConnection();
  }

  /** Asks for one number. */
  double number(String query) {
    try (Connection connection = connection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getDouble(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Asks for one column of text. */
  List<String> strings(String query) {
    try (Connection connection = connection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      List<String> values = new ArrayList<>();
      while (row.next()) {
        values.add(row.getString(1));
      }
      return values;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    processes.forEach(BrokerProcess::close);
    active911.close();
    postgres.close();
  }
}
