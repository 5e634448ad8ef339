package org.tokenbroker.simulator;

import java.time.Instant;

/**
 * A refresh that arrived while another one of the same consent was still being answered.
 *
 * @param at when it arrived
 * @param grantId the consent
 * @param agencyId its agency
 * @param underWay how many refreshes of the consent were under way then, this one included
 */
public record OverlappingRefresh(Instant at, String grantId, String agencyId, int underWay) {}
