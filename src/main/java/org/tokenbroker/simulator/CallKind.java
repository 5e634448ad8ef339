package org.tokenbroker.simulator;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What a call to the simulator was for. */
public enum CallKind {
  /** A request of the consent page, or a decision made there (RFC 6749 §4.1.1). */
  AUTHORIZATION,
  /** A code for tokens (§4.1.3). */
  EXCHANGE,
  /** A refresh token of an application grant (§6). */
  REFRESH,
  /** A refresh token of a personal grant. */
  PERSONAL_REFRESH,
  /** Neither of these two, at the token endpoint: no grant type, or an unknown one. */
  OTHER_TOKEN_REQUEST,
  /** The API's root, which names the agency. */
  API;

  static final Set<CallKind> AT_TOKEN_ENDPOINTS =
      Collections.unmodifiableSet(
          EnumSet.of(EXCHANGE, REFRESH, PERSONAL_REFRESH, OTHER_TOKEN_REQUEST));

  /** The name as the control API writes it. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
