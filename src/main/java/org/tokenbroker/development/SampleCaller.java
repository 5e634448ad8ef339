package org.tokenbroker.development;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** A caller that may read every agency's token, made as any admin would make it: over HTTP. */
final class SampleCaller {

  static final String NAME = "sample";

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final URI broker;
  private final DevelopmentDirectory directory;

  SampleCaller(URI broker, DevelopmentDirectory directory) {
    this.broker = broker;
    this.directory = directory;
  }

  /**
   * Makes the caller, or brings it back to what it should be, and gives a key of it that works: the
   * one of an earlier run if it still does.
   *
   * @throws DevelopmentException if the broker does not do its part
   */
  String key() throws DevelopmentException {
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      int made = admin(client, "PUT", "/callers/" + NAME, "{\"agencies\":[\"*\"]}").statusCode();
      if (made != 200 && made != 201) {
        throw new DevelopmentException("the sample caller could not be made: HTTP " + made);
      }
      Optional<String> kept = directory.keptSampleCallerKey();
      if (kept.isPresent() && works(client, kept.get())) {
        return kept.get();
      }
      HttpResponse<String> answer = admin(client, "POST", "/callers/" + NAME + "/keys", "{}");
      JsonNode body = new ObjectMapper().readTree(answer.body());
      if (answer.statusCode() != 201 || !body.path("api_key").isTextual()) {
        throw new DevelopmentException("the sample caller got no key: HTTP " + answer.statusCode());
      }
      String key = body.path("api_key").textValue();
      directory.keepSampleCallerKey(key);
      return key;
    } catch (IOException e) {
      throw new DevelopmentException("the broker does not answer: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DevelopmentException("interrupted");
    }
  }

  private HttpResponse<String> admin(HttpClient client, String method, String path, String body)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(broker.resolve(path))
            .timeout(TIMEOUT)
            .header("Authorization", "Bearer " + directory.adminKey())
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private boolean works(HttpClient client, String key) throws IOException, InterruptedException {
    return client
            .send(
                HttpRequest.newBuilder(broker.resolve("/tokens"))
                    .timeout(TIMEOUT)
                    .header("Authorization", "Bearer " + key)
                    .build(),
                HttpResponse.BodyHandlers.discarding())
            .statusCode()
        == 200;
  }
}
