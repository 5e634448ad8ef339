package org.tokenbroker.notice;

import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.http.RetryAfter;

/**
 * Sends a notice to the configured address, signed. One request with one deadline; no redirect is
 * followed, and what the answer says is not read.
 */
@Singleton
class Webhook {

  private static final Logger LOG = Logger.getLogger(Webhook.class);

  /** For the whole of it, until the answer's status is there. */
  static final Duration DEADLINE = Duration.ofSeconds(15);

  private static final int GONE = 410;

  private final NoticeSettings settings;
  private final InstantSource clock;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(DEADLINE)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  @Inject
  Webhook(NoticeSettings settings, DatabaseClock clock) {
    this(settings, (InstantSource) clock);
  }

  Webhook(NoticeSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  @PreDestroy
  void close() {
    client.shutdownNow();
  }

  /** Sends it once; under the same id each time it is sent. */
  Attempt send(Outbox.Claimed claim) throws InterruptedException {
    String id = claim.notice().toString();
    String body = claim.body();
    Optional<URI> address = settings.webhook();
    if (address.isEmpty()) {
      return new Attempt.Failed("not_configured", null);
    }
    Instant now = clock.instant();
    HttpRequest request =
        HttpRequest.newBuilder(address.get())
            .header("Content-Type", "application/json")
            .header("User-Agent", "token-broker")
            .header("webhook-id", id)
            .header("webhook-timestamp", Long.toString(now.getEpochSecond()))
            .header(
                "webhook-signature", WebhookSignature.of(settings.webhookSecrets(), id, now, body))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    CompletableFuture<HttpResponse<InputStream>> exchange =
        client.sendAsync(request, BodyHandlers.ofInputStream());
    try {
      HttpResponse<InputStream> answer = exchange.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      answer.body().close();
      return of(answer.statusCode(), answer.headers().firstValue("Retry-After").orElse(null), now);
    } catch (TimeoutException e) {
      return new Attempt.Failed("timeout", null);
    } catch (ExecutionException | IOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      // Only the kind of failure: its message may quote the address.
      LOG.debugf("The webhook could not be called: %s", cause.getClass().getSimpleName());
      return new Attempt.Failed("unreachable", null);
    } finally {
      exchange.cancel(true);
    }
  }

  /** What a status says (RFC 9110 §15), as Standard Webhooks reads it. */
  private static Attempt of(int status, @Nullable String retryAfter, Instant now) {
    if (status >= 200 && status < 300) {
      return new Attempt.Delivered();
    }
    if (status == GONE) {
      return new Attempt.Refused("http_410");
    }
    return new Attempt.Failed("http_" + status, RetryAfter.read(retryAfter, now));
  }
}
