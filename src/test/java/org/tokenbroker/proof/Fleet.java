package org.tokenbroker.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.PreparedGrants;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Grant;
import org.tokenbroker.simulator.SimulatedAgency;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.simulator.SimulatorOptions;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.TestDatabase;

/** Several packaged brokers on one database and one simulator, and the agencies they are for. */
final class Fleet implements AutoCloseable {

  private static final int AGENCIES = 2_500;
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration YEAR = Duration.ofDays(365);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Scope SCOPE = Scope.parse(Scope.READ_AGENCY);

  private final Path directory;
  private final TestDatabase database;
  private final Map<String, String> environment;
  private final Simulator active911;
  private final Grants grants;
  private final HttpCalls calls = new HttpCalls();
  private final List<Replica> replicas = new ArrayList<>();
  private int agenciesUsed;
  private @Nullable String callerKey;

  /** A fleet without replicas, on a database without a schema. */
  Fleet(Path directory, TestDatabase database) {
    this.directory = directory;
    this.database = database.migrated();
    this.environment = BrokerProcess.environment(database);
    this.active911 =
        Simulator.start(
            SimulatorOptions.defaults()
                .withSeed(Proof.seed())
                .withRedirectAddresses(
                    List.of(URI.create(environment.get("BROKER_PUBLIC_URL") + "/callback")))
                .withAgencies(AGENCIES));
    BrokerProcess.connect(environment, active911);
    this.grants = new Grants(database.dataSource());
    with("BROKER_REFRESH_INTERVAL", "1s");
    with("BROKER_REFRESH_RATE", "0");
    withTimeout(5);
  }

  /**
   * Sets after how many seconds Active911 is given up, and the shortest lease that goes with it.
   */
  Fleet withTimeout(int seconds) {
    return with("ACTIVE911_TIMEOUT", seconds + "s")
        .with("BROKER_REFRESH_LEASE", 3 * seconds + 10 + "s");
  }

  /** Sets a key of the environment of all replicas that are added from now on. */
  Fleet with(String key, String value) {
    environment.put(key, value);
    return this;
  }

  /**
   * Adds a replica without starting it.
   *
   * @param own what only this one has in its environment
   */
  Replica add(Map<String, String> own) {
    Map<String, String> all = new HashMap<>(environment);
    all.put("QUARKUS_HTTP_PORT", Integer.toString(FreePort.find()));
    all.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(FreePort.find()));
    all.putAll(own);
    try {
      Path home = Files.createDirectory(directory.resolve("replica-" + (replicas.size() + 1)));
      Replica replica = new Replica(home, all);
      replicas.add(replica);
      return replica;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Adds so many replicas and starts all there are. */
  Fleet start(int count) {
    for (int i = 0; i < count; i++) {
      add(Map.of());
    }
    return start();
  }

  /** Starts all replicas, beside each other. */
  Fleet start() {
    inParallel(
        replicas.stream()
            .map(replica -> Executors.callable((Runnable) replica::start, true))
            .toList());
    callerKey = replicas.getFirst().client().createCaller("dispatch-board", "*");
    Eventually.isTrue(
        "every replica knows the caller",
        () ->
            replicas.stream()
                .allMatch(
                    replica ->
                        calls.get(replica.origin().resolve("/tokens"), callerKey()) == Read.OK),
        this::logs);
    return this;
  }

  /** A key of the environment that replicas are added with. */
  String setting(String key) {
    return environment.getOrDefault(key, "");
  }

  /** Runs tasks at the same time; a failure of one is a failure. */
  static <T> List<T> inParallel(List<Callable<T>> tasks) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<T> results = new ArrayList<>();
      for (Future<T> task : threads.invokeAll(tasks)) {
        results.add(task.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** How long the tokens of agencies live that {@link #connect} connects, and what is left. */
  record Life(Duration untilExpiry, Duration untilDue) {

    /** As right after a refresh. */
    static Life whole() {
      return new Life(DAY, DAY.multipliedBy(3).dividedBy(4));
    }

    /** Valid for so long, and due to be refreshed now. */
    static Life due(Duration untilExpiry) {
      return new Life(untilExpiry, Duration.ZERO);
    }

    /** Expired; nobody refreshes it unless it is asked for. */
    static Life expiredUnnoticed() {
      return new Life(Duration.ofSeconds(-1), DAY);
    }
  }

  /** Connects so many agencies that were not connected before. */
  List<Subject> connect(int count, Life life) {
    PreparedGrants prepared =
        new PreparedGrants(
            database.dataSource(), environment.getOrDefault("BROKER_ENCRYPTION_KEYSET", ""));
    int first = agenciesUsed;
    agenciesUsed += count;
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Subject>> connected =
          IntStream.range(first, first + count)
              .mapToObj(index -> threads.submit(() -> connect(prepared, index, life)))
              .toList();
      List<Subject> subjects = new ArrayList<>();
      for (Future<Subject> subject : connected) {
        subjects.add(subject.get());
      }
      return subjects;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  private Subject connect(PreparedGrants prepared, int index, Life life) {
    SimulatedAgency agency = active911.agencies().get(index);
    Grant consent = active911.consent(agency.id(), Set.of(Scope.READ_AGENCY));
    String slug = "agency-" + agency.id();
    Instant now = InstantSource.system().instant();
    prepared.connect(
        slug,
        new Active911Agency(agency.id(), agency.name()),
        new TokenSet(
            Secret.of(consent.accessToken()),
            now.plus(life.untilExpiry()),
            Secret.of(consent.refreshToken()),
            now.plus(YEAR),
            SCOPE),
        now,
        now.plus(life.untilDue()));
    return new Subject(slug, agency.id(), consent.id());
  }

  List<Replica> replicas() {
    return replicas;
  }

  Replica replica(int index) {
    return replicas.get(index);
  }

  Simulator active911() {
    return active911;
  }

  Grants grants() {
    return grants;
  }

  HttpCalls calls() {
    return calls;
  }

  TestDatabase database() {
    return database;
  }

  String callerKey() {
    if (callerKey == null) {
      throw new IllegalStateException("the fleet was not started");
    }
    return callerKey;
  }

  /** Reads a token with whatever life it has left. */
  Read read(Replica replica, Subject subject) {
    return calls.token(replica.origin(), callerKey(), subject.slug(), 0);
  }

  /**
   * Has an admin refresh an agency; returns when that is over.
   *
   * @return the status; 0: no answer
   */
  int refresh(Replica replica, Subject subject) {
    return calls.post(
        replica.origin().resolve("/agencies/" + subject.slug() + "/refresh"),
        BrokerProcess.ADMIN_KEY,
        "");
  }

  /** Whether Active911 takes an access token. */
  boolean works(String token) {
    return calls.get(active911.apiUrl(), token) == Read.OK;
  }

  /** How many refreshes of a consent Active911 has answered with tokens, whoever got them. */
  long issued(Subject subject) {
    return active911.timeline(subject.consentId()).stream()
        .filter(event -> event.presented() != null && event.outcome().startsWith("issued"))
        .count();
  }

  /** How many refreshes Active911 was asked for. */
  long refreshes() {
    return active911.calls(CallKind.REFRESH);
  }

  /** Waits until every replica answers a token of the agency that Active911 takes. */
  void awaitWorkingTokens(List<Subject> subjects) {
    for (Subject subject : subjects) {
      for (Replica replica : replicas) {
        Eventually.isTrue(
            "%s has a working token at every replica".formatted(subject.slug()),
            () -> {
              Read read = read(replica, subject);
              return read.isOk() && works(read.token());
            },
            () ->
                "%s%n%s%n%s%n%s"
                    .formatted(
                        read(replica, subject).describe(),
                        grants.rows().get(subject.slug()),
                        active911.timeline(subject.consentId()),
                        logs()));
      }
    }
  }

  /** Makes agencies due and waits until the schedule has refreshed each, or found it gone. */
  void refreshBySchedule(List<Subject> subjects) {
    Map<String, Grants.Row> before = grants.rows();
    grants.makeUrgent(subjects);
    Eventually.isTrue(
        "the schedule has been through all",
        PATIENCE,
        () -> {
          Map<String, Grants.Row> after = grants.rows();
          return subjects.stream()
              .allMatch(
                  subject ->
                      !row(after, subject).isConnected()
                          || row(after, subject).generation() > row(before, subject).generation());
        },
        this::logs);
  }

  private static Grants.Row row(Map<String, Grants.Row> rows, Subject subject) {
    Grants.Row row = rows.get(subject.slug());
    if (row == null) {
      throw new IllegalStateException("no grant of " + subject.slug());
    }
    return row;
  }

  /** The agencies whose consent counts as gone. */
  Set<String> needingConsent() {
    Set<String> slugs = new TreeSet<>();
    grants
        .rows()
        .values()
        .forEach(
            row -> {
              if (!row.isConnected()) {
                slugs.add(row.slug());
              }
            });
    return slugs;
  }

  /** What all replicas have printed, for a failure's message. */
  String logs() {
    StringBuilder logs = new StringBuilder();
    for (int i = 0; i < replicas.size(); i++) {
      logs.append("--- replica ").append(i + 1).append('\n').append(replicas.get(i).log());
      logs.append('\n');
    }
    return logs.toString();
  }

  @Override
  public void close() {
    inParallel(
        replicas.stream()
            .map(replica -> Executors.callable((Runnable) replica::close, true))
            .toList());
    active911.close();
  }
}
