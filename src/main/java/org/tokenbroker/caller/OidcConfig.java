package org.tokenbroker.caller;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Which issuers' tokens are believed. Without any of these keys there is none. */
@ConfigMapping(prefix = "broker.oidc")
public interface OidcConfig {

  /** Issuers of callers' JWTs that publish their keys at the usual place below their own name. */
  Optional<List<String>> issuers();

  /** What a caller's JWT must name as its audience (RFC 7519 §4.1.3). */
  @WithDefault("token-broker")
  String audience();

  /** The cluster's own issuer, whose keys are read inside the cluster. */
  Kubernetes kubernetes();

  /** How admins sign in to the console at the company's identity provider. */
  Console console();

  /** A Kubernetes API server that issues service-account tokens. */
  interface Kubernetes {
    /** What the cluster calls itself in its tokens. */
    Optional<String> issuer();

    /** Where the API server is reached; its keys are at {@code /openid/v1/jwks} below it. */
    @WithDefault("https://kubernetes.default.svc")
    URI url();

    /** The pod's own token, which the API server wants to see; read anew for each call. */
    @WithDefault("/var/run/secrets/kubernetes.io/serviceaccount/token")
    Path tokenPath();

    /** The authority that has signed the API server's certificate, in PEM. */
    @WithDefault("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")
    Path caPath();
  }

  /** The broker as a client of the identity provider. */
  interface Console {
    /** The provider; its metadata are read at the usual place below this name. */
    Optional<String> issuer();

    /** The broker's name there. */
    Optional<String> clientId();

    /** The broker's secret there, as it was at the start. */
    Optional<String> clientSecret();

    /** The claim of the ID token that holds a person's roles, nested ones with slashes. */
    @WithDefault("roles")
    String roleClaim();

    /** What stands before {@code viewer}, {@code operator} and {@code admin} there. */
    @WithDefault("token-broker-")
    String rolePrefix();
  }
}
