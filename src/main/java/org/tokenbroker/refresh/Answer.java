package org.tokenbroker.refresh;

import org.tokenbroker.agency.HandoutState.CurrentToken;
import org.tokenbroker.agency.Renewal;

/**
 * What Active911 answered to a refresh, with all that is needed to settle it: it may hold the only
 * live token of an agency.
 */
record Answer(Renewal renewal) implements Unsettled {

  @Override
  public long agencyId() {
    return renewal.lease().agencyId();
  }

  @Override
  public String slug() {
    return renewal.lease().slug();
  }

  /** The access token as it will be once it is settled. */
  CurrentToken accessToken() {
    return new CurrentToken(
        renewal.tokens().accessToken(),
        renewal.tokens().scope().toString(),
        renewal.lease().generation() + 1,
        renewal.lease().claimedAt(),
        renewal.tokens().accessTokenExpiresAt(),
        renewal.nextRefreshAt());
  }
}
