package org.tokenbroker.oauth;

import java.time.Instant;

/**
 * The tokens of one consent as they stand after an answer of the token endpoint (RFC 6749 §5.1),
 * with absolute times on the database's clock.
 *
 * @param accessToken proves the consent at the API
 * @param accessTokenExpiresAt counted from before the request was sent, so never too late
 * @param refreshToken the live one: the answer's, or the presented one where the answer held none
 * @param refreshTokenExpiresAt a year after this refresh token was first issued
 * @param scope what was granted
 */
public record TokenSet(
    Secret accessToken,
    Instant accessTokenExpiresAt,
    Secret refreshToken,
    Instant refreshTokenExpiresAt,
    Scope scope) {}
