package org.tokenbroker.caller;

import jakarta.inject.Singleton;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who asks, where memory tells it without waiting for anybody: by a key of ours, or by a token that
 * was verified before. Whoever is not known here may still prove itself to {@link Authentication},
 * which also refuses.
 */
@Singleton
public class KnownCallers {

  private static final String SCHEME = "bearer ";

  private final CallerKeys callerKeys;
  private final VerifiedTokens tokens;
  private final CallerRate rate;

  KnownCallers(CallerKeys callerKeys, VerifiedTokens tokens, CallerRate rate) {
    this.callerKeys = callerKeys;
    this.tokens = tokens;
    this.rate = rate;
  }

  /**
   * What an {@code Authorization} header presents (RFC 6750 §2.1).
   *
   * @return null if it is not of the scheme {@code Bearer}
   */
  static @Nullable String credential(String authorization) {
    return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? authorization.substring(SCHEME.length()).strip()
        : null;
  }

  /** Whose a credential is; does not block. */
  Optional<? extends Identity> identity(String credential) {
    Optional<ApiKey> key = ApiKey.parse(credential);
    if (key.isPresent()) {
      return switch (key.get().kind()) {
        case CALLER -> callerKeys.authenticate(key.get());
        case ADMIN -> callerKeys.authenticateAdmin(key.get());
      };
    }
    VerifiedTokens.Claims claims = tokens.remembered(credential);
    return claims == null ? Optional.empty() : callerKeys.ofToken(claims);
  }

  /**
   * The caller who presents this; does not block.
   *
   * @param authorization the only {@code Authorization} header of the request
   * @return null if it is not known here, or is no caller
   */
  public @Nullable AuthenticatedCaller caller(String authorization) {
    String credential = credential(authorization);
    return credential != null
            && identity(credential).orElse(null) instanceof AuthenticatedCaller caller
        ? caller
        : null;
  }

  /** Counts a request of a caller; false if it has made too many, and was not counted. */
  public boolean admits(AuthenticatedCaller caller) {
    return rate.take(caller).isZero();
  }
}
