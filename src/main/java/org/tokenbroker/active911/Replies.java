package org.tokenbroker.active911;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.http.RetryAfter;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;

/**
 * Reads what Active911 answers by its body, not by its label: errors are known to come as HTML, as
 * JSON labelled {@code text/html}, or with status 200.
 */
final class Replies {

  /** Longest token that is believed to be one; the longest seen upstream is far shorter. */
  private static final int TOKEN_LIMIT = 4096;

  /** VSCHAR of RFC 6749 appendix A. */
  private static final Pattern TOKEN = Pattern.compile("[\\x20-\\x7E]{1," + TOKEN_LIMIT + "}");

  /** No access token is believed to live longer. */
  private static final Duration LIFETIME_LIMIT = Duration.ofDays(366);

  /** A pause longer than this is taken for a mistake and cut. */
  private static final Duration RETRY_AFTER_LIMIT = Duration.ofHours(1);

  /** Absolute times above this are milliseconds: as seconds they would lie after the year 5000. */
  private static final BigDecimal MILLISECONDS_FROM = new BigDecimal("100000000000");

  private static final int TOO_MANY_REQUESTS = 429;

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private Replies() {}

  /**
   * An HTTP answer, read whole.
   *
   * @param text its body, whatever its label; null if that is not UTF-8
   */
  record Answer(int status, @Nullable String retryAfter, @Nullable String text) {

    static Answer of(int status, @Nullable String retryAfter, byte[] body) {
      try {
        return new Answer(
            status,
            retryAfter,
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString());
      } catch (CharacterCodingException e) {
        return new Answer(status, retryAfter, null);
      }
    }
  }

  /**
   * @param now to which a {@code Retry-After} date is relative
   */
  static TokenReply token(Answer answer, Instant now) {
    if (answer.status() == TOO_MANY_REQUESTS) {
      return new TokenReply.Unavailable(
          Unavailability.RATE_LIMITED, retryAfter(answer.retryAfter(), now));
    }
    if (answer.status() >= 500) {
      return new TokenReply.Unavailable(
          Unavailability.SERVER_ERROR, retryAfter(answer.retryAfter(), now));
    }
    TokenReply unintelligible = new TokenReply.Unavailable(Unavailability.UNINTELLIGIBLE, null);
    JsonNode json = json(answer.text());
    if (json == null || (answer.status() >= 300 && answer.status() < 400)) {
      return unintelligible;
    }
    Optional<Secret> accessToken = tokenMember(json, "access_token");
    if (answer.status() < 300 && accessToken.isPresent()) {
      return new TokenReply.Issued(
          accessToken.get(),
          expiry(json),
          tokenMember(json, "refresh_token").orElse(null),
          scope(json));
    }
    String error = json.path("error").asText("");
    return error.isEmpty() ? unintelligible : new TokenReply.Rejected(OAuthError.ofCode(error));
  }

  /** Reads {@code {"result":"success","message":{"agency":{"id":…,"name":…}}}}. */
  static AgencyReply agency(Answer answer) {
    if (answer.status() == TOO_MANY_REQUESTS) {
      return new AgencyReply.Unavailable(Unavailability.RATE_LIMITED);
    }
    if (answer.status() == 401 || answer.status() == 403) {
      return new AgencyReply.Refused();
    }
    if (answer.status() >= 500) {
      return new AgencyReply.Unavailable(Unavailability.SERVER_ERROR);
    }
    JsonNode json = json(answer.text());
    if (answer.status() == 200
        && json != null
        && json.path("result").asText("").equals("success")) {
      JsonNode agency = json.path("message").path("agency");
      String id = agency.path("id").asText("").strip();
      if (!id.isEmpty() && id.length() <= 100) {
        return new AgencyReply.Identified(id, agency.path("name").asText(""));
      }
    }
    return new AgencyReply.Unavailable(Unavailability.UNINTELLIGIBLE);
  }

  /** The body as a JSON object, or null if it is none. */
  private static @Nullable JsonNode json(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      JsonNode json = JSON.readTree(text.strip());
      return json != null && json.isObject() ? json : null;
    } catch (JsonProcessingException e) {
      return null; // that it is no JSON is the finding; its text is foreign and goes nowhere
    }
  }

  private static Optional<Secret> tokenMember(JsonNode json, String member) {
    JsonNode value = json.path(member);
    return value.isTextual() && TOKEN.matcher(value.textValue()).matches()
        ? Optional.of(Secret.of(value.textValue()))
        : Optional.empty();
  }

  private static TokenReply.Expiry expiry(JsonNode json) {
    BigDecimal expiresIn = number(json.path("expires_in"));
    if (expiresIn != null) {
      return new TokenReply.Expiry.In(lifetime(expiresIn));
    }
    BigDecimal expiration = number(json.path("expiration"));
    if (expiration != null && expiration.signum() > 0) {
      BigDecimal millis =
          expiration.compareTo(MILLISECONDS_FROM) >= 0 ? expiration : expiration.movePointRight(3);
      return new TokenReply.Expiry.At(
          Instant.ofEpochMilli(millis.min(MILLISECONDS_FROM.movePointRight(3)).longValue()));
    }
    return new TokenReply.Expiry.Unstated();
  }

  private static Duration lifetime(BigDecimal seconds) {
    BigDecimal limit = BigDecimal.valueOf(LIFETIME_LIMIT.toSeconds());
    return Duration.ofSeconds(seconds.max(BigDecimal.ZERO).min(limit).longValue());
  }

  /** A number, whether written as one or as text. */
  private static @Nullable BigDecimal number(JsonNode value) {
    if (value.isNumber()) {
      return value.decimalValue();
    }
    String text = value.isTextual() ? value.textValue().strip() : "";
    if (text.isEmpty() || text.length() > 20) {
      return null;
    }
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static @Nullable Scope scope(JsonNode json) {
    JsonNode scope = json.path("scope");
    if (!scope.isTextual()) {
      return null;
    }
    try {
      return Scope.parse(scope.textValue());
    } catch (IllegalArgumentException e) {
      return null; // unreadable is as good as absent: what was asked for stands
    }
  }

  /** How long Active911 asks to be left alone, cut at an hour. */
  private static @Nullable Duration retryAfter(@Nullable String header, Instant now) {
    Duration wait = RetryAfter.read(header, now);
    return wait == null || wait.compareTo(RETRY_AFTER_LIMIT) <= 0 ? wait : RETRY_AFTER_LIMIT;
  }
}
