package org.tokenbroker.caller;

import io.quarkus.oidc.AuthorizationCodeTokens;
import io.quarkus.oidc.OidcRequestContext;
import io.quarkus.oidc.OidcTenantConfig;
import io.quarkus.oidc.TokenStateManager;
import io.quarkus.security.AuthenticationFailedException;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Alternative;

/**
 * Keeps none of the identity provider's tokens, which the library would otherwise put into cookies:
 * all that is wanted of them is who signed in.
 */
@ApplicationScoped
@Alternative
@Priority(1)
class NoTokensKept implements TokenStateManager {

  @Override
  public Uni<String> createTokenState(
      RoutingContext request,
      OidcTenantConfig tenant,
      AuthorizationCodeTokens tokens,
      OidcRequestContext<String> blocking) {
    return Uni.createFrom().item("none");
  }

  @Override
  public Uni<AuthorizationCodeTokens> getTokens(
      RoutingContext request,
      OidcTenantConfig tenant,
      String state,
      OidcRequestContext<AuthorizationCodeTokens> blocking) {
    return Uni.createFrom().failure(new AuthenticationFailedException());
  }

  @Override
  public Uni<Void> deleteTokens(
      RoutingContext request,
      OidcTenantConfig tenant,
      String state,
      OidcRequestContext<Void> blocking) {
    return Uni.createFrom().voidItem();
  }
}
