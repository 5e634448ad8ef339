package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.MultiMap;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP request, read whole.
 *
 * @param query without its question mark; null: none
 * @param cookie value of the cookie that says who is signed in; null: nobody
 */
record Request(
    String method,
    String path,
    @Nullable String query,
    MultiMap headers,
    String body,
    @Nullable String cookie) {

  /** The cookie of the signed-in user. Cookies know no ports, so it has a name of its own. */
  static final String COOKIE = "active911_simulator_user";

  private static final String FORM = "application/x-www-form-urlencoded";

  boolean isGet() {
    return method.equals("GET");
  }

  boolean isPost() {
    return method.equals("POST");
  }

  @Nullable String header(String name) {
    return headers.get(name);
  }

  /** Whether the body is labelled as a form in UTF-8. */
  boolean isForm() {
    String type = header("Content-Type");
    if (type == null || headers.getAll("Content-Type").size() > 1) {
      return false;
    }
    String[] parts = type.toLowerCase(Locale.ROOT).split(";", -1);
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.startsWith("charset=")
          && !parameter.substring("charset=".length()).replace("\"", "").equals("utf-8")) {
        return false;
      }
    }
    return parts[0].strip().equals(FORM);
  }

  /** Who is signed in; null: nobody. */
  @Nullable String user() {
    if (cookie == null || cookie.isEmpty()) {
      return null;
    }
    try {
      return URLDecoder.decode(cookie, UTF_8);
    } catch (IllegalArgumentException e) {
      return null; // not a cookie of ours
    }
  }

  /** A {@code Set-Cookie} value that signs a user in. */
  static String signIn(String name) {
    return COOKIE
        + "="
        + URLEncoder.encode(name, UTF_8)
        + "; Path=/interface; HttpOnly; SameSite=Lax";
  }

  /** Whether the request comes from a page of another site, which no form here ever does. */
  boolean isCrossSite() {
    String origin = header("Origin");
    return origin != null && !origin.equals("http://" + header("Host"));
  }
}
