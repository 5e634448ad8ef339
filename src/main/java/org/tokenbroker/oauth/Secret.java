package org.tokenbroker.oauth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A value that proves something by being known: a token, a code, a key. It redacts itself wherever
 * it is printed and is compared in constant time; {@link #value()} is the one way to its text.
 */
public final class Secret {

  private static final int RANDOM_BYTES = 32;

  /** Fresh, and only ever cloned: each read needs one, and looking it up takes longer. */
  private static final MessageDigest SHA_256 = newSha256();

  private final String value;

  private Secret(String value) {
    this.value = value;
  }

  /**
   * Guards a text.
   *
   * @param value the text
   * @throws IllegalArgumentException if it is empty
   */
  public static Secret of(String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("a secret cannot be empty");
    }
    return new Secret(value);
  }

  /** A new secret of 256 random bits in base64url without padding (RFC 4648 §5), 43 characters. */
  public static Secret random(SecureRandom random) {
    byte[] bytes = new byte[RANDOM_BYTES];
    random.nextBytes(bytes);
    return new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** The text itself. Whoever calls this must not let it reach a log, a page or a problem. */
  public String value() {
    return value;
  }

  /**
   * SHA-256 of the text's UTF-8 bytes: enough to find or compare a secret that carries its own
   * randomness, where the secret itself is not to be kept.
   */
  public byte[] sha256() {
    return sha256(value.getBytes(StandardCharsets.UTF_8));
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** SHA-256 of the given bytes. */
  public static byte[] sha256(byte[] bytes) {
    try {
      return ((MessageDigest) SHA_256.clone()).digest(bytes);
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("Java's own SHA-256 can be cloned", e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other == this
        || (other instanceof Secret secret
            && MessageDigest.isEqual(
                value.getBytes(StandardCharsets.UTF_8),
                secret.value.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return "[redacted]";
  }
}
