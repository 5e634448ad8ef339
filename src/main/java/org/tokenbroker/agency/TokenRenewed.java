package org.tokenbroker.agency;

import org.tokenbroker.agency.HandoutState.CurrentToken;

/**
 * An agency has a new access token, stored or at least on its way to the database. Fired on the
 * thread that won it.
 *
 * @param slug the agency's name
 * @param token its new access token
 */
public record TokenRenewed(long agencyId, String slug, CurrentToken token) {}
