package org.tokenbroker.agency;

import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.Scope;

/**
 * What an admin decides about an agency.
 *
 * @param name how people call it
 * @param scope what is asked for at the next authorization; holds {@link Scope#READ_AGENCY}
 * @param expectedActive911Id the Active911 agency that a consent must be for, if known beforehand
 * @param contact whom to write to about it
 */
public record AgencySettings(
    String name, Scope scope, @Nullable String expectedActive911Id, @Nullable String contact) {}
