package org.tokenbroker.oauth;

/**
 * What an error response of a token endpoint says (RFC 6749 §5.2), reduced to the cases that are
 * answered differently here. The server's own description is dropped on purpose: it is foreign text
 * and may quote what was sent.
 */
public enum OAuthError {
  /** The code or refresh token is unknown, expired, revoked or was issued to another client. */
  INVALID_GRANT,
  /**
   * Our registration or its secret is wrong: {@code invalid_client}, {@code unauthorized_client}.
   */
  INVALID_CLIENT,
  /** The requested scope is unknown or more than was granted. */
  INVALID_SCOPE,
  /** Any other code: this one request was wrong. */
  OTHER;

  /** Reads the {@code error} member of an error response. */
  public static OAuthError ofCode(String code) {
    return switch (code) {
      case "invalid_grant" -> INVALID_GRANT;
      case "invalid_client", "unauthorized_client" -> INVALID_CLIENT;
      case "invalid_scope" -> INVALID_SCOPE;
      default -> OTHER;
    };
  }
}
