package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Makes tokens and codes from the seed, and reads its own tokens back. A token carries whose it is,
 * hidden and sealed, so that the simulator tells a dead token from one that never was without
 * keeping all that it ever issued. Tokens depend on the seed and the consent's own history alone,
 * not on the order in which consents are served. They look like Active911's: 40 hex characters.
 *
 * <p>Nothing here withstands an attacker; the seed is no secret.
 */
final class TokenMint {

  /** Length of a token, in characters, unless a longer one is wanted. */
  static final int TOKEN_LENGTH = 40;

  private static final int BYTES = TOKEN_LENGTH / 2;
  private static final int REFRESH_PAYLOAD = 9;
  private static final int ACCESS_PAYLOAD = 14;
  private static final long UNSIGNED = 0xFFFFFFFFL;
  private static final HexFormat HEX = HexFormat.of();

  private final byte[] key;

  TokenMint(long seed) {
    this.key = ByteBuffer.allocate(Long.BYTES).putLong(seed).array();
  }

  /**
   * @param agency index of the agency
   * @param serial which consent of the agency
   * @param generation which refresh token of the consent
   */
  record RefreshToken(int agency, int serial, int generation) {}

  /**
   * @param number which access token of the consent
   * @param expiresAt seconds since 1970
   * @param scopes a bit for each scope
   */
  record AccessToken(int agency, int serial, int number, long expiresAt, int scopes) {}

  String refreshToken(RefreshToken token, int length) {
    byte[] payload = payload(REFRESH_PAYLOAD, token.agency(), token.serial());
    ByteBuffer.wrap(payload).position(5).putInt(token.generation());
    return seal("refresh", payload, length);
  }

  String accessToken(AccessToken token, int length) {
    byte[] payload = payload(ACCESS_PAYLOAD, token.agency(), token.serial());
    ByteBuffer.wrap(payload)
        .position(5)
        .putInt(token.number())
        .putInt((int) token.expiresAt())
        .put((byte) token.scopes());
    return seal("access", payload, length);
  }

  /** The refresh token that this text is, or null if it was never made here. */
  @Nullable RefreshToken readRefreshToken(String text) {
    byte[] payload = open("refresh", text, REFRESH_PAYLOAD);
    return payload == null
        ? null
        : new RefreshToken(
            agency(payload), serial(payload), ByteBuffer.wrap(payload).position(5).getInt());
  }

  /** The access token that this text is, or null if it was never made here. */
  @Nullable AccessToken readAccessToken(String text) {
    byte[] payload = open("access", text, ACCESS_PAYLOAD);
    if (payload == null) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.wrap(payload).position(5);
    return new AccessToken(
        agency(payload),
        serial(payload),
        buffer.getInt(),
        buffer.getInt() & UNSIGNED,
        buffer.get() & 0xFF);
  }

  /** The n-th authorization code of an agency. */
  String code(String agencyId, long number) {
    return HEX.formatHex(digest("code", agencyId.getBytes(UTF_8), number), 0, BYTES);
  }

  /** A number from 0 (inclusive) to 1 (exclusive): the n-th that is drawn for this purpose. */
  double fraction(String purpose, long number) {
    long bits = ByteBuffer.wrap(digest("fraction", purpose.getBytes(UTF_8), number)).getLong();
    return (bits >>> 11) * 0x1.0p-53;
  }

  private static byte[] payload(int size, int agency, int serial) {
    byte[] payload = new byte[size];
    payload[0] = (byte) (agency >>> 16);
    payload[1] = (byte) (agency >>> 8);
    payload[2] = (byte) agency;
    payload[3] = (byte) (serial >>> 8);
    payload[4] = (byte) serial;
    return payload;
  }

  private static int agency(byte[] payload) {
    return ((payload[0] & 0xFF) << 16) | ((payload[1] & 0xFF) << 8) | (payload[2] & 0xFF);
  }

  private static int serial(byte[] payload) {
    return ((payload[3] & 0xFF) << 8) | (payload[4] & 0xFF);
  }

  /** Seal first, then hide: the seal is the start of a digest and seeds the mask. */
  private String seal(String purpose, byte[] payload, int length) {
    byte[] token = new byte[BYTES];
    byte[] seal = Arrays.copyOf(digest(purpose, payload, length), BYTES - payload.length);
    System.arraycopy(seal, 0, token, 0, seal.length);
    System.arraycopy(masked(purpose, seal, payload), 0, token, seal.length, payload.length);
    String text = HEX.formatHex(token);
    return length <= TOKEN_LENGTH ? text : text + "0".repeat(length - TOKEN_LENGTH);
  }

  private byte @Nullable [] open(String purpose, String text, int size) {
    if (text.length() < TOKEN_LENGTH) {
      return null;
    }
    for (int i = TOKEN_LENGTH; i < text.length(); i++) {
      if (text.charAt(i) != '0') {
        return null;
      }
    }
    byte[] token;
    try {
      token = HEX.parseHex(text, 0, TOKEN_LENGTH);
    } catch (IllegalArgumentException e) {
      return null; // not hex, so not ours
    }
    byte[] seal = Arrays.copyOf(token, BYTES - size);
    byte[] payload = masked(purpose, seal, Arrays.copyOfRange(token, seal.length, BYTES));
    return text.equals(seal(purpose, payload, text.length())) ? payload : null;
  }

  private byte[] masked(String purpose, byte[] seal, byte[] payload) {
    byte[] mask = digest(purpose, seal, -1);
    byte[] result = payload.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] ^= mask[i];
    }
    return result;
  }

  private byte[] digest(String purpose, byte[] content, long number) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(key);
      digest.update(purpose.getBytes(UTF_8));
      digest.update((byte) 0);
      digest.update(content);
      return digest.digest(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
