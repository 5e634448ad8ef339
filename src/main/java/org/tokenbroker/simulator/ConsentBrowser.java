package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Gives consents as a person with a browser would: opens the consent page, signs in, chooses an
 * agency and sends the page's form. Works with any simulator that can be reached. One is one
 * browser, with its own cookies.
 */
public final class ConsentBrowser implements AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Pattern FORM_ACTION =
      Pattern.compile("<form method=\"post\" action=\"([^\"]*)\"");
  private static final Pattern TOKEN =
      Pattern.compile("id=\"refresh_token\" readonly value=\"([^\"]*)\"");
  private static final String SIGN_IN = "value=\"sign_in\"";

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .cookieHandler(new CookieManager())
          .connectTimeout(TIMEOUT)
          .build();

  /**
   * Allows what an authorization request asks for.
   *
   * @param authorizationRequest the address with its parameters (RFC 6749 §4.1.1)
   * @param agencyId the agency to choose
   * @return where the browser is sent then: the redirect address with {@code code} and {@code
   *     state}. It is not opened
   * @throws IllegalStateException if the simulator shows an error or sends the browser nowhere
   */
  public URI allow(URI authorizationRequest, String agencyId) {
    return decide(authorizationRequest, Map.of("agency", agencyId, "decision", "allow"));
  }

  /**
   * Denies what an authorization request asks for.
   *
   * @return where the browser is sent then: the redirect address with {@code error}. It is not
   *     opened
   * @throws IllegalStateException if the simulator shows an error or sends the browser nowhere
   */
  public URI deny(URI authorizationRequest) {
    return decide(authorizationRequest, Map.of("decision", "deny"));
  }

  private URI decide(URI authorizationRequest, Map<String, String> decision) {
    HttpResponse<String> page = get(authorizationRequest);
    if (isElsewhere(page)) {
      return location(page); // the request was wrong in a way that the client is told
    }
    HttpResponse<String> decided = send(signedIn(page), decision);
    return location(decided);
  }

  /**
   * Makes a personal grant on its page.
   *
   * @param personalTokenUrl the page's address
   * @param agencyId the agency to choose
   * @param scope the one scope to tick
   * @return the refresh token that the page shows
   * @throws IllegalStateException if it shows none
   */
  public String personalToken(URI personalTokenUrl, String agencyId, String scope) {
    Map<String, String> choice = new LinkedHashMap<>();
    choice.put("action", "create");
    choice.put("agency", agencyId);
    choice.put("scope", scope);
    HttpResponse<String> shown = send(signedIn(get(personalTokenUrl)), choice);
    Matcher token = TOKEN.matcher(shown.body());
    if (!token.find()) {
      throw new IllegalStateException("no refresh token on the page: " + shown.statusCode());
    }
    return unescape(token.group(1));
  }

  /** The page that a signed-in user sees at the address of this one. */
  private HttpResponse<String> signedIn(HttpResponse<String> page) {
    if (!page.body().contains(SIGN_IN)) {
      return page;
    }
    return get(location(send(page, Map.of("action", "sign_in", "name", "chief"))));
  }

  private static boolean isElsewhere(HttpResponse<String> page) {
    return page.statusCode() / 100 == 3;
  }

  private static URI location(HttpResponse<String> response) {
    return response
        .uri()
        .resolve(
            response
                .headers()
                .firstValue("Location")
                .orElseThrow(
                    () ->
                        new IllegalStateException(
                            "the simulator sends the browser nowhere: "
                                + response.statusCode()
                                + " "
                                + response.body())));
  }

  private HttpResponse<String> get(URI address) {
    return exchange(HttpRequest.newBuilder(address).GET());
  }

  /** Sends the form of a page. */
  private HttpResponse<String> send(HttpResponse<String> page, Map<String, String> values) {
    Matcher action = FORM_ACTION.matcher(page.body());
    if (!action.find()) {
      throw new IllegalStateException(
          "no form on the page: " + page.statusCode() + " " + page.body());
    }
    String form =
        values.entrySet().stream()
            .map(
                value ->
                    URLEncoder.encode(value.getKey(), UTF_8)
                        + "="
                        + URLEncoder.encode(value.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
    return exchange(
        HttpRequest.newBuilder(page.uri().resolve(unescape(action.group(1))))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form)));
  }

  private static String unescape(String text) {
    return text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
  }

  private HttpResponse<String> exchange(HttpRequest.Builder request) {
    try {
      return client.send(
          request.timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
