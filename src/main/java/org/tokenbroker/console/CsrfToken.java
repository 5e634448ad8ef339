package org.tokenbroker.console;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.Secret;

/**
 * The proof that a form was sent from one of our own pages: a value that only the holder of the
 * browser's cookie can derive, and that does not give the cookie away.
 */
final class CsrfToken {

  /** The form field that carries it. */
  static final String FIELD = "csrf";

  private static final String ALGORITHM = "HmacSHA256";
  private static final byte[] PURPOSE = "form".getBytes(StandardCharsets.UTF_8);

  private CsrfToken() {}

  /** The token of all forms under this cookie. */
  static String of(Secret cookie) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(cookie.value().getBytes(StandardCharsets.UTF_8), ALGORITHM));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(mac.doFinal(PURPOSE));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HMAC-SHA256", e);
    }
  }

  /** Whether a form carries the right token; compares in constant time. */
  static boolean matches(Secret cookie, @Nullable String sent) {
    return sent != null
        && MessageDigest.isEqual(
            of(cookie).getBytes(StandardCharsets.UTF_8), sent.getBytes(StandardCharsets.UTF_8));
  }
}
