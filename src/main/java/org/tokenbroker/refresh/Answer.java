package org.tokenbroker.refresh;

import java.time.Instant;
import org.tokenbroker.agency.HandoutState.CurrentToken;
import org.tokenbroker.agency.Lease;
import org.tokenbroker.oauth.TokenSet;

/**
 * What Active911 answered to a refresh, with all that is needed to settle it: it may hold the only
 * live token of an agency.
 *
 * @param lease under which the refresh token was presented
 * @param tokens the tokens after the answer
 * @param nextRefreshAt when to refresh next, on the database's clock
 */
record Answer(Lease lease, TokenSet tokens, Instant nextRefreshAt) implements Unsettled {

  @Override
  public long agencyId() {
    return lease.agencyId();
  }

  @Override
  public String slug() {
    return lease.slug();
  }

  /** The access token as it will be once it is settled. */
  CurrentToken accessToken() {
    return new CurrentToken(
        tokens.accessToken(),
        tokens.scope().toString(),
        lease.generation() + 1,
        lease.claimedAt(),
        tokens.accessTokenExpiresAt(),
        nextRefreshAt);
  }
}
