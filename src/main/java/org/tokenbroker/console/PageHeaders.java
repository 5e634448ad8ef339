package org.tokenbroker.console;

import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedMap;
import java.net.URI;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.caller.Audience;

/**
 * What every page tells the browser: run no script, load nothing from elsewhere, be framed nowhere,
 * keep no copy.
 *
 * <p>Made when first needed: filters are wired before the configuration can be read.
 */
@ApplicationScoped
class PageHeaders {

  private final String policy;
  private final boolean https;

  PageHeaders(
      Active911Config active911, @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.policy = policy(active911.authorizeUrl(), active911.personalTokenUrl());
    this.https = "https".equalsIgnoreCase(publicUrl.getScheme());
  }

  /**
   * The content security policy. Browsers hold the redirects that follow a form to {@code
   * form-action} too, so it names where "Connect" leads; and Active911's own console as well, where
   * somebody who is not signed in at Active911 may be sent first.
   */
  static String policy(URI authorizeUrl, URI active911Console) {
    String targets =
        Stream.of(authorizeUrl, active911Console)
            .map(url -> url.getScheme() + "://" + url.getRawAuthority())
            .distinct()
            .collect(Collectors.joining(" "));
    return "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' "
        + targets
        + "; frame-ancestors 'none'; base-uri 'none'";
  }

  @ServerResponseFilter
  public void protect(ContainerResponseContext response, RoutingContext request) {
    if (Audience.of(request.normalizedPath()) != Audience.BROWSERS) {
      return;
    }
    MultivaluedMap<String, Object> headers = response.getHeaders();
    headers.putSingle("Content-Security-Policy", policy);
    headers.putSingle("Referrer-Policy", "no-referrer");
    headers.putSingle("X-Content-Type-Options", "nosniff");
    headers.putSingle(HttpHeaders.CACHE_CONTROL, "no-store");
    if (https) {
      headers.putSingle("Strict-Transport-Security", "max-age=31536000");
    }
  }
}
