package org.tokenbroker.proof;

import java.time.Instant;

/**
 * What came of asking for a token.
 *
 * @param status the HTTP status; 0: the broker could not be reached, or did not answer
 * @param etag names the token; empty: none
 * @param token the access token; empty: none
 * @param expiresAt when it expires; the epoch if there is none
 * @param sentAt when the broker was asked
 * @param problem the problem's type, or why there was no answer; empty: neither
 */
record Read(
    int status, String etag, String token, Instant expiresAt, Instant sentAt, String problem) {

  static final int OK = 200;

  boolean isOk() {
    return status == OK;
  }

  /** Whether the token had expired before it was even asked for. */
  boolean isExpired() {
    return isOk() && !expiresAt.isAfter(sentAt);
  }

  /** For a failure's message: never the token. */
  String describe() {
    return status + " " + problem;
  }
}
