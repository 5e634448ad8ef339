package org.tokenbroker.notice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.oauth.Secret;

@NullMarked
class WebhookSignatureTest {

  private static final Secret SECRET = Secret.of("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

  /** The example that the specification's libraries test themselves with. */
  @Test
  void thePublishedExampleIsSignedAsPublished() {
    assertEquals(
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        WebhookSignature.of(
            List.of(SECRET),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Instant.ofEpochSecond(1614265330),
            "{\"test\": 2432232314}"));
  }

  @Test
  void twoSecretsMakeTwoSignatures() {
    Secret next = Secret.of(secret(32));

    String both = WebhookSignature.of(List.of(SECRET, next), "id", Instant.EPOCH, "{}");

    assertEquals(
        WebhookSignature.of(List.of(SECRET), "id", Instant.EPOCH, "{}")
            + " "
            + WebhookSignature.of(List.of(next), "id", Instant.EPOCH, "{}"),
        both);
  }

  private static String secret(int length) {
    return "whsec_" + Base64.getEncoder().encodeToString(new byte[length]);
  }

  @ParameterizedTest
  @ValueSource(ints = {24, 32, 64})
  void aSecretHas24To64Bytes(int length) {
    assertTrue(WebhookSignature.isSecret(secret(length)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 23, 65})
  void noOtherLengthWillDo(int length) {
    assertFalse(WebhookSignature.isSecret(secret(length)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64 but long enough", ""})
  void norWillAnyOtherText(String text) {
    assertFalse(WebhookSignature.isSecret(text));
  }
}
