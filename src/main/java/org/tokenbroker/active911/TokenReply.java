package org.tokenbroker.active911;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;

/** What a token endpoint's answer means, whatever it looked like. */
public sealed interface TokenReply {

  /**
   * Tokens (RFC 6749 §5.1).
   *
   * @param refreshToken the new one; null: the presented one stays valid
   * @param scope what was granted; null: what was asked for
   */
  record Issued(
      Secret accessToken, Expiry expiry, @Nullable Secret refreshToken, @Nullable Scope scope)
      implements TokenReply {

    /** When the access token expires, counted from when the request was about to be sent. */
    public Instant expiresAt(Instant sentAt) {
      return switch (expiry) {
        case Expiry.In(Duration lifetime) -> sentAt.plus(lifetime);
        case Expiry.At(Instant instant) -> instant;
        case Expiry.Unstated() -> sentAt.plus(UNSTATED_LIFETIME);
      };
    }
  }

  /** An error in the sense of RFC 6749 §5.2. */
  record Rejected(OAuthError error) implements TokenReply {}

  /**
   * Nothing is known of what became of the request.
   *
   * @param retryAfter how long Active911 asks to be left alone; null: it did not say
   */
  record Unavailable(Unavailability reason, @Nullable Duration retryAfter) implements TokenReply {}

  /**
   * How long a token counts that came without a lifetime: much less than the documented day,
   * because handing out an expired token is worse than refreshing too often.
   */
  Duration UNSTATED_LIFETIME = Duration.ofHours(1);

  /** How an answer states the end of the access token's life. */
  sealed interface Expiry {
    /** {@code expires_in}: counted from the answer. */
    record In(Duration lifetime) implements Expiry {}

    /** {@code expiration}: absolute, as personal grants have it. */
    record At(Instant instant) implements Expiry {}

    /** Not at all. */
    record Unstated() implements Expiry {}
  }
}
