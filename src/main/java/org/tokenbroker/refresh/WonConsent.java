package org.tokenbroker.refresh;

import java.time.Instant;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.oauth.TokenSet;

/**
 * A consent that an exchange or an import has just won from Active911, on its way to becoming a
 * candidate.
 *
 * @param candidateId the id it will have as a candidate, so that storing it twice stores it once
 * @param agencyId whose consent it is to become
 * @param anyAgency whether any Active911 agency will do where neither the expected nor the former
 *     one is known
 * @param wonAt when the request that won it was about to be sent, on the database's clock
 */
public record WonConsent(
    String candidateId,
    long agencyId,
    String slug,
    GrantKind kind,
    TokenSet tokens,
    boolean anyAgency,
    Instant wonAt)
    implements Unsettled {}
