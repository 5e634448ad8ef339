package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Calls a simulator as the broker would, and as nobody should. */
final class TestClient implements AutoCloseable {

  static final String REDIRECT = "http://localhost:8080/callback";
  static final String CLIENT_ID = "token-broker";
  static final String SECRET = "simulated-secret";

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final Simulator simulator;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(TIMEOUT)
          .build();

  TestClient(Simulator simulator) {
    this.simulator = simulator;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }

  /** An answer, read whole. */
  record Reply(int status, Map<String, List<String>> headers, Buffer content) {

    String body() {
      return content.toString(UTF_8);
    }

    JsonNode json() {
      try {
        return JSON.readTree(content.getBytes());
      } catch (IOException e) {
        throw new AssertionError("no JSON: " + body(), e);
      }
    }

    /** A member of the JSON body as text; empty if there is none. */
    String text(String member) {
      return json().path(member).asText("");
    }

    String header(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of("")).getFirst();
    }

    /** The parameters of the address that the answer leads to. */
    Map<String, List<String>> callback() {
      String query = URI.create(header("Location")).getRawQuery();
      return Form.parse(query).parameters();
    }

    String callback(String parameter) {
      return callback().getOrDefault(parameter, List.of("")).getFirst();
    }
  }

  Reply send(HttpRequest.Builder request) throws Exception {
    HttpResponse<byte[]> response =
        http.send(request.timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofByteArray());
    Map<String, List<String>> headers = new LinkedHashMap<>();
    response
        .headers()
        .map()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
    return new Reply(response.statusCode(), headers, Buffer.buffer(response.body()));
  }

  static String form(Map<String, String> parameters) {
    List<String> pairs = new ArrayList<>();
    parameters.forEach(
        (name, value) ->
            pairs.add(URLEncoder.encode(name, UTF_8) + "=" + URLEncoder.encode(value, UTF_8)));
    return String.join("&", pairs);
  }

  static HttpRequest.Builder formRequest(URI address, String body) {
    return HttpRequest.newBuilder(address)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  Reply get(URI address) throws Exception {
    return send(HttpRequest.newBuilder(address).GET());
  }

  Reply post(URI address, Map<String, String> parameters) throws Exception {
    return send(formRequest(address, form(parameters)));
  }

  /** The parameters of a right authorization request. */
  static Map<String, String> authorization() {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("client_id", CLIENT_ID);
    parameters.put("response_type", "code");
    parameters.put("scope", "read_agency read_alert");
    parameters.put("state", "a state~!");
    parameters.put("redirect_uri", REDIRECT);
    parameters.put("redirection_uri", REDIRECT);
    return parameters;
  }

  /** Looks at the consent page, signed in. */
  Reply authorize(Map<String, String> parameters) throws Exception {
    return authorize(form(parameters));
  }

  Reply authorize(String query) throws Exception {
    return send(
        HttpRequest.newBuilder(URI.create(simulator.authorizeUrl() + "?" + query))
            .header("Cookie", Request.COOKIE + "=chief")
            .GET());
  }

  /** Allows an authorization request for agency 123. */
  Reply allow(Map<String, String> parameters) throws Exception {
    return decide(parameters, Map.of("decision", "allow", "agency", "123"));
  }

  Reply decide(Map<String, String> parameters, Map<String, String> decision) throws Exception {
    return send(
        formRequest(URI.create(simulator.authorizeUrl() + "?" + form(parameters)), form(decision))
            .header("Cookie", Request.COOKIE + "=chief"));
  }

  /** A fresh code for agency 123. */
  String code() throws Exception {
    Reply reply = allow(authorization());
    assertEquals(303, reply.status(), reply.body());
    return reply.callback("code");
  }

  /** The parameters of a right exchange. */
  static Map<String, String> exchange(String code) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("client_id", CLIENT_ID);
    parameters.put("client_secret", SECRET);
    parameters.put("grant_type", "authorization_code");
    parameters.put("scope", "read_agency read_alert");
    parameters.put("code", code);
    parameters.put("redirect_uri", REDIRECT);
    return parameters;
  }

  /** The parameters of a right refresh. */
  static Map<String, String> refresh(String refreshToken) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("client_id", CLIENT_ID);
    parameters.put("client_secret", SECRET);
    parameters.put("grant_type", "refresh_token");
    parameters.put("refresh_token", refreshToken);
    return parameters;
  }

  Reply token(Map<String, String> parameters) throws Exception {
    return post(simulator.tokenUrl(), parameters);
  }

  Reply personal(String refreshToken) throws Exception {
    return post(simulator.personalTokenUrl(), Map.of("refresh_token", refreshToken));
  }

  /** Asks the API which agency an access token is for. */
  Reply api(String accessToken) throws Exception {
    return send(
        HttpRequest.newBuilder(simulator.apiUrl())
            .header("Authorization", "Bearer " + accessToken)
            .GET());
  }

  Reply control(String path, Map<String, String> parameters) throws Exception {
    return post(simulator.origin().resolve("/control/" + path), parameters);
  }

  JsonNode seen(String path) throws Exception {
    return get(simulator.origin().resolve("/control/" + path)).json();
  }
}
