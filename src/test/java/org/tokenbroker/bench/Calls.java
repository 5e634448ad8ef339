package org.tokenbroker.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** Asks one broker as one caller does. */
final class Calls {

  private static final int OK = 200;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI origin;
  private final String key;

  Calls(URI origin, String key) {
    this.origin = origin;
    this.key = key;
  }

  String key() {
    return key;
  }

  /**
   * Reads, and takes no other answer than 200.
   *
   * @throws UncheckedIOException if there is no answer
   */
  HttpResponse<String> get(String path) {
    try {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(origin.resolve(path))
                  .header("Authorization", "Bearer " + key)
                  .build(),
              BodyHandlers.ofString());
      if (response.statusCode() != OK) {
        throw new IllegalStateException(path + " was answered " + response.statusCode());
      }
      return response;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
