package org.tokenbroker.handout;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.InstantSource;
import org.tokenbroker.caller.AuthenticatedCaller;
import org.tokenbroker.handout.HandoutMetrics.Source;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.trace.Traces;

/** What is traced of a read: whose token was asked for, by whom, and what came of it. */
@Singleton
class HandoutTraces {

  private static final AttributeKey<String> CALLER = AttributeKey.stringKey("token_broker.caller");
  private static final int OK = 200;
  private static final int NOT_MODIFIED = 304;
  private static final int FIRST_SERVER_ERROR = 500;

  private final Traces traces;
  private final InstantSource clock;

  HandoutTraces(Traces traces, InstantSource clock) {
    this.traces = traces;
    this.clock = clock;
  }

  /** A read begins; its span is to be ended by one of the others. */
  Span began(HttpMethod method, String route, HttpServerRequest request) {
    return traces.areOn() ? span(method, route, request).startSpan() : Span.getInvalid();
  }

  private SpanBuilder span(HttpMethod method, String route, HttpServerRequest request) {
    return traces
        .answering(method.name() + ' ' + route, request.headers())
        .setAttribute(Traces.METHOD, method.name())
        .setAttribute(Traces.ROUTE, route);
  }

  /** It is one that the caller may make: only now what it asks for is a name and nothing else. */
  static void allowed(Span span, AuthenticatedCaller caller, String agency) {
    span.setAttribute(CALLER, caller.name()).setAttribute(Traces.AGENCY, agency);
  }

  /** It was answered with a token, or 304. */
  static void answered(Span span, Source source) {
    span.setAttribute(Traces.STATUS, source == Source.NOT_MODIFIED ? NOT_MODIFIED : OK)
        .setAttribute(Traces.OUTCOME, HandoutMetrics.nameOf(source))
        .end();
  }

  /** It was refused. */
  static void refused(Span span, Throwable failure) {
    ProblemType type = HandoutMetrics.typeOf(failure);
    span.setAttribute(Traces.STATUS, type.status())
        .setAttribute(Traces.OUTCOME, HandoutMetrics.nameOf(type));
    if (type.status() >= FIRST_SERVER_ERROR) {
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }

  /**
   * A read that was answered before anything was begun.
   *
   * @param route what was read
   * @param began as of {@link System#nanoTime()}
   */
  void answered(
      String route,
      HttpServerRequest request,
      AuthenticatedCaller caller,
      String agency,
      Source source,
      long began) {
    if (traces.areOn()) {
      Instant start = clock.instant().minusNanos(System.nanoTime() - began);
      Span span = span(HttpMethod.GET, route, request).setStartTimestamp(start).startSpan();
      allowed(span, caller, agency);
      answered(span, source);
    }
  }
}
