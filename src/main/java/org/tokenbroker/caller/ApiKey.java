package org.tokenbroker.caller;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.zip.CRC32;
import org.tokenbroker.oauth.Secret;

/**
 * A key as it is written: {@code tbk_<key id>_<secret>_<crc32>} for callers, {@code tba_…} for
 * admins, each part in base62. The prefix lets a secret scanner find a leaked key, the checksum
 * lets it, and us, tell a key from a typo without asking anybody.
 *
 * @param kind whose it is
 * @param id names the key; not secret
 * @param text the whole key; its secret part alone holds 256 bits of randomness, so that one round
 *     of SHA-256 is enough to store it
 */
public record ApiKey(Kind kind, String id, Secret text) {

  /** The longest text that can be a key; anything longer is none. */
  private static final int LENGTH_LIMIT = 100;

  private static final int ID_LENGTH = 12;

  /** What a key's id can be. */
  static final String ID_REGEX = "[0-9A-Za-z]{1,32}";

  /** 62^43 exceeds 2^256. */
  private static final int SECRET_LENGTH = 43;

  /** 62^6 exceeds 2^32. */
  private static final int CHECKSUM_LENGTH = 6;

  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  /** Whose key it is. */
  public enum Kind {
    CALLER("tbk_"),
    ADMIN("tba_");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  /** Makes a new key. */
  public static ApiKey generate(Kind kind, SecureRandom random) {
    String id = base62(ID_LENGTH, random);
    String checked = kind.prefix + id + '_' + base62(SECRET_LENGTH, random);
    return new ApiKey(kind, id, Secret.of(checked + '_' + checksum(checked)));
  }

  /** Reads a key; empty if the text is not one, which its checksum tells. */
  public static Optional<ApiKey> parse(String text) {
    if (text.length() > LENGTH_LIMIT) {
      return Optional.empty();
    }
    for (Kind kind : Kind.values()) {
      if (text.startsWith(kind.prefix)) {
        int idEnd = text.indexOf('_', kind.prefix.length());
        int secretEnd = text.lastIndexOf('_');
        if (idEnd < 0
            || secretEnd <= idEnd
            || !text.substring(secretEnd + 1).equals(checksum(text.substring(0, secretEnd)))) {
          return Optional.empty();
        }
        String id = text.substring(kind.prefix.length(), idEnd);
        return id.isEmpty() ? Optional.empty() : Optional.of(new ApiKey(kind, id, Secret.of(text)));
      }
    }
    return Optional.empty();
  }

  /** What is stored of it. */
  byte[] hash() {
    return text.sha256();
  }

  private static String base62(int length, SecureRandom random) {
    StringBuilder digits = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      digits.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
    }
    return digits.toString();
  }

  private static String checksum(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    char[] digits = new char[CHECKSUM_LENGTH];
    long rest = crc.getValue();
    for (int i = CHECKSUM_LENGTH - 1; i >= 0; i--) {
      digits[i] = DIGITS.charAt((int) (rest % DIGITS.length()));
      rest /= DIGITS.length();
    }
    return new String(digits);
  }
}
