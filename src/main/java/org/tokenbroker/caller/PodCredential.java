package org.tokenbroker.caller;

import io.quarkus.arc.Unremovable;
import io.quarkus.oidc.TenantFeature;
import io.quarkus.oidc.common.OidcEndpoint;
import io.quarkus.oidc.common.OidcRequestFilter;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;

/**
 * Shows the pod's own token to the cluster's API server, which gives its keys to those alone who
 * do. The file is replaced from time to time, so it is read for each call.
 */
@Singleton
@Unremovable
@TenantFeature(Issuers.KUBERNETES)
@OidcEndpoint(OidcEndpoint.Type.JWKS)
class PodCredential implements OidcRequestFilter {

  private final OidcConfig config;

  PodCredential(OidcConfig config) {
    this.config = config;
  }

  @Override
  public Uni<Void> filter(OidcRequestFilterContext call) {
    return call.runBlocking(
        () -> {
          try {
            String token = Files.readString(config.kubernetes().tokenPath()).strip();
            call.request().putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + token);
          } catch (IOException e) {
            throw new UncheckedIOException("the pod's token cannot be read", e);
          }
        });
  }
}
