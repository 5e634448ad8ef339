package org.tokenbroker.agency;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.Secret;

/**
 * All that handing out needs to know of an agency.
 *
 * @param token the stored access token, expired or not; null if the agency was never connected
 * @param version of what is stored
 */
public record HandoutState(
    long agencyId,
    String slug,
    boolean paused,
    ConnectionState state,
    @Nullable CurrentToken token,
    Version version) {

  /**
   * Which transactions stored this. A row is changed by one transaction after the other, so that of
   * two states of one agency the older is older in one of these and newer in neither.
   *
   * @param agency the id of the one that changed the agency's row last
   * @param grant the id of the one that changed its grant's row last; 0: there is none
   */
  public record Version(long agency, long grant) {
    boolean isAfter(Version other) {
      return agency > other.agency || grant > other.grant;
    }
  }

  /** The same agency with a new token, which proves its consent. */
  public HandoutState with(CurrentToken newToken) {
    return new HandoutState(agencyId, slug, paused, ConnectionState.CONNECTED, newToken, version);
  }

  /**
   * What is to be held after this was held and another was read from the database: the one that was
   * stored later; and always the newest token, which the database may not hold yet.
   */
  public HandoutState updatedBy(HandoutState read) {
    if (read.agencyId != agencyId) {
      return read.agencyId > agencyId ? read : this; // an id is never given twice, and they grow
    }
    if (version.isAfter(read.version)) {
      return this;
    }
    return token != null && (read.token == null || read.token.generation() < token.generation())
        ? read.with(token)
        : read;
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
