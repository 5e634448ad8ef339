package org.tokenbroker.caller;

import io.quarkus.oidc.OidcRequestContext;
import io.quarkus.oidc.OidcTenantConfig;
import io.quarkus.oidc.TenantConfigResolver;
import io.quarkus.oidc.runtime.OidcTenantConfig.ApplicationType;
import io.quarkus.oidc.runtime.OidcTenantConfig.Authentication.CookieSameSite;
import io.quarkus.oidc.runtime.OidcTenantConfig.Roles.Source;
import io.quarkus.tls.BaseTlsConfiguration;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SSLOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.ConfiguredSecrets;
import org.tokenbroker.oauth.Secret;

/**
 * The issuers whose tokens are believed, as tenants of the OpenID Connect library. None is asked
 * anything before the first token of it arrives, so a broker starts while an issuer is down; its
 * keys stay in memory from then on, and are read anew when a token names a key that is not among
 * them.
 */
@Singleton
class Issuers implements TenantConfigResolver {

  static final String KUBERNETES = "kubernetes";

  /** Below the public URL, where the identity provider sends people back to. */
  static final String CONSOLE_REDIRECT = "/console/sign-in/oidc";

  private static final String CONSOLE = "console";
  private static final String CONSOLE_SECRET = "broker.oidc.console.client-secret";

  /** Has the library make a tenant anew that is another than the one it knows by that name. */
  private static final String REPLACE = "replace-tenant-configuration-context";

  private static final String SELECTED = Issuers.class.getName();
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);

  /** Whatever keys tokens name, an issuer is asked for its keys no more often. */
  private static final Duration BETWEEN_KEY_READS = Duration.ofSeconds(5);

  /** Issuers' clocks and ours differ. */
  private static final int CLOCK_SKEW_SECONDS = 5;

  private final Map<String, OidcTenantConfig> byIssuer;
  private final OidcConfig.Console consoleConfig;
  private final String publicUrl;
  private final ConfiguredSecrets secrets;
  private volatile @Nullable ConsoleTenant console;

  /** The broker as a client of the identity provider, with the secret that it was made with. */
  private record ConsoleTenant(Secret secret, OidcTenantConfig tenant) {}

  Issuers(
      OidcConfig config,
      TlsConfigurationRegistry tls,
      @ConfigProperty(name = "broker.public-url") String publicUrl,
      ConfiguredSecrets secrets) {
    Map<String, OidcTenantConfig> tenants = new HashMap<>();
    List<String> issuers = config.issuers().orElse(List.of());
    for (int i = 0; i < issuers.size(); i++) {
      String issuer = issuers.get(i).strip();
      tenants.put(issuer, tenant("issuer-" + i, issuer, issuer, config.audience(), null));
    }
    config
        .kubernetes()
        .issuer()
        .ifPresent(
            issuer -> {
              tls.register(KUBERNETES, new ClusterAuthority(config.kubernetes().caPath()));
              tenants.put(
                  issuer,
                  tenant(
                      KUBERNETES,
                      issuer,
                      config.kubernetes().url().toString(),
                      config.audience(),
                      KUBERNETES));
            });
    this.byIssuer = Map.copyOf(tenants);
    this.consoleConfig = config.console();
    this.publicUrl = publicUrl;
    this.secrets = secrets;
  }

  private Optional<OidcTenantConfig> console() {
    return consoleConfig
        .issuer()
        .map(
            issuer -> {
              Secret secret = secrets.get(CONSOLE_SECRET);
              ConsoleTenant known = console;
              if (known == null || !known.secret().equals(secret)) {
                known =
                    new ConsoleTenant(secret, console(consoleConfig, secret, issuer, publicUrl));
                console = known;
              }
              return known.tenant();
            });
  }

  /** For people, with the authorization code flow and PKCE (RFC 7636). */
  private static OidcTenantConfig console(
      OidcConfig.Console config, Secret secret, String issuer, String publicUrl) {
    return OidcTenantConfig.authServerUrl(issuer)
        .tenantId(CONSOLE)
        .applicationType(ApplicationType.WEB_APP)
        .clientId(config.clientId().orElseThrow())
        .credentials(secret.value())
        .connectionTimeout(CONNECT_TIMEOUT)
        .followRedirects(false)
        .token()
        .issuer(issuer)
        .subjectRequired()
        .lifespanGrace(CLOCK_SKEW_SECONDS)
        .forcedJwkRefreshInterval(BETWEEN_KEY_READS)
        .allowJwtIntrospection(false)
        .allowOpaqueTokenIntrospection(false)
        .end()
        .roles(Source.idtoken, config.roleClaim())
        .authentication()
        .redirectPath(withoutSlash(publicUrl) + CONSOLE_REDIRECT)
        .restorePathAfterRedirect(false)
        .removeRedirectParameters(false)
        // Nothing is there; but without one, what the provider says of a failure would be logged.
        .errorPath(CONSOLE_REDIRECT)
        .pkceRequired()
        .nonceRequired()
        // What is under way at one replica may come back to another, so all must have the same.
        .stateSecret(hash("state of a sign-in " + secret.value()))
        .stateCookieSameSite(CookieSameSite.LAX)
        .cookiePath(CONSOLE_REDIRECT)
        .cookieForceSecure(publicUrl.startsWith("https:"))
        .end()
        .build();
  }

  private static String withoutSlash(String url) {
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  private static String hash(String text) {
    return HexFormat.of().formatHex(Secret.sha256(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Whether people can sign in to the console at an identity provider. */
  boolean hasConsole() {
    return consoleConfig.issuer().isPresent();
  }

  /** Has the library sign somebody in with this request. */
  void selectConsole(RoutingContext request) {
    request.put(SELECTED, console());
    request.put(REPLACE, true);
  }

  private static OidcTenantConfig tenant(
      String id, String issuer, String url, String audience, @Nullable String tls) {
    var tenant =
        OidcTenantConfig.authServerUrl(url)
            .tenantId(id)
            .connectionTimeout(CONNECT_TIMEOUT)
            .followRedirects(false)
            .token()
            .issuer(issuer)
            .audience(audience)
            .subjectRequired()
            .lifespanGrace(CLOCK_SKEW_SECONDS)
            .forcedJwkRefreshInterval(BETWEEN_KEY_READS)
            .allowJwtIntrospection(false)
            .allowOpaqueTokenIntrospection(false)
            .end();
    if (tls != null) {
      // What the API server says of itself may name addresses that only others can reach.
      tenant.discoveryEnabled(false).jwksPath("/openid/v1/jwks").tlsConfigurationName(tls);
    }
    return tenant.build();
  }

  /** Whether there is anybody whose tokens are believed. */
  boolean isKnown(String issuer) {
    return byIssuer.containsKey(issuer);
  }

  /** Has the library verify what it is given with this request as a token of that issuer. */
  void select(String issuer, RoutingContext request) {
    request.put(SELECTED, Optional.ofNullable(byIssuer.get(issuer)));
  }

  @Override
  public Uni<OidcTenantConfig> resolve(
      RoutingContext request, OidcRequestContext<OidcTenantConfig> blocking) {
    Optional<OidcTenantConfig> selected = request.get(SELECTED);
    return selected == null ? Uni.createFrom().nullItem() : Uni.createFrom().optional(selected);
  }

  /** Trusts the one authority of the cluster. */
  private static final class ClusterAuthority extends BaseTlsConfiguration {
    private final Path certificate;

    ClusterAuthority(Path certificate) {
      this.certificate = certificate;
    }

    @Override
    public TrustOptions getTrustStoreOptions() {
      return new PemTrustOptions().addCertPath(certificate.toString());
    }

    @Override
    public SSLOptions getSSLOptions() {
      return new SSLOptions().setTrustOptions(getTrustStoreOptions());
    }
  }
}
