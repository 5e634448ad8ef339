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
 * The console's two cookies: the session, and before it the one that the sign-in form is bound to.
 * No script can read them, and no other site's request carries them. Over https they are bound to
 * this host (RFC 6265bis §4.1.3.2). They go when the browser is closed.
 */
@Singleton
class BrowserCookie {

  /** Which of the two. */
  enum Kind {
    SESSION("console-session"),
    SIGN_IN("console-sign-in");

    private final String name;

    Kind(String name) {
      this.name = name;
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
        .sameSite(NewCookie.SameSite.STRICT);
  }

  private String name(Kind kind) {
    return (https ? "__Host-" : "") + kind.name;
  }
}
