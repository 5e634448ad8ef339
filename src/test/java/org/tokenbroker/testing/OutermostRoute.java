package org.tokenbroker.testing;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Stands before everything that the broker of {@link BrokerTest} does with a request: to see how
 * that deals with it, and to answer a constant that costs nothing but the server itself.
 */
@Singleton
public class OutermostRoute {

  /** Where the constant is. */
  public static final String CONSTANT = "/constant";

  private static final int BEFORE_ALL = 10_000;
  private static final CharSequence JSON =
      HttpHeaders.createOptimized("application/json;charset=UTF-8");

  private volatile @Nullable Buffer constant;
  private volatile @Nullable Queue<Handled> watched;

  /**
   * How a request was dealt with.
   *
   * @param thread the id of the thread that it came in on
   * @param onEventLoop whether that is one of the event loops
   * @param atOnce whether it was answered before that thread did anything else
   */
  public record Handled(String uri, int status, long thread, boolean onEventLoop, boolean atOnce) {}

  void register(@Observes Filters filters) {
    filters.register(this::handle, BEFORE_ALL);
  }

  /** Answers this at {@link #CONSTANT} from now on; null: nothing is there. */
  public void answer(@Nullable String body) {
    constant = body == null ? null : Buffer.buffer(body.getBytes(StandardCharsets.UTF_8));
  }

  /** Notes how each request is dealt with from now on, and forgets those before. */
  public Queue<Handled> watch() {
    Queue<Handled> queue = new ConcurrentLinkedQueue<>();
    watched = queue;
    return queue;
  }

  /** Notes nothing any more. */
  public void watchNoLonger() {
    watched = null;
  }

  private void handle(RoutingContext request) {
    Buffer body = constant;
    if (body != null && request.request().uri().equals(CONSTANT)) {
      request.response().headers().set(HttpHeaders.CONTENT_TYPE, JSON);
      request.response().end(body);
      return;
    }
    request.next();
    Queue<Handled> queue = watched;
    if (queue != null) {
      queue.add(
          new Handled(
              request.request().uri(),
              request.response().getStatusCode(),
              Thread.currentThread().threadId(),
              Context.isOnEventLoopThread(),
              request.response().ended()));
    }
  }
}
