package org.tokenbroker.active911;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.active911.Replies.Answer;
import org.tokenbroker.oauth.OAuthError;

@NullMarked
class RepliesTest {

  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  private static TokenReply token(int status, String body) {
    return Replies.token(answer(status, null, body), NOW);
  }

  private static Answer answer(int status, @Nullable String retryAfter, String body) {
    return Answer.of(status, retryAfter, body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aTokenResponseIsRead() {
    TokenReply.Issued issued =
        assertInstanceOf(
            TokenReply.Issued.class,
            token(
                200,
                """
                {"access_token":"at","token_type":"Bearer","expires_in":86400,
                 "refresh_token":"rt","scope":"read_agency read_alert"}"""));

    assertEquals("at", issued.accessToken().value());
    assertEquals("rt", java.util.Objects.requireNonNull(issued.refreshToken()).value());
    assertEquals("read_agency read_alert", String.valueOf(issued.scope()));
    assertEquals(NOW.plusSeconds(86_400), issued.expiresAt(NOW));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"expires_in\":\"3600\"', 3600",
    "'\"expires_in\":3600.9', 3600",
    "'\"expires_in\":-5', 0",
    "'\"expires_in\":99999999999999999999', 31622400",
    "'\"expiration\":1795608000', 86400",
    "'\"expiration\":\"1795608000\"', 86400",
    "'\"expiration\":1795608000000', 86400",
    "'\"expiration\":\"1795608000000\"', 86400",
    "'\"other\":1', 3600",
    "'\"expires_in\":\"soon\"', 3600",
    "'\"expires_in\":null', 3600",
  })
  void theLifetimeIsReadInEachFormThatWasMet(String member, long seconds) {
    TokenReply.Issued issued =
        assertInstanceOf(
            TokenReply.Issued.class, token(200, "{\"access_token\":\"at\"," + member + "}"));

    assertEquals(NOW.plusSeconds(seconds), issued.expiresAt(NOW));
  }

  @Test
  void noRefreshTokenMeansThatTheOldOneStays() {
    TokenReply.Issued issued =
        assertInstanceOf(TokenReply.Issued.class, token(200, "{\"access_token\":\"at\"}"));

    assertNull(issued.refreshToken());
    assertNull(issued.scope());
  }

  @ParameterizedTest
  @CsvSource({
    "400, invalid_grant, INVALID_GRANT",
    "401, invalid_client, INVALID_CLIENT",
    "400, invalid_client, INVALID_CLIENT",
    "400, unauthorized_client, INVALID_CLIENT",
    "400, invalid_scope, INVALID_SCOPE",
    "400, invalid_request, OTHER",
    "200, invalid_grant, INVALID_GRANT",
  })
  void anOAuthErrorIsReadByItsBody(int status, String code, OAuthError error) {
    assertEquals(
        new TokenReply.Rejected(error),
        token(status, "{\"error\":\"" + code + "\",\"error_description\":\"<b>\"}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html>down for maintenance</html>",
        "{",
        "[]",
        "\"text\"",
        "{}",
        "{\"access_token\":\"\"}",
        "{\"access_token\":42}",
        "{\"access_token\":\"with\\u0000null\"}",
        "{\"access_token\":\"a\",\"access_token\":\"b\"}",
        "{\"error\":{}}",
      })
  void whatIsNoTokenResponseSaysNothing(String body) {
    for (int status : new int[] {200, 400, 404}) {
      assertEquals(
          new TokenReply.Unavailable(Unavailability.UNINTELLIGIBLE, null), token(status, body));
    }
  }

  @Test
  void invalidUtf8SaysNothing() {
    assertEquals(
        new TokenReply.Unavailable(Unavailability.UNINTELLIGIBLE, null),
        Replies.token(Answer.of(200, null, new byte[] {(byte) 0xC3, 0x28}), NOW));
  }

  @Test
  void anErrorWithServerStatusProvesNothing() {
    assertEquals(
        new TokenReply.Unavailable(Unavailability.SERVER_ERROR, null),
        token(503, "{\"error\":\"invalid_grant\"}"));
  }

  @Test
  void aRedirectIsNotAnAnswer() {
    assertEquals(
        new TokenReply.Unavailable(Unavailability.UNINTELLIGIBLE, null),
        token(302, "{\"access_token\":\"at\"}"));
  }

  @Test
  void aTokenIsBelievedUpTo4Kilobytes() {
    assertInstanceOf(
        TokenReply.Issued.class, token(200, "{\"access_token\":\"" + "a".repeat(4096) + "\"}"));
    assertInstanceOf(
        TokenReply.Unavailable.class,
        token(200, "{\"access_token\":\"" + "a".repeat(4097) + "\"}"));
  }

  @ParameterizedTest
  @CsvSource({
    "120, 120",
    "'Tue, 24 Nov 2026 12:01:00 GMT', 60",
    "'Tue, 24 Nov 2026 11:00:00 GMT', 0",
    "-3, 0",
    "99999999, 3600",
  })
  void tooManyRequestsSaysForHowLong(String header, long seconds) {
    assertEquals(
        new TokenReply.Unavailable(Unavailability.RATE_LIMITED, Duration.ofSeconds(seconds)),
        Replies.token(answer(429, header, ""), NOW));
  }

  @Test
  void anUnreadableRetryAfterIsNone() {
    assertEquals(
        new TokenReply.Unavailable(Unavailability.RATE_LIMITED, null),
        Replies.token(answer(429, "later", ""), NOW));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"123\"", "123", "\" 123 \""})
  void anAgencysIdComesAsTextOrNumber(String id) {
    assertEquals(
        new AgencyReply.Identified("123", "Springfield Fire"),
        Replies.agency(
            answer(
                200,
                null,
                "{\"result\":\"success\",\"message\":{\"agency\":{\"id\":"
                    + id
                    + ",\"name\":\"Springfield Fire\",\"devices\":[{}]}}}")));
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void anApiThatDoesNotTakeTheTokenIsNotSilent(int status) {
    assertEquals(new AgencyReply.Refused(), Replies.agency(answer(status, null, "{}")));
  }

  @ParameterizedTest
  @CsvSource({
    "200, '{\"result\":\"error\",\"message\":\"no\"}', UNINTELLIGIBLE",
    "200, '{\"result\":\"success\",\"message\":{\"agency\":{}}}', UNINTELLIGIBLE",
    "200, '{\"result\":\"success\"}', UNINTELLIGIBLE",
    "200, 'hello', UNINTELLIGIBLE",
    "429, '', RATE_LIMITED",
    "500, '', SERVER_ERROR",
  })
  void anApiThatDoesNotNameTheAgencyIsSilent(int status, String body, Unavailability reason) {
    assertEquals(new AgencyReply.Unavailable(reason), Replies.agency(answer(status, null, body)));
  }
}
