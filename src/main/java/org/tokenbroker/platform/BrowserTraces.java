package org.tokenbroker.platform;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.AsyncResult;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ResourceInfo;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.Audience;
import org.tokenbroker.trace.Traces;

/**
 * A span for each request of a browser: the console, the callback, an officer's link. It is named
 * by the address as the code declares it, never by the one that was asked for, which holds codes,
 * states and invitations. What is done for the request is below it.
 *
 * <p>Made when first needed: filters are wired before the configuration can be read.
 */
@ApplicationScoped
class BrowserTraces {

  /** Behind the request's name and the reads that memory answers, before what is to be traced. */
  private static final int BEFORE_THE_REST = 840;

  private static final String SPAN = BrowserTraces.class.getName();

  /** A method may be any word; of others only that they are others is told. */
  private static final Set<HttpMethod> METHODS =
      Set.of(
          HttpMethod.GET,
          HttpMethod.HEAD,
          HttpMethod.POST,
          HttpMethod.PUT,
          HttpMethod.DELETE,
          HttpMethod.OPTIONS,
          HttpMethod.PATCH);

  private static final String OTHER_METHOD = "_OTHER";
  private static final int FIRST_SERVER_ERROR = 500;

  private final Traces traces;

  BrowserTraces(Traces traces) {
    this.traces = traces;
  }

  void register(@Observes Filters filters) {
    if (traces.areOn()) {
      filters.register(this::begin, BEFORE_THE_REST);
    }
  }

  @SuppressWarnings("MustBeClosed") // closed when the request ends, on whichever thread that is
  private void begin(RoutingContext request) {
    if (Audience.of(request.normalizedPath()) == Audience.BROWSERS) {
      String method = method(request);
      Span span =
          traces
              .answering(method, request.request().headers())
              .setAttribute(Traces.METHOD, method)
              .startSpan();
      // The request's own context carries it on, whichever thread answers.
      Scope scope = span.makeCurrent();
      request.put(SPAN, span);
      request.addEndHandler(
          ended -> {
            scope.close();
            end(span, request.response().getStatusCode(), ended);
          });
    }
    request.next();
  }

  private static String method(RoutingContext request) {
    HttpMethod method = request.request().method();
    return METHODS.contains(method) ? method.name() : OTHER_METHOD;
  }

  /**
   * Only now it is known which of the declared addresses it is, if any. Before other filters, as
   * one that answers ends them.
   */
  @ServerRequestFilter(priority = Priorities.AUTHENTICATION)
  public void matched(RoutingContext request, ResourceInfo resource) {
    Span span = request.get(SPAN);
    if (span != null) {
      String route =
          address(resource.getResourceClass().getAnnotation(Path.class))
              + address(resource.getResourceMethod().getAnnotation(Path.class));
      span.setAttribute(Traces.ROUTE, route.isEmpty() ? "/" : route)
          .updateName(method(request) + ' ' + (route.isEmpty() ? "/" : route));
    }
  }

  /** With a slash before it and none behind; empty where it is the one above. */
  private static String address(@Nullable Path path) {
    String bare = path == null ? "" : path.value().replaceAll("^/+|/+$", "");
    return bare.isEmpty() ? "" : '/' + bare;
  }

  private static void end(Span span, int status, AsyncResult<Void> ended) {
    if (ended.failed()) {
      Traces.fail(span, ended.cause());
      return;
    }
    span.setAttribute(Traces.STATUS, status);
    if (status >= FIRST_SERVER_ERROR) {
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }
}
