package org.tokenbroker.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key and a certificate that it has signed itself, made by the platform's own tool.
 *
 * @param keyStore both, as PKCS #12
 * @param pem the certificate alone
 */
public record TestCertificate(Path keyStore, Path pem) {

  /** Of every key store. */
  public static final String PASSWORD = "password-of-the-tests";

  /**
   * Makes one for the loopback address.
   *
   * @param directory where its files go
   * @param subject whom it names, such as {@code CN=someone}
   */
  public static TestCertificate create(Path directory, String name, String subject) {
    TestCertificate made =
        new TestCertificate(directory.resolve(name + ".p12"), directory.resolve(name + ".pem"));
    keytool(
        List.of(
            "-genkeypair",
            "-keystore",
            made.keyStore.toString(),
            "-storetype",
            "PKCS12",
            "-storepass",
            PASSWORD,
            "-alias",
            "it",
            "-keyalg",
            "EC",
            "-dname",
            subject,
            "-ext",
            "san=ip:127.0.0.1,dns:localhost"));
    keytool(
        List.of(
            "-exportcert",
            "-rfc",
            "-keystore",
            made.keyStore.toString(),
            "-storepass",
            PASSWORD,
            "-alias",
            "it",
            "-file",
            made.pem.toString()));
    return made;
  }

  private static void keytool(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(arguments);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private KeyStore load() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keyStore)) {
      store.load(in, PASSWORD.toCharArray());
    }
    return store;
  }

  /** Shows this certificate. */
  public SSLContext context() {
    return context(this);
  }

  /**
   * Shows this certificate and trusts that one.
   *
   * @param trusted the other side's
   */
  public SSLContext context(TestCertificate trusted) {
    try {
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(load(), PASSWORD.toCharArray());
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trusted.trust().getTrustManagers(), null);
      return context;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private TrustManagerFactory trust() throws IOException, GeneralSecurityException {
    KeyStore anchors = KeyStore.getInstance("PKCS12");
    anchors.load(null, null);
    anchors.setCertificateEntry("it", load().getCertificate("it"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(anchors);
    return trust;
  }

  /** Shows no certificate and trusts this one. */
  public SSLContext trusting() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust().getTrustManagers(), null);
      return context;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
