package org.tokenbroker.agency;

import java.time.Instant;
import org.tokenbroker.oauth.TokenSet;

/**
 * What a refresh won, with all that is needed to store it.
 *
 * @param lease under which the refresh token was presented
 * @param tokens the tokens after the answer
 * @param nextRefreshAt when to refresh next, on the database's clock
 */
public record Renewal(Lease lease, TokenSet tokens, Instant nextRefreshAt) {}
