package org.tokenbroker.simulator;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a consent.
 *
 * @param at when it was decided
 * @param event the kind of call in lower case, or {@code granted}, {@code revoked}, {@code
 *     access_tokens_invalidated}
 * @param outcome how it ended; {@code docs/simulator.md} lists the words
 * @param presented generation of the refresh token that was presented; null: none
 * @param issued generation of the refresh token that was answered; null: none
 * @param underWay how many refreshes of the consent were under way then, this one included; null:
 *     this was none
 * @param delay the latency that the call met; null: none
 */
public record GrantEvent(
    Instant at,
    String event,
    String outcome,
    @Nullable Integer presented,
    @Nullable Integer issued,
    @Nullable Integer underWay,
    @Nullable Duration delay) {

  /** What happened otherwise than by a call. */
  static GrantEvent of(Instant at, String event, String outcome) {
    return new GrantEvent(at, event, outcome, null, null, null, null);
  }
}
