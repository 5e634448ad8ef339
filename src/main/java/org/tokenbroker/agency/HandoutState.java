package org.tokenbroker.agency;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.Secret;

/**
 * All that handing out needs to know of an agency.
 *
 * @param token the stored access token, expired or not; null if the agency was never connected
 */
public record HandoutState(
    long agencyId,
    String slug,
    boolean paused,
    ConnectionState state,
    @Nullable CurrentToken token) {

  /** The same agency with a new token, which proves its consent. */
  public HandoutState with(CurrentToken newToken) {
    return new HandoutState(agencyId, slug, paused, ConnectionState.CONNECTED, newToken);
  }

  /**
   * A stored access token.
   *
   * @param generation counts the agency's access tokens; together with the agency's id it names
   *     this one
   * @param issuedAt when it was issued, on the database's clock
   * @param expiresAt when it expires, on the database's clock
   * @param nextRefreshAt from when on it is due to be refreshed, on the database's clock
   */
  public record CurrentToken(
      Secret accessToken,
      String scope,
      long generation,
      Instant issuedAt,
      Instant expiresAt,
      Instant nextRefreshAt) {}
}
