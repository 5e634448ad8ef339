package org.tokenbroker.console;

import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Cookie;
import jakarta.ws.rs.core.NewCookie;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.tokenbroker.oauth.Secret;

/**
 * The pages' cookies: the session, and before it the one that the sign-in form is bound to, or the
 * one that says where to go after a sign-in elsewhere; and what an officer's form is bound to. No
 * script can read them, no other site's form brings one along, and no other site's link one of the
 * first two. Over https they are bound to this host (RFC 6265bis §4.1.3.2). They go when the
 * browser is closed.
 */
@Singleton
class BrowserCookie {

  /** Which one. */
  enum Kind {
    SESSION("console-session", NewCookie.SameSite.STRICT),
    SIGN_IN("console-sign-in", NewCookie.SameSite.STRICT),
    /**
     * What an officer's form is bound to. It comes along when he opens his link in a mail a second
     * time, so that the form of the first tab is not spoilt.
     */
    CONNECT("connect-form", NewCookie.SameSite.LAX),
    /** Comes along when the identity provider, another site, leads back to us. */
    RETURN_TO("console-return-to", NewCookie.SameSite.LAX);

    private final String name;
    private final NewCookie.SameSite sameSite;

    Kind(String name, NewCookie.SameSite sameSite) {
      this.name = name;
      this.sameSite = sameSite;
    }
  }

  private final boolean https;

  BrowserCookie(@ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.https = "https".equalsIgnoreCase(publicUrl.getScheme());
  }

  /** What the browser sent. */
  Optional<Secret> read(Kind kind, Map<String, Cookie> cookies) {
    Cookie cookie = cookies.get(name(kind));
    return cookie == null || cookie.getValue() == null || cookie.getValue().isEmpty()
        ? Optional.empty()
        : Optional.of(Secret.of(cookie.getValue()));
  }

  /** Sets it. */
  NewCookie set(Kind kind, Secret value) {
    return cookie(kind).value(value.value()).build();
  }

  /** Takes it away. */
  NewCookie clear(Kind kind) {
    return cookie(kind).value("").maxAge(0).build();
  }

  private NewCookie.Builder cookie(Kind kind) {
    return new NewCookie.Builder(name(kind))
        .path("/")
        .httpOnly(true)
        .secure(https)
        .sameSite(kind.sameSite);
  }

  private String name(Kind kind) {
    return (https ? "__Host-" : "") + kind.name;
  }
}
