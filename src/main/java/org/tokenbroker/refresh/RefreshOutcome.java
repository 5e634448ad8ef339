package org.tokenbroker.refresh;

import java.time.Duration;
import java.time.Instant;

/** What became of an attempt to renew an agency's access token. */
public sealed interface RefreshOutcome {

  /** A new access token is stored. */
  record Refreshed() implements RefreshOutcome {}

  /** Nothing was to be done: the stored token is newer than the one that was seen. */
  record NotDue() implements RefreshOutcome {}

  /** Somebody else is renewing it, and did not finish within the deadline. */
  record HeldElsewhere() implements RefreshOutcome {}

  /**
   * The stored token is still valid and was renewed on request only a moment ago.
   *
   * @param again when it may be renewed on request again, on the database's clock
   */
  record TooSoon(Instant again) implements RefreshOutcome {}

  /** There is no consent: never given, or refused by Active911 for the stored token. */
  record ConsentGone() implements RefreshOutcome {}

  /**
   * Active911 gave no token, which says nothing about the consent.
   *
   * @param error our name for what was wrong
   * @param retryIn when it is worth asking again
   */
  record Deferred(String error, Duration retryIn) implements RefreshOutcome {}
}
