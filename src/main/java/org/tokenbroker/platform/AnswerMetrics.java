package org.tokenbroker.platform;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts and times the requests that memory did not answer at once, by the status of the answer.
 * The ready-made metrics of the HTTP server do it for each request, also for reads, which are
 * measured elsewhere and are to cost as little as can be.
 */
@Singleton
class AnswerMetrics {

  /** Behind the reads that memory answers, which are measured where they are answered. */
  private static final int BEHIND_CACHED_READS = 850;

  /**
   * The connection broke before the answer's end: nobody got a status, whichever was set by then.
   */
  private static final String BROKEN = "broken";

  /** In a request's data if its connection was gone before there was an answer. */
  private static final String GONE = AnswerMetrics.class.getName() + ".gone";

  private final MeterRegistry metrics;
  private final ConcurrentMap<String, Timer> timers = new ConcurrentHashMap<>();

  AnswerMetrics(MeterRegistry metrics) {
    this.metrics = metrics;
  }

  void register(@Observes Filters filters) {
    filters.register(this::measure, BEHIND_CACHED_READS);
  }

  private void measure(RoutingContext request) {
    long began = System.nanoTime();
    // A worker that reads the body may find the channel closed, and answer into it, before the
    // event loop says so of the connection: such an answer ends like one that somebody gets.
    request.addHeadersEndHandler(
        answering -> {
          if (!((ConnectionBase) request.request().connection()).channel().isOpen()) {
            request.put(GONE, true);
          }
        });
    request.addEndHandler(
        ended ->
            timer(status(request, ended.failed()))
                .record(System.nanoTime() - began, TimeUnit.NANOSECONDS));
    request.next();
  }

  private static String status(RoutingContext request, boolean failed) {
    return failed || request.get(GONE) != null
        ? BROKEN
        : Integer.toString(request.response().getStatusCode());
  }

  private Timer timer(String status) {
    return timers.computeIfAbsent(
        status,
        word ->
            Timer.builder("token.broker.answers")
                .description("Requests that were not answered from memory at once, by status")
                .tag("status", word)
                .register(metrics));
  }
}
