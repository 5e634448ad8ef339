package org.tokenbroker.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The issuers whose tokens the broker of {@link BrokerTest} believes. Those that a test has go away
 * or change their key are for that test alone.
 *
 * @param company is always there
 * @param goesAway goes away and comes back
 * @param rotates changes its key
 * @param late is not there when the broker starts
 * @param cluster a Kubernetes API server
 */
public record TestIssuers(
    TestIssuer company,
    TestIssuer goesAway,
    TestIssuer rotates,
    TestIssuer late,
    TestIssuer cluster,
    Path podToken,
    Path clusterAuthority)
    implements AutoCloseable {

  static TestIssuers start() {
    try {
      Path directory = Files.createTempDirectory("issuers");
      TestCertificate certificate = TestCertificate.create(directory, "cluster", "CN=cluster");
      Path podToken = directory.resolve("token");
      Files.writeString(podToken, "token-of-the-pod\n");
      return new TestIssuers(
          TestIssuer.start(),
          TestIssuer.start(),
          TestIssuer.start(),
          TestIssuer.away(),
          TestIssuer.ofCluster(certificate, "token-of-the-pod"),
          podToken,
          certificate.pem());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the broker must be told of them, as configuration properties. */
  Map<String, String> properties() {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put(
        "broker.oidc.issuers",
        String.join(",", company.name(), goesAway.name(), rotates.name(), late.name()));
    properties.put("broker.oidc.console.issuer", company.name());
    properties.put("broker.oidc.console.client-id", TestIssuer.CLIENT_ID);
    properties.put("broker.oidc.console.client-secret", TestIssuer.CLIENT_SECRET);
    properties.put("broker.oidc.kubernetes.issuer", cluster.name());
    properties.put("broker.oidc.kubernetes.url", cluster.url());
    properties.put("broker.oidc.kubernetes.token-path", podToken.toString());
    properties.put("broker.oidc.kubernetes.ca-path", clusterAuthority.toString());
    return properties;
  }

  @Override
  public void close() {
    company.close();
    goesAway.close();
    rotates.close();
    late.close();
    cluster.close();
  }
}
