package org.tokenbroker.console;

import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.caller.Audience;

/**
 * What every page tells the browser: run no script but ours, load nothing from elsewhere, be framed
 * nowhere, keep no copy.
 *
 * <p>Made when first needed: filters are wired before the configuration can be read.
 */
@ApplicationScoped
class PageHeaders {

  private final Map<String, String> headers;

  PageHeaders(
      Active911Config active911, @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.headers = headers(publicUrl, active911.authorizeUrl(), active911.personalTokenUrl());
  }

  static Map<String, String> headers(URI publicUrl, URI authorizeUrl, URI active911Console) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Security-Policy", policy(authorizeUrl, active911Console));
    headers.put("Referrer-Policy", "no-referrer");
    headers.put("X-Content-Type-Options", "nosniff");
    headers.put(HttpHeaders.CACHE_CONTROL, "no-store");
    if ("https".equalsIgnoreCase(publicUrl.getScheme())) {
      headers.put("Strict-Transport-Security", "max-age=31536000");
    }
    return headers;
  }

  /**
   * The content security policy. Browsers hold the redirects that follow a form to {@code
   * form-action} too, so it names where "Connect" leads; and Active911's own console as well, where
   * somebody who is not signed in at Active911 may be sent first.
   */
  private static String policy(URI authorizeUrl, URI active911Console) {
    String targets =
        Stream.of(authorizeUrl, active911Console)
            .map(url -> url.getScheme() + "://" + url.getRawAuthority())
            .distinct()
            .collect(Collectors.joining(" "));
    return "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self' "
        + targets
        + "; frame-ancestors 'none'; base-uri 'none'";
  }

  @ServerResponseFilter
  public void protect(ContainerResponseContext response, RoutingContext request) {
    if (Audience.of(request.normalizedPath()) == Audience.BROWSERS) {
      headers.forEach(response.getHeaders()::putSingle);
    }
  }
}
