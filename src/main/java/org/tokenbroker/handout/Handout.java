package org.tokenbroker.handout;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.HandoutState;
import org.tokenbroker.agency.HandoutState.CurrentToken;

/**
 * What is held in memory of an agency: its state, and the answer to a read, encoded once for each
 * token but for the seconds that are left.
 */
final class Handout {

  private static final int ETAG_BYTES = 16;

  private final HandoutState state;
  private final @Nullable Answer answer;

  /** The parts of an answer that stay the same for as long as the token does. */
  private record Answer(String etag, Buffer head, Buffer tail, Instant expiresAt) {}

  private Handout(HandoutState state, @Nullable Answer answer) {
    this.state = state;
    this.answer = answer;
  }

  static Handout of(HandoutState state) {
    CurrentToken token = state.token();
    return new Handout(state, token == null ? null : answer(state.slug(), token));
  }

  private static Answer answer(String slug, CurrentToken token) {
    String head =
        "{\"agency\":\""
            + slug
            + "\",\"access_token\":\""
            + json(token.accessToken().value())
            + "\",\"token_type\":\"Bearer\",\"scope\":\""
            + json(token.scope())
            + "\",\"expires_in\":";
    String tail = ",\"expires_at\":\"" + token.expiresAt().truncatedTo(ChronoUnit.SECONDS) + "\"}";
    byte[] hash = java.util.Arrays.copyOf(token.accessToken().sha256(), ETAG_BYTES);
    return new Answer(
        '"' + Base64.getUrlEncoder().withoutPadding().encodeToString(hash) + '"',
        Buffer.buffer(head.getBytes(StandardCharsets.UTF_8)),
        Buffer.buffer(tail.getBytes(StandardCharsets.UTF_8)),
        token.expiresAt().truncatedTo(ChronoUnit.SECONDS));
  }

  private static String json(String text) {
    return new String(JsonStringEncoder.getInstance().quoteAsString(text));
  }

  HandoutState state() {
    return state;
  }

  /** Which access token this is; 0 before the first. */
  long generation() {
    CurrentToken token = state.token();
    return token == null ? 0 : token.generation();
  }

  /** Whole seconds that the token still lives; 0 or less: none does. */
  long secondsLeft(Instant now) {
    if (answer == null) {
      return 0;
    }
    // It ends at a whole second: a second that has begun is not a whole one any more.
    long left = answer.expiresAt.getEpochSecond() - now.getEpochSecond();
    return now.getNano() == 0 ? left : left - 1;
  }

  /** For how long the token was good when it was issued, in whole seconds. */
  long lifetime() {
    CurrentToken token = state.token();
    return token == null ? 0 : Duration.between(token.issuedAt(), token.expiresAt()).toSeconds();
  }

  /** Names the token (RFC 9110 §8.8.3), in quotes. Only where there is one. */
  String etag() {
    return required().etag;
  }

  /** The body of an answer; only where there is a token. */
  Buffer body(long secondsLeft) {
    Answer parts = required();
    return Buffer.buffer(parts.head.length() + parts.tail.length() + 10)
        .appendBuffer(parts.head)
        .appendString(Long.toString(secondsLeft))
        .appendBuffer(parts.tail);
  }

  @Nullable Instant expiresAt() {
    return answer == null ? null : answer.expiresAt;
  }

  private Answer required() {
    if (answer == null) {
      throw new IllegalStateException("the agency was never connected");
    }
    return answer;
  }
}
