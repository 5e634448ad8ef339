package org.tokenbroker.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.RsaJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.AlgorithmIdentifiers;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.Secret;

/**
 * An issuer of JWTs: a company's identity provider, at which people can sign in too, or a cluster's
 * API server, which serves its keys over TLS to those alone who show a token. It can go away and
 * come back, and change its key.
 */
public final class TestIssuer implements AutoCloseable {

  private static final AtomicInteger KEYS = new AtomicInteger();

  private final int port = FreePort.find();
  private final String name;
  private final @Nullable SSLContext tls;
  private final @Nullable String shown;
  private final AtomicInteger keyReads = new AtomicInteger();
  private final Map<String, Consent> consents = new ConcurrentHashMap<>();
  private volatile RsaJsonWebKey key = newKey();
  private @Nullable HttpServer server;

  /** The broker's name as a client of this provider. */
  public static final String CLIENT_ID = "broker-at-the-provider";

  /** Its secret here. */
  public static final String CLIENT_SECRET = "secret-at-the-provider-0123456789";

  /** Somebody has signed in, and waits for the code to be exchanged. */
  private record Consent(String challenge, String redirectUri, JwtClaims claims) {}

  private TestIssuer(@Nullable String name, @Nullable SSLContext tls, @Nullable String shown) {
    this.name = name == null ? "http://127.0.0.1:" + port : name;
    this.tls = tls;
    this.shown = shown;
  }

  /** A company's, of which nothing answers yet. */
  public static TestIssuer away() {
    return new TestIssuer(null, null, null);
  }

  /** A company's. */
  public static TestIssuer start() {
    TestIssuer issuer = away();
    issuer.comeBack();
    return issuer;
  }

  /**
   * A cluster's.
   *
   * @param certificate that its API server shows
   * @param shown the token that it wants to be shown
   */
  public static TestIssuer ofCluster(TestCertificate certificate, String shown) {
    TestIssuer issuer =
        new TestIssuer("https://cluster.test.invalid", certificate.context(), shown);
    issuer.comeBack();
    return issuer;
  }

  private static RsaJsonWebKey newKey() {
    try {
      RsaJsonWebKey key = RsaJwkGenerator.generateJwk(2048);
      key.setKeyId("key-" + KEYS.incrementAndGet());
      key.setUse("sig");
      return key;
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What it calls itself in its tokens. */
  public String name() {
    return name;
  }

  /** Where it answers. */
  public String url() {
    return (tls == null ? "http" : "https") + "://127.0.0.1:" + port;
  }

  /** How often its keys were read. */
  public int keyReads() {
    return keyReads.get();
  }

  /** Answers again. */
  public void comeBack() {
    try {
      InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      HttpServer started;
      if (tls == null) {
        started = HttpServer.create(address, 0);
      } else {
        HttpsServer https = HttpsServer.create(address, 0);
        https.setHttpsConfigurator(new HttpsConfigurator(tls));
        started = https;
      }
      started.createContext(
          "/.well-known/openid-configuration", exchange -> answer(exchange, 200, metadata()));
      started.createContext("/keys", this::keys);
      started.createContext("/openid/v1/jwks", this::keys);
      started.createContext("/token", this::exchange);
      started.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      started.start();
      server = started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String metadata() {
    return """
    {"issuer":"%s","jwks_uri":"%s/keys","authorization_endpoint":"%s/authorize",\
    "token_endpoint":"%s/token"}"""
        .formatted(name, url(), url(), url());
  }

  private void keys(HttpExchange exchange) throws IOException {
    keyReads.incrementAndGet();
    if (shown != null
        && !List.of("Bearer " + shown).equals(exchange.getRequestHeaders().get("Authorization"))) {
      answer(exchange, 401, "{}");
      return;
    }
    answer(exchange, 200, new JsonWebKeySet(key).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
  }

  /**
   * Does what a person does who is led here and signs in.
   *
   * @param location where the browser was sent
   * @param roles what the claim {@code roles} holds
   * @return where the browser is sent back to
   */
  public URI signIn(URI location, String subject, List<String> roles) {
    Map<String, String> asked = form(location.getRawQuery());
    if (!"code".equals(asked.get("response_type"))
        || !CLIENT_ID.equals(asked.get("client_id"))
        || !"S256".equals(asked.get("code_challenge_method"))) {
      throw new IllegalStateException("not a request that a provider takes: " + asked.keySet());
    }
    JwtClaims claims = claims(subject);
    claims.setAudience(CLIENT_ID);
    claims.setClaim("nonce", asked.get("nonce"));
    claims.setClaim("preferred_username", subject + "@example.org");
    claims.setStringListClaim("roles", roles);
    String code = "code-" + KEYS.incrementAndGet();
    String redirectUri = Objects.requireNonNull(asked.get("redirect_uri"));
    consents.put(
        code,
        new Consent(Objects.requireNonNull(asked.get("code_challenge")), redirectUri, claims));
    return URI.create(redirectUri + "?code=" + code + "&state=" + asked.get("state"));
  }

  private void exchange(HttpExchange exchange) throws IOException {
    Map<String, String> sent =
        form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    String client =
        "Basic "
            + Base64.getEncoder()
                .encodeToString((CLIENT_ID + ":" + CLIENT_SECRET).getBytes(StandardCharsets.UTF_8));
    Consent consent = consents.remove(sent.getOrDefault("code", ""));
    if (consent == null
        || !List.of(client).equals(exchange.getRequestHeaders().get("Authorization"))
        || !consent.redirectUri.equals(sent.get("redirect_uri"))
        || !consent.challenge.equals(challenge(sent.getOrDefault("code_verifier", "")))) {
      answer(exchange, 400, "{\"error\":\"invalid_grant\"}");
      return;
    }
    answer(
        exchange,
        200,
        "{\"access_token\":\"opaque\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}"
            .formatted(sign(consent.claims)));
  }

  private static String challenge(String verifier) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(Secret.sha256(verifier.getBytes(StandardCharsets.UTF_8)));
  }

  private static Map<String, String> form(String encoded) {
    Map<String, String> form = new HashMap<>();
    for (String field : encoded.split("&", -1)) {
      String[] parts = field.split("=", 2);
      form.put(
          parts[0], parts.length < 2 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return form;
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** Does not answer any more. */
  public void goAway() {
    if (server != null) {
      server.stop(0);
      server = null;
    }
  }

  /** Signs with a new key from now on, and publishes the former one no longer. */
  public void rotate() {
    key = newKey();
  }

  /** What a token of this subject says: for the broker, good for an hour. */
  public JwtClaims claims(String subject) {
    JwtClaims claims = new JwtClaims();
    claims.setIssuer(name);
    claims.setSubject(subject);
    claims.setAudience("token-broker");
    claims.setIssuedAtToNow();
    claims.setExpirationTimeMinutesInTheFuture(60);
    claims.setGeneratedJwtId();
    return claims;
  }

  /** A token of this subject. */
  public String token(String subject) {
    return sign(claims(subject));
  }

  /** A token that says this. */
  public String sign(JwtClaims claims) {
    return sign(claims, key);
  }

  /** A token that names the present key, but is signed with another one. */
  public String forge(JwtClaims claims) {
    RsaJsonWebKey other = newKey();
    other.setKeyId(key.getKeyId());
    return sign(claims, other);
  }

  private static String sign(JwtClaims claims, RsaJsonWebKey key) {
    try {
      JsonWebSignature signature = new JsonWebSignature();
      signature.setPayload(JsonUtil.toJson(claims.getClaimsMap()));
      signature.setKey(key.getPrivateKey());
      signature.setKeyIdHeaderValue(key.getKeyId());
      signature.setAlgorithmHeaderValue(AlgorithmIdentifiers.RSA_USING_SHA256);
      return signature.getCompactSerialization();
    } catch (JoseException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    goAway();
  }
}
