package org.tokenbroker.caller;

import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The subjects of client certificates. They count only where it is configured who signs them:
 * otherwise the platform's own authorities would, and those sign for anybody.
 */
@Singleton
class ClientCertificates {

  private final boolean count;

  ClientCertificates(
      @ConfigProperty(name = "quarkus.http.ssl.certificate.trust-store-file")
          Optional<String> trustStore,
      @ConfigProperty(name = "quarkus.http.ssl.certificate.trust-store-files")
          Optional<String> authorities) {
    this.count = trustStore.isPresent() || authorities.isPresent();
  }

  /** The subject of the certificate of this connection's client, which the handshake verified. */
  Optional<X500Principal> subject(HttpServerRequest request) {
    if (!count || !request.isSSL()) {
      return Optional.empty();
    }
    SSLSession session = request.sslSession();
    try {
      return session != null && session.getPeerCertificates()[0] instanceof X509Certificate client
          ? Optional.of(client.getSubjectX500Principal())
          : Optional.empty();
    } catch (SSLPeerUnverifiedException e) {
      return Optional.empty(); // it sent none
    }
  }
}
