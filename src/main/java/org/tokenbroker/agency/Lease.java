package org.tokenbroker.agency;

import java.time.Instant;
import java.util.UUID;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;

/**
 * The right to present an agency's refresh token, once, until the lease ends; won by {@link
 * Grants#claim}. What is settled under it names the connection, token and generation that it was
 * won for, so that an answer that comes late changes nothing newer.
 *
 * @param refreshToken the token to present
 * @param generation of the access token that was stored when the lease was won
 * @param claimedAt on the database's clock; before the request is sent
 * @param forced whether the stored token was still valid and is refreshed because somebody asked
 */
public record Lease(
    long agencyId,
    String slug,
    String owner,
    long number,
    UUID connectionId,
    GrantKind kind,
    Secret refreshToken,
    Instant refreshTokenExpiresAt,
    Scope scope,
    long generation,
    int consecutiveFailures,
    Instant accessTokenExpiresAt,
    Instant claimedAt,
    boolean forced) {}
