package org.tokenbroker.proof;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Many calls at little cost; {@code BrokerClient} is for the few. */
final class HttpCalls {

  /** Longer than a read may take. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final InstantSource CLOCK = InstantSource.system();

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

  private static HttpRequest.Builder request(URI address, String key) {
    return HttpRequest.newBuilder(address)
        .timeout(PATIENCE)
        .header("Authorization", "Bearer " + key);
  }

  /** Reads a token as a caller does who is in a trace (Trace Context §3.2). */
  Read token(URI broker, String key, String agency, String traceparent) {
    return read(
        request(broker.resolve("/tokens/" + agency + "?min_ttl=0"), key)
            .header("traceparent", traceparent)
            .GET()
            .build());
  }

  /** Reads a token as a caller does. */
  Read token(URI broker, String key, String agency, int minTtl) {
    return read(
        request(broker.resolve("/tokens/" + agency + "?min_ttl=" + minTtl), key).GET().build());
  }

  /** Has a token replaced that Active911 has refused. */
  Read replaced(URI broker, String key, String agency, String etag) {
    return read(
        request(broker.resolve("/tokens/" + agency + "/refresh"), key)
            .header("If-Match", etag)
            .POST(BodyPublishers.noBody())
            .build());
  }

  private Read read(HttpRequest request) {
    Instant sentAt = CLOCK.instant();
    try {
      HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
      JsonNode body = JSON.readTree(response.body());
      return new Read(
          response.statusCode(),
          response.headers().firstValue("ETag").orElse(""),
          body.path("access_token").asText(""),
          body.hasNonNull("expires_at")
              ? Instant.parse(body.get("expires_at").asText())
              : Instant.EPOCH,
          sentAt,
          body.path("type").asText("") + " " + body.path("detail").asText(""));
    } catch (JsonProcessingException e) {
      return new Read(0, "", "", Instant.EPOCH, sentAt, "not JSON");
    } catch (IOException e) {
      return new Read(0, "", "", Instant.EPOCH, sentAt, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * Sends something without a body of note.
   *
   * @return the status; 0: no answer
   */
  int post(URI address, String key, String json) {
    return status(
        request(address, key)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json))
            .build());
  }

  /** The same with {@code GET}. */
  int get(URI address, String key) {
    return status(request(address, key).GET().build());
  }

  private int status(HttpRequest request) {
    try {
      return http.send(request, BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
