package org.tokenbroker.simulator;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A running simulator of Active911. Its methods tell it how to behave and ask what it saw; all of
 * them can also be called over HTTP, see {@code docs/simulator.md}. Safe for use by several
 * threads.
 */
public final class Simulator implements AutoCloseable {

  private static final Logger LOG = System.getLogger(Simulator.class.getName());
  private static final long DEADLINE = 30;
  private static final long SAVE_DELAY_MILLIS = 500;

  private final Vertx vertx;
  private final String host;
  private final AuthorizationServer server;
  private final FaultRules rules = new FaultRules();
  private final Traffic traffic;
  private final Listener listener;
  private final @Nullable StateFile stateFile;
  private final AtomicBoolean saveIsDue = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  private Simulator(SimulatorOptions options, Vertx vertx) {
    this.vertx = vertx;
    this.host = options.host();
    Path path = options.stateFile();
    this.stateFile = path == null ? null : new StateFile(path);
    this.server = new AuthorizationServer(options, stateFile == null ? null : stateFile.load());
    this.traffic = new Traffic(options.clock());
    // The front needs the listener, to close it on command, and the other way round.
    Front[] front = new Front[1];
    this.listener =
        new Listener(
            vertx, options.host(), options.port(), eventLoops(), http -> front[0].accept(http));
    front[0] =
        new Front(
            vertx,
            server,
            rules,
            traffic,
            options.slashBeforeQuery(),
            new StartPage(server, rules, traffic),
            new Control(server, rules, traffic, listener));
  }

  private static int eventLoops() {
    return Math.min(4, Runtime.getRuntime().availableProcessors());
  }

  /**
   * Starts a simulator; when this returns, it listens.
   *
   * @throws IllegalStateException if it cannot listen there
   * @throws java.io.UncheckedIOException if its state file cannot be read
   */
  public static Simulator start(SimulatorOptions options) {
    Vertx vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(eventLoops())
                .setWorkerPoolSize(2)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                    new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    try {
      Simulator simulator = new Simulator(options, vertx);
      await(simulator.listener.open());
      if (simulator.stateFile != null) {
        simulator.server.onChange(simulator::saveSoon);
      }
      return simulator;
    } catch (RuntimeException e) {
      await(vertx.close());
      throw e;
    }
  }

  private static void await(Future<?> future) {
    try {
      future.toCompletionStage().toCompletableFuture().get(DEADLINE, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the simulator cannot do that: " + e.getMessage(), e);
    }
  }

  /** Many changes in a row are saved together. */
  private void saveSoon() {
    if (!saveIsDue.getAndSet(true)) {
      vertx.setTimer(
          SAVE_DELAY_MILLIS,
          _ ->
              vertx
                  .executeBlocking(
                      () -> {
                        save();
                        return null;
                      })
                  .onFailure(e -> LOG.log(Level.WARNING, "consents are not saved", e)));
    }
  }

  /** One at a time, so that what is written last is what was read last. */
  private synchronized void save() {
    saveIsDue.set(false);
    if (stateFile != null) {
      stateFile.save(server.content());
    }
  }

  /** Stops to listen, ends every connection and saves the consents, if there is a file for them. */
  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      await(listener.end());
      await(vertx.close());
      save();
    }
  }

  /** Where it listens, without a path: {@code http://127.0.0.1:8911}. */
  public URI origin() {
    return URI.create(
        "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + listener.port());
  }

  /** Its authorization endpoint. */
  public URI authorizeUrl() {
    return origin().resolve(Front.AUTHORIZE);
  }

  /** Its token endpoint. */
  public URI tokenUrl() {
    return origin().resolve(Front.TOKEN);
  }

  /** The root of its API. */
  public URI apiUrl() {
    return origin().resolve(Front.API);
  }

  /** Where personal grants are made and refreshed. */
  public URI personalTokenUrl() {
    return origin().resolve(Front.PERSONAL);
  }

  /** The agencies it has. */
  public List<SimulatedAgency> agencies() {
    return server.agencies();
  }

  private SimulatedAgency agency(String id) {
    SimulatedAgency agency = server.agency(id);
    if (agency == null) {
      throw new IllegalArgumentException("no agency " + id);
    }
    return agency;
  }

  /**
   * Gives the registered application a consent, without a browser.
   *
   * @throws IllegalArgumentException if there is no such agency or scope
   */
  public Grant consent(String agencyId, Set<String> scopes) {
    return grant(agencyId, GrantKind.APPLICATION, scopes);
  }

  /**
   * Makes a personal grant, without a browser.
   *
   * @throws IllegalArgumentException if there is no such agency or scope
   */
  public Grant personalGrant(String agencyId, Set<String> scopes) {
    return grant(agencyId, GrantKind.PERSONAL, scopes);
  }

  private Grant grant(String agencyId, GrantKind kind, Set<String> scopes) {
    if (!SimulatorOptions.ALL_SCOPES.containsAll(scopes)) {
      throw new IllegalArgumentException("not one of Active911's scopes among " + scopes);
    }
    return server.grant(agency(agencyId), kind, scopes);
  }

  /** Withdraws every consent that an agency gave: its tokens are dead from now on. */
  public void revokeConsent(String agencyId) {
    server.revoke(agency(agencyId).id());
  }

  /** Makes the access tokens that an agency has so far useless; its refresh tokens stay good. */
  public void invalidateAccessTokens(String agencyId) {
    server.invalidateAccessTokens(agency(agencyId).id());
  }

  /** Gives the registered application another secret; the old one is refused from now on. */
  public void changeClientSecret(String secret) {
    server.changeSecret(server.registrations().iterator().next().clientId(), secret);
  }

  /** Puts a fault rule in force. */
  public void inject(FaultRule rule) {
    if (rule.agencyId() != null) {
      agency(rule.agencyId());
    }
    rules.add(rule);
  }

  /** Lets a fault show for all agencies, in the calls it is usually for, until it is cleared. */
  public void inject(Fault fault) {
    inject(FaultRule.of(fault));
  }

  /** Ends all fault rules: rotation, lifetimes and scopes are the usual ones again, too. */
  public void clearFaults() {
    rules.clear();
  }

  /** Ends the fault rules of one agency; those for all stay. */
  public void clearFaults(String agencyId) {
    rules.clear(agencyId);
  }

  /** Sets what a refresh of application grants does to the refresh token, for all agencies. */
  public void setRotation(Rotation rotation) {
    inject(new Fault.RotationMode(rotation, Duration.ofSeconds(30)));
  }

  /** The same for one agency; it outweighs what is set for all. */
  public void setRotation(String agencyId, Rotation rotation) {
    inject(
        FaultRule.of(new Fault.RotationMode(rotation, Duration.ofSeconds(30))).forAgency(agencyId));
  }

  /** Sets how long new access tokens live, for all agencies. */
  public void setAccessTokenLifetime(Duration lifetime) {
    inject(new Fault.Lifetime(lifetime.toSeconds()));
  }

  /** The same for one agency; it outweighs what is set for all. */
  public void setAccessTokenLifetime(String agencyId, Duration lifetime) {
    inject(FaultRule.of(new Fault.Lifetime(lifetime.toSeconds())).forAgency(agencyId));
  }

  /** Sets what an agency grants at most, whatever is asked for. */
  public void setGrantedScopes(String agencyId, Set<String> scopes) {
    inject(FaultRule.of(new Fault.GrantedScope(scopes)).forAgency(agencyId));
  }

  /** Refuses connections, and ends those that are open, until {@link #acceptConnections()}. */
  public void refuseConnections() {
    await(listener.close());
  }

  /** Listens again, on the same port. */
  public void acceptConnections() {
    await(listener.open());
  }

  /** How many calls of a kind there were. */
  public long calls(CallKind kind) {
    return calls(key -> key.kind() == kind);
  }

  /** How many calls of a kind there were that belong to an agency. */
  public long calls(CallKind kind, String agencyId) {
    return calls(key -> key.kind() == kind && key.agencyId().equals(agencyId));
  }

  /** How many calls of a kind that belong to an agency ended so; outcomes: see the docs. */
  public long calls(CallKind kind, String agencyId, String outcome) {
    return calls(new Traffic.Key(kind, agencyId, outcome)::equals);
  }

  private long calls(Predicate<Traffic.Key> which) {
    return traffic.counts().stream()
        .filter(count -> which.test(count.key()))
        .mapToLong(Traffic.Count::calls)
        .sum();
  }

  /** The dead refresh tokens that were presented, in this order; of very many the last ones. */
  public List<DeadToken> deadTokens() {
    return traffic.deadTokens();
  }

  /** The refreshes that overlapped, in this order; of very many the last ones. */
  public List<OverlappingRefresh> overlappingRefreshes() {
    return traffic.overlaps();
  }

  /**
   * What happened to a consent, oldest first; of a long story the end.
   *
   * @throws IllegalArgumentException if there is no such consent
   */
  public List<GrantEvent> timeline(String grantId) {
    Consent consent = server.consentOf(grantId);
    if (consent == null) {
      throw new IllegalArgumentException("no grant " + grantId);
    }
    return consent.timeline();
  }

  /** How many calls began in each second of the last hour; seconds without one are left out. */
  public SortedMap<Instant, Long> callsPerSecond() {
    SortedMap<Instant, Long> seconds = new TreeMap<>();
    traffic.seconds().forEach(second -> seconds.put(second.second(), second.calls()));
    return seconds;
  }

  /** Forgets all calls; consents and fault rules stay. */
  public void forgetCalls() {
    traffic.forget();
    server.consents().forEach(Consent::forgetTimeline);
  }
}
