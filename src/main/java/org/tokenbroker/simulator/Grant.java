package org.tokenbroker.simulator;

import java.time.Instant;
import java.util.Set;

/**
 * A consent as it stands right after it was given, with its first tokens.
 *
 * @param id names the consent at the simulator: the agency's id and a number, {@code 123-1}
 * @param agencyId Active911's id of the agency
 * @param kind how it was given
 * @param scopes what was granted
 * @param accessToken an access token
 * @param accessTokenExpiresAt when that expires
 * @param refreshToken a refresh token
 */
public record Grant(
    String id,
    String agencyId,
    GrantKind kind,
    Set<String> scopes,
    String accessToken,
    Instant accessTokenExpiresAt,
    String refreshToken) {

  @Override
  public String toString() {
    return "Grant[" + id + "]";
  }
}
