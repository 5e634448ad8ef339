package org.tokenbroker.caller;

import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.request.AuthenticationRequest;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.ext.web.RoutingContext;
import jakarta.persistence.EntityManager;
import java.lang.reflect.Proxy;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.PreparedClock;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestIssuer;

/**
 * What a read needs to tell who asks, with 1,000 callers in memory to each of whom 1,000 agencies
 * are granted one by one, and 100 JWTs that were verified before.
 */
@NullUnmarked // what a read does not touch is not there; the rest is filled before it is measured
@State(Scope.Thread)
public class CallerPieces {

  private static final int CALLERS = 1_000;
  private static final int AGENCIES = 1_000;
  private static final int JWTS = 100;
  private static final String ISSUER = "https://issuer.invalid";

  private final List<String> keys = new ArrayList<>();
  private final List<String> byKey = new ArrayList<>();
  private final List<String> byJwt = new ArrayList<>();
  private final List<String> agencies = new ArrayList<>();
  private KnownCallers callers;
  private AuthenticatedCaller caller;
  private int next;

  /** Keeps the callers where the real one reads them from the database. */
  private static final class StoredCallers extends Callers {

    private final Directory stored;

    StoredCallers(Directory stored) {
      super(absent(EntityManager.class), new SecureRandom(), null, null, null, null);
      this.stored = stored;
    }

    @Override
    Directory directory() {
      return stored;
    }

    @Override
    String mark() {
      return "stored";
    }
  }

  /** Verifies whatever it is given; what is measured comes after that. */
  private static final class Verifier implements IdentityProviderManager {

    private final String subject;
    private final Instant expiresAt;

    Verifier(String subject, Instant expiresAt) {
      this.subject = subject;
      this.expiresAt = expiresAt;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(AuthenticationRequest request) {
      return Uni.createFrom().item(authenticateBlocking(request));
    }

    @Override
    public SecurityIdentity authenticateBlocking(AuthenticationRequest request) {
      return QuarkusSecurityIdentity.builder().setPrincipal(new Token(subject, expiresAt)).build();
    }
  }

  private record Token(String subject, Instant expiresAt) implements JsonWebToken {

    @Override
    public String getName() {
      return subject;
    }

    @Override
    public Set<String> getClaimNames() {
      return Set.of("iss", "sub", "exp");
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // as the interface has it
    public <T> T getClaim(String name) {
      return (T)
          switch (name) {
            case "iss" -> ISSUER;
            case "sub" -> subject;
            case "exp" -> expiresAt.getEpochSecond();
            default -> null;
          };
    }
  }

  /** Fills memory. */
  @Setup
  public void fill() {
    DatabaseClock clock = PreparedClock.of(TestDatabase.create().dataSource());
    IntStream.range(0, AGENCIES).forEach(i -> agencies.add("agency-" + i));
    CallerKeys known = new CallerKeys(new StoredCallers(directory()), clock, new KeyUse(null));
    known.start(null);
    VerifiedTokens tokens = new VerifiedTokens(issuers(), verifier(clock), clock);
    try (TestIssuer issuer = TestIssuer.start()) {
      for (int i = 0; i < JWTS; i++) {
        String token = issuer.token("caller-0");
        tokens.verify(token, ISSUER, absent(RoutingContext.class)).await().indefinitely();
        byJwt.add("Bearer " + token);
      }
    }
    callers = new KnownCallers(known, tokens, new CallerRate(Optional.empty()));
    caller = callers.caller(byKey.getFirst());
    check(caller);
    check(callers.caller(byJwt.getFirst()));
  }

  /**
   * Lets the process end: it would be ended by force after half a minute, and leave its database
   * server behind.
   */
  @TearDown
  public void end() {
    Infrastructure.getDefaultWorkerPool().shutdownNow();
  }

  private static void check(AuthenticatedCaller found) {
    if (!found.name().equals("caller-0") || !found.mayRead("agency-0")) {
      throw new IllegalStateException("that is another: " + found.name());
    }
  }

  private static IdentityProviderManager verifier(DatabaseClock clock) {
    return new Verifier("caller-0", clock.instant().plusSeconds(86_400));
  }

  private static Issuers issuers() {
    OidcConfig config =
        new SmallRyeConfigBuilder()
            .withMapping(OidcConfig.class)
            .withDefaultValue("broker.oidc.issuers", ISSUER)
            .build()
            .getConfigMapping(OidcConfig.class);
    return new Issuers(config, null, "http://localhost", name -> Optional.empty());
  }

  private Directory directory() {
    SecureRandom random = new SecureRandom();
    List<Caller> rows = new ArrayList<>();
    List<CallerKey> keyRows = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Caller row = new Caller();
      row.id = (long) i;
      row.name = "caller-" + i;
      row.issuer = ISSUER;
      row.subject = row.name;
      row.agencies = new HashSet<>(agencies);
      rows.add(row);
      ApiKey key = ApiKey.generate(ApiKey.Kind.CALLER, random);
      CallerKey keyRow = new CallerKey();
      keyRow.keyId = key.id();
      keyRow.callerId = i;
      keyRow.hash = key.hash();
      keyRows.add(keyRow);
      keys.add(key.text().value());
      byKey.add("Bearer " + key.text().value());
    }
    return Directory.of(rows, keyRows, List.of(), List.of());
  }

  /** One that may be asked for something, and has no answer. */
  private static <T> T absent(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> null));
  }

  private String next(List<String> list) {
    next = next + 1 == list.size() ? 0 : next + 1;
    return list.get(next);
  }

  /** Prefix and checksum, as of each key that is presented. */
  @Benchmark
  public Object parseKey() {
    return ApiKey.parse(next(keys));
  }

  /** From the header to the caller: parsed, looked up, hashed, compared in constant time, noted. */
  @Benchmark
  public Object callerByKey() {
    return callers.caller(next(byKey));
  }

  /** From the header to the caller: hashed, found among those verified, looked up. */
  @Benchmark
  public Object callerByJwt() {
    return callers.caller(next(byJwt));
  }

  /** Whether this agency is granted. */
  @Benchmark
  public boolean mayRead() {
    return caller.mayRead(next(agencies));
  }
}
