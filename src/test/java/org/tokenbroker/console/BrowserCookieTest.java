package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.ws.rs.core.Cookie;
import jakarta.ws.rs.core.NewCookie;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.console.BrowserCookie.Kind;
import org.tokenbroker.oauth.Secret;

@NullMarked
class BrowserCookieTest {

  private static final Secret VALUE = Secret.of("value");
  private final BrowserCookie https = new BrowserCookie(URI.create("https://broker.example"));
  private final BrowserCookie http = new BrowserCookie(URI.create("http://localhost:8080"));

  @Test
  void overHttpsItIsBoundToTheHost() {
    NewCookie cookie = https.set(Kind.SESSION, VALUE);

    assertEquals("__Host-console-session", cookie.getName());
    assertTrue(cookie.isSecure());
    assertEquals("/", cookie.getPath());
    assertEquals(NewCookie.SameSite.STRICT, cookie.getSameSite());
    assertTrue(cookie.isHttpOnly());
  }

  @Test
  void overHttpABrowserWouldNotTakeASecureOne() {
    NewCookie cookie = http.set(Kind.SESSION, VALUE);

    assertEquals("console-session", cookie.getName());
    assertFalse(cookie.isSecure());
  }

  @Test
  void anEmptyOneIsNone() {
    Cookie empty = new Cookie.Builder("console-session").value("").build();

    assertEquals(Optional.empty(), http.read(Kind.SESSION, Map.of("console-session", empty)));
  }
}
