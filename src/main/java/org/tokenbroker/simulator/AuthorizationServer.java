package org.tokenbroker.simulator;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * All that the simulator knows as an authorization server: who is registered, which agencies there
 * are, which codes and consents. Safe for use by several threads.
 */
final class AuthorizationServer {

  /** How long a code can be exchanged (documented). */
  static final Duration CODE_LIFETIME = Duration.ofSeconds(30);

  /** An access token lives a day, a refresh token a year (documented). */
  static final long ACCESS_TOKEN_LIFETIME = 86_400;

  static final Duration REFRESH_TOKEN_LIFETIME = Duration.ofDays(365);

  /** For so long a replayed code is still known for one. */
  private static final Duration CODE_MEMORY = Duration.ofHours(1);

  private static final int SERIALS = 1 << 16;

  private final InstantSource clock;
  private final TokenMint mint;
  private final long seed;
  private final Map<String, Registration> registrations = new LinkedHashMap<>();
  private final ConcurrentMap<String, String> secrets = new ConcurrentHashMap<>();
  private final List<SimulatedAgency> agencies;
  private final Map<String, Integer> agencyIndexes = new HashMap<>();
  private final ConcurrentMap<String, AuthorizationCode> codes = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, AtomicLong> codeNumbers = new ConcurrentHashMap<>();

  /** The consents of each agency, by its index; the serial of a consent is its place, from 1. */
  private final List<List<Consent>> consents = new ArrayList<>();

  private volatile Runnable onChange = () -> {};

  AuthorizationServer(SimulatorOptions options, StateFile.@Nullable Content restored) {
    this.clock = options.clock();
    this.seed = restored == null ? options.seed() : restored.seed();
    this.mint = new TokenMint(seed);
    List<Registration> all = new ArrayList<>(options.furtherRegistrations());
    all.addFirst(options.registration());
    for (Registration registration : all) {
      registrations.put(registration.clientId(), registration);
      secrets.put(registration.clientId(), registration.clientSecret());
    }
    // A token names its agency by index, so agencies that were there before keep their places.
    Map<String, SimulatedAgency> ordered = new LinkedHashMap<>();
    if (restored != null) {
      restored.agencies().forEach(agency -> ordered.put(agency.id(), agency));
    }
    options.agencies().forEach(agency -> ordered.put(agency.id(), agency));
    this.agencies = List.copyOf(ordered.values());
    for (SimulatedAgency agency : agencies) {
      agencyIndexes.put(agency.id(), consents.size());
      consents.add(new ArrayList<>());
    }
    if (restored != null) {
      for (Consent.Saved saved : restored.consents()) {
        int index = indexOf(saved.agencyId());
        consents.get(index).add(Consent.restored(index, agencies.get(index), saved));
      }
      restored
          .codes()
          .forEach((agencyId, number) -> codeNumbers.put(agencyId, new AtomicLong(number)));
    }
  }

  /** Is called after every change that is worth keeping. */
  void onChange(Runnable listener) {
    onChange = listener;
  }

  /** Tells that something changed that is worth keeping. */
  void changed() {
    onChange.run();
  }

  TokenMint mint() {
    return mint;
  }

  Instant now() {
    return clock.instant();
  }

  @Nullable Registration registration(@Nullable String clientId) {
    return clientId == null ? null : registrations.get(clientId);
  }

  Collection<Registration> registrations() {
    return registrations.values();
  }

  boolean isSecretOf(Registration registration, String secret) {
    return secret.equals(secrets.get(registration.clientId()));
  }

  /**
   * Gives a client another secret; the old one is refused from now on.
   *
   * @throws IllegalArgumentException if there is no such client
   */
  void changeSecret(String clientId, String secret) {
    if (secrets.replace(clientId, secret) == null) {
      throw new IllegalArgumentException("no such client");
    }
  }

  List<SimulatedAgency> agencies() {
    return agencies;
  }

  @Nullable SimulatedAgency agency(@Nullable String id) {
    Integer index = id == null ? null : agencyIndexes.get(id);
    return index == null ? null : agencies.get(index);
  }

  private int indexOf(String agencyId) {
    Integer index = agencyIndexes.get(agencyId);
    if (index == null) {
      throw new IllegalArgumentException("no agency " + agencyId);
    }
    return index;
  }

  /** Issues a code for a decision of the user (RFC 6749 §4.1.2). */
  String issueCode(
      String clientId,
      @Nullable String redirectAddress,
      SimulatedAgency agency,
      Set<String> scopes) {
    Instant now = now();
    codes.values().removeIf(code -> code.expiresAt().plus(CODE_MEMORY).isBefore(now));
    long number = codeNumbers.computeIfAbsent(agency.id(), _ -> new AtomicLong()).incrementAndGet();
    String code = mint.code(agency.id(), number);
    codes.put(
        code,
        new AuthorizationCode(clientId, redirectAddress, agency, scopes, now.plus(CODE_LIFETIME)));
    return code;
  }

  /** The code of this text, used or not, or null if there is none. */
  @Nullable AuthorizationCode code(@Nullable String text) {
    return text == null ? null : codes.get(text);
  }

  /** Enters a new consent; it has no tokens yet. */
  Consent consent(SimulatedAgency agency, GrantKind kind, String clientId, Set<String> scopes) {
    int index = indexOf(agency.id());
    List<Consent> own = consents.get(index);
    synchronized (own) {
      int serial = own.size() + 1;
      if (serial >= SERIALS) {
        throw new IllegalStateException("an agency gives at most 65,535 consents");
      }
      Consent consent = new Consent(index, serial, agency, kind, clientId, scopes);
      own.add(consent);
      return consent;
    }
  }

  /** The consents that an agency gave, oldest first, withdrawn ones included. */
  List<Consent> consents(String agencyId) {
    List<Consent> own = consents.get(indexOf(agencyId));
    synchronized (own) {
      return List.copyOf(own);
    }
  }

  /** All consents, by agency. */
  List<Consent> consents() {
    List<Consent> all = new ArrayList<>();
    for (SimulatedAgency agency : agencies) {
      all.addAll(consents(agency.id()));
    }
    return all;
  }

  /** The consent of this id ({@code 123-1}), or null if there is none. */
  @Nullable Consent consentOf(String id) {
    int dash = id.lastIndexOf('-');
    Integer index = dash < 0 ? null : agencyIndexes.get(id.substring(0, dash));
    if (index == null) {
      return null;
    }
    try {
      return consent(index, Integer.parseInt(id, dash + 1, id.length(), 10));
    } catch (NumberFormatException e) {
      return null; // not an id
    }
  }

  @Nullable Consent consentOf(TokenMint.@Nullable RefreshToken token) {
    return token == null ? null : consent(token.agency(), token.serial());
  }

  @Nullable Consent consentOf(TokenMint.@Nullable AccessToken token) {
    return token == null ? null : consent(token.agency(), token.serial());
  }

  private @Nullable Consent consent(int agencyIndex, int serial) {
    if (agencyIndex >= consents.size()) {
      return null;
    }
    List<Consent> own = consents.get(agencyIndex);
    synchronized (own) {
      return serial >= 1 && serial <= own.size() ? own.get(serial - 1) : null;
    }
  }

  /** A new refresh token for a consent, beside those that it has. */
  String issueRefreshToken(Consent consent, int length) {
    return refreshToken(
        consent, consent.issueRefreshToken(now().plus(REFRESH_TOKEN_LIFETIME)), length);
  }

  /** The text of a refresh token that was issued. */
  String refreshToken(Consent consent, int generation, int length) {
    return mint.refreshToken(
        new TokenMint.RefreshToken(consent.agencyIndex(), consent.serial(), generation), length);
  }

  /** A new access token for a consent. */
  String issueAccessToken(Consent consent, Instant expiresAt, Set<String> scopes, int length) {
    return mint.accessToken(
        new TokenMint.AccessToken(
            consent.agencyIndex(),
            consent.serial(),
            consent.issueAccessToken(),
            expiresAt.getEpochSecond(),
            Scopes.bits(scopes)),
        length);
  }

  /** A consent without browser and code, with its first tokens. */
  Grant grant(SimulatedAgency agency, GrantKind kind, Set<String> asked) {
    // In one order, whatever the order of the set: answers are the same in every run.
    Set<String> scopes = Scopes.common(SimulatorOptions.ALL_SCOPES, asked);
    String clientId =
        kind == GrantKind.PERSONAL ? "" : registrations.values().iterator().next().clientId();
    Consent consent = consent(agency, kind, clientId, scopes);
    Instant now = now();
    Instant expiresAt = now.plusSeconds(ACCESS_TOKEN_LIFETIME);
    Grant grant =
        new Grant(
            consent.id(),
            agency.id(),
            kind,
            scopes,
            issueAccessToken(consent, expiresAt, scopes, TokenMint.TOKEN_LENGTH),
            expiresAt,
            issueRefreshToken(consent, TokenMint.TOKEN_LENGTH));
    consent.note(new GrantEvent(now, "granted", "issued", null, 1, null, null));
    changed();
    return grant;
  }

  /** Withdraws every consent of an agency. */
  void revoke(String agencyId) {
    for (Consent consent : consents(agencyId)) {
      revoke(consent);
    }
  }

  /** Withdraws a consent. */
  void revoke(Consent consent) {
    consent.revoke();
    consent.note(GrantEvent.of(now(), "revoked", "revoked"));
    changed();
  }

  /** Makes every access token of an agency useless. */
  void invalidateAccessTokens(String agencyId) {
    for (Consent consent : consents(agencyId)) {
      consent.invalidateAccessTokens();
      consent.note(GrantEvent.of(now(), "access_tokens_invalidated", "invalidated"));
    }
    changed();
  }

  long seed() {
    return seed;
  }

  /** All that is kept over a restart. */
  StateFile.Content content() {
    Map<String, Long> numbers = new LinkedHashMap<>();
    codeNumbers.forEach((agencyId, number) -> numbers.put(agencyId, number.get()));
    return new StateFile.Content(
        seed, agencies, consents().stream().map(Consent::save).toList(), numbers);
  }
}
