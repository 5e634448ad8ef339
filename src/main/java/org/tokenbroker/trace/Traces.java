package org.tokenbroker.trace;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.vertx.core.MultiMap;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * Where spans come from. Each is made by hand and says only what is written here: ready-made
 * instrumentation records whole addresses, and ours carry codes, states and invitations. Nothing of
 * a trace is sent to Active911.
 *
 * <p>While traces are off, every span is the one that records nothing, and none is ever current.
 */
@Singleton
public class Traces {

  /** The slug of the agency that it is about. */
  public static final AttributeKey<String> AGENCY = AttributeKey.stringKey("token_broker.agency");

  /** Our name for what came of it, as in the metrics. */
  public static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("token_broker.outcome");

  // OpenTelemetry's semantic conventions for HTTP, as far as they hold nothing secret.

  /** The request's method. */
  public static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");

  /** The address as it is declared, with its parameters' names in place of their values. */
  public static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");

  /** The answer's status. */
  public static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");

  private static final String NAME = "org.tokenbroker";
  private static final String TRACEPARENT = "traceparent";
  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

  private final boolean on;
  private final Tracer tracer;
  private final TextMapPropagator propagator;

  Traces(
      OpenTelemetry telemetry,
      @ConfigProperty(name = "quarkus.otel.sdk.disabled") boolean disabled) {
    this.on = !disabled;
    this.tracer = telemetry.getTracer(NAME);
    this.propagator = telemetry.getPropagators().getTextMapPropagator();
  }

  /** Whether anything is recorded. */
  public boolean areOn() {
    return on;
  }

  /**
   * A span below the current one.
   *
   * @return started; to be ended by whoever asked for it. One that is never ended is never seen
   */
  public Span start(String name, SpanKind kind) {
    return on ? tracer.spanBuilder(name).setSpanKind(kind).startSpan() : Span.getInvalid();
  }

  /**
   * A span of our answer to a request, below the one that its headers name (Trace Context §3).
   *
   * @return to be started
   */
  public SpanBuilder answering(String name, MultiMap headers) {
    return tracer
        .spanBuilder(name)
        .setSpanKind(SpanKind.SERVER)
        .setParent(propagator.extract(Context.root(), headers, Headers.INSTANCE));
  }

  /** Does something while a span is the current one of this thread. */
  public static <T> T within(Span span, Supplier<T> work) {
    if (!span.getSpanContext().isValid()) {
      return work.get();
    }
    try (Scope _ = span.makeCurrent()) {
      return work.get();
    }
  }

  /** Says that the current span had to do with another one, which is not above it. */
  public static void link(SpanContext other) {
    if (other.isValid()) {
      Span.current().addLink(other);
    }
  }

  /**
   * The same for a span of another process.
   *
   * @param traceparent what {@link #current} said there; null: nothing
   */
  public static void link(@Nullable String traceparent) {
    if (traceparent != null) {
      link(
          Span.fromContext(
                  W3CTraceContextPropagator.getInstance()
                      .extract(Context.root(), Map.of(TRACEPARENT, traceparent), Fields.INSTANCE))
              .getSpanContext());
    }
  }

  /** The current span, as others may name it (Trace Context §3.2); null if there is none. */
  public static @Nullable String current() {
    if (!Span.current().getSpanContext().isValid()) {
      return null;
    }
    Map<String, String> fields = new HashMap<>();
    W3CTraceContextPropagator.getInstance()
        .inject(Context.current(), fields, (map, name, value) -> fields.put(name, value));
    return fields.get(TRACEPARENT);
  }

  /** Ends a span by a failure, of which only the kind is told: its message may quote anything. */
  public static void fail(Span span, Throwable failure) {
    span.setAttribute(ERROR_TYPE, failure.getClass().getName());
    span.setStatus(StatusCode.ERROR);
    span.end();
  }

  private enum Headers implements TextMapGetter<MultiMap> {
    INSTANCE;

    @Override
    public Set<String> keys(MultiMap headers) {
      return headers.names();
    }

    @Override
    public @Nullable String get(@Nullable MultiMap headers, String name) {
      return headers == null ? null : headers.get(name);
    }
  }

  private enum Fields implements TextMapGetter<Map<String, String>> {
    INSTANCE;

    @Override
    public Set<String> keys(Map<String, String> fields) {
      return fields.keySet();
    }

    @Override
    public @Nullable String get(@Nullable Map<String, String> fields, String name) {
      return fields == null ? null : fields.get(name);
    }
  }
}
