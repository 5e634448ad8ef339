package org.tokenbroker.simulator;

import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a simulator is set up. Start from {@link #defaults()} and change what matters.
 *
 * @param host the address it binds
 * @param port the port it binds; 0: a free one
 * @param registration the application that is registered
 * @param furtherRegistrations others, for tests of who may use whose tokens
 * @param agencies the agencies that can be chosen; ids are unique
 * @param seed decides every token, code and random delay
 * @param clock tells the time by which codes and tokens expire
 * @param stateFile grants are loaded from it and saved to it; null: they end with the simulator
 * @param slashBeforeQuery whether a callback reads {@code <redirect address>/?code=…} instead of
 *     {@code <redirect address>?code=…}
 */
public record SimulatorOptions(
    String host,
    int port,
    Registration registration,
    List<Registration> furtherRegistrations,
    List<SimulatedAgency> agencies,
    long seed,
    InstantSource clock,
    @Nullable Path stateFile,
    boolean slashBeforeQuery) {

  /** All scopes that Active911 documents. */
  public static final Set<String> ALL_SCOPES =
      Collections.unmodifiableSet(
          new LinkedHashSet<>(
              List.of(
                  "read_agency",
                  "read_alert",
                  "read_response",
                  "read_device",
                  "read_mapdata",
                  "write_mapdata")));

  private static final int AGENCIES_LIMIT = 1 << 24;

  public SimulatorOptions {
    furtherRegistrations = List.copyOf(furtherRegistrations);
    agencies = List.copyOf(agencies);
    if (agencies.size() > AGENCIES_LIMIT) {
      throw new IllegalArgumentException("more than " + AGENCIES_LIMIT + " agencies");
    }
    if (agencies.stream().map(SimulatedAgency::id).distinct().count() != agencies.size()) {
      throw new IllegalArgumentException("two agencies have the same id");
    }
  }

  /**
   * 127.0.0.1, a free port, client {@code token-broker} with secret {@code simulated-secret} and
   * redirect address {@code http://localhost:8080/callback}, all six scopes, three agencies, seed
   * 911, the system's clock, no state file, no slash before the query.
   */
  public static SimulatorOptions defaults() {
    return new SimulatorOptions(
        "127.0.0.1",
        0,
        new Registration(
            "token-broker",
            "simulated-secret",
            List.of(URI.create("http://localhost:8080/callback")),
            ALL_SCOPES),
        List.of(),
        SimulatedAgency.three(),
        911,
        InstantSource.system(),
        null,
        false);
  }

  /** Binds this address. */
  public SimulatorOptions withHost(String newHost) {
    return new SimulatorOptions(
        newHost,
        port,
        registration,
        furtherRegistrations,
        agencies,
        seed,
        clock,
        stateFile,
        slashBeforeQuery);
  }

  /** Binds this port; 0: a free one. */
  public SimulatorOptions withPort(int newPort) {
    return new SimulatorOptions(
        host,
        newPort,
        registration,
        furtherRegistrations,
        agencies,
        seed,
        clock,
        stateFile,
        slashBeforeQuery);
  }

  /** Registers the application under this id and secret. */
  public SimulatorOptions withClient(String clientId, String clientSecret) {
    return withRegistration(
        new Registration(
            clientId, clientSecret, registration.redirectAddresses(), registration.scopes()));
  }

  /** Registers these redirect addresses. */
  public SimulatorOptions withRedirectAddresses(List<URI> addresses) {
    return withRegistration(
        new Registration(
            registration.clientId(),
            registration.clientSecret(),
            addresses,
            registration.scopes()));
  }

  /** Registers these scopes, of the six there are. */
  public SimulatorOptions withScopes(Set<String> scopes) {
    return withRegistration(
        new Registration(
            registration.clientId(),
            registration.clientSecret(),
            registration.redirectAddresses(),
            scopes));
  }

  /** Registers this application instead. */
  public SimulatorOptions withRegistration(Registration newRegistration) {
    return new SimulatorOptions(
        host,
        port,
        newRegistration,
        furtherRegistrations,
        agencies,
        seed,
        clock,
        stateFile,
        slashBeforeQuery);
  }

  /** Registers these applications as well. */
  public SimulatorOptions withFurtherRegistrations(List<Registration> registrations) {
    return new SimulatorOptions(
        host,
        port,
        registration,
        registrations,
        agencies,
        seed,
        clock,
        stateFile,
        slashBeforeQuery);
  }

  /** Has these agencies. */
  public SimulatorOptions withAgencies(List<SimulatedAgency> newAgencies) {
    return new SimulatorOptions(
        host,
        port,
        registration,
        furtherRegistrations,
        newAgencies,
        seed,
        clock,
        stateFile,
        slashBeforeQuery);
  }

  /** Has so many agencies, with ids from {@code 123} on. */
  public SimulatorOptions withAgencies(int count) {
    return withAgencies(SimulatedAgency.generated(count));
  }

  /** Draws everything random from this seed. */
  public SimulatorOptions withSeed(long newSeed) {
    return new SimulatorOptions(
        host,
        port,
        registration,
        furtherRegistrations,
        agencies,
        newSeed,
        clock,
        stateFile,
        slashBeforeQuery);
  }

  /** Reads the time from this clock. */
  public SimulatorOptions withClock(InstantSource newClock) {
    return new SimulatorOptions(
        host,
        port,
        registration,
        furtherRegistrations,
        agencies,
        seed,
        newClock,
        stateFile,
        slashBeforeQuery);
  }

  /** Keeps grants in this file. The seed in an existing file outweighs the one given here. */
  public SimulatorOptions withStateFile(@Nullable Path file) {
    return new SimulatorOptions(
        host,
        port,
        registration,
        furtherRegistrations,
        agencies,
        seed,
        clock,
        file,
        slashBeforeQuery);
  }

  /** Whether a slash stands before a callback's query. */
  public SimulatorOptions withSlashBeforeQuery(boolean slash) {
    return new SimulatorOptions(
        host, port, registration, furtherRegistrations, agencies, seed, clock, stateFile, slash);
  }
}
