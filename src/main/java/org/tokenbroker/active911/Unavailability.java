package org.tokenbroker.active911;

/** Why Active911 gave no answer that means anything. */
public enum Unavailability {
  /** No connection, or it broke. */
  UNREACHABLE,
  /** No complete answer within the deadline. */
  TIMEOUT,
  /** 429: we ask too often. */
  RATE_LIMITED,
  /** A status of 500 or above. */
  SERVER_ERROR,
  /** An answer that is no JSON of the expected form, too long, or a redirect. */
  UNINTELLIGIBLE
}
