package org.tokenbroker.simulator;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An authorization code and what it stands for (RFC 6749 §4.1.2). Good for one use. Guarded by its
 * own lock.
 */
final class AuthorizationCode {

  private final String clientId;
  private final @Nullable String redirectAddress;
  private final SimulatedAgency agency;
  private final Set<String> scopes;
  private final Instant expiresAt;

  private boolean used;
  private @Nullable Consent won;

  /**
   * @param redirectAddress as the authorization request had it; null: it had none
   */
  AuthorizationCode(
      String clientId,
      @Nullable String redirectAddress,
      SimulatedAgency agency,
      Set<String> scopes,
      Instant expiresAt) {
    this.clientId = clientId;
    this.redirectAddress = redirectAddress;
    this.agency = agency;
    this.scopes = scopes;
    this.expiresAt = expiresAt;
  }

  String clientId() {
    return clientId;
  }

  @Nullable String redirectAddress() {
    return redirectAddress;
  }

  SimulatedAgency agency() {
    return agency;
  }

  /** What was asked for and allowed. */
  Set<String> scopes() {
    return scopes;
  }

  Instant expiresAt() {
    return expiresAt;
  }

  /** Uses it up; false if it was used before. */
  synchronized boolean use() {
    boolean first = !used;
    used = true;
    return first;
  }

  /** What it won is remembered, so that a replay can revoke it. */
  synchronized void won(Consent consent) {
    won = consent;
  }

  synchronized @Nullable Consent won() {
    return won;
  }
}
