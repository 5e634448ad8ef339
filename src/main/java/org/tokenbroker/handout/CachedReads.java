package org.tokenbroker.handout;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.AuthenticatedCaller;
import org.tokenbroker.caller.KnownCallers;
import org.tokenbroker.handout.HandoutMetrics.Source;

/**
 * The short way of a read: answered before the framework takes the request apart, if a caller that
 * memory knows asks for a token that memory holds, and asks for nothing else. It only says yes.
 * Whatever is not so, or is unusual, goes on to {@link TokenResource}, which answers the same and
 * knows how to refuse: nobody gets here what would not be got there.
 */
@Singleton
class CachedReads {

  /** Right behind the request's name, which is in each answer. */
  private static final int SECOND = 900;

  private static final String PREFIX = "/tokens/";
  private static final String MIN_TTL = "min_ttl=";
  private static final int MIN_TTL_DIGITS = 5;
  private static final String ANYTHING = "*/*";
  private static final CharSequence JSON =
      HttpHeaders.createOptimized("application/json;charset=UTF-8");
  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
  private static final int NOT_MODIFIED = 304;

  private final KnownCallers callers;
  private final Handouts handouts;
  private final AuditLog audit;
  private final HandoutMetrics metrics;
  private final HandoutTraces traces;

  CachedReads(
      KnownCallers callers,
      Handouts handouts,
      AuditLog audit,
      HandoutMetrics metrics,
      HandoutTraces traces) {
    this.callers = callers;
    this.handouts = handouts;
    this.audit = audit;
    this.metrics = metrics;
    this.traces = traces;
  }

  void register(@Observes Filters filters) {
    filters.register(this::answer, SECOND);
  }

  private void answer(RoutingContext context) {
    if (!isAnswered(context.request())) {
      context.next();
    }
  }

  private boolean isAnswered(HttpServerRequest request) {
    if (!HttpMethod.GET.equals(request.method()) || !request.uri().startsWith(PREFIX)) {
      return false;
    }
    long began = System.nanoTime();
    Asked asked = asked(request.uri());
    MultiMap headers = request.headers();
    if (asked == null
        || headers.contains(HttpHeaders.CONTENT_LENGTH)
        || headers.contains(HttpHeaders.TRANSFER_ENCODING)
        || !acceptsJson(headers.get(HttpHeaders.ACCEPT))) {
      return false;
    }
    List<String> authorization = headers.getAll(HttpHeaders.AUTHORIZATION);
    if (authorization.size() != 1) {
      return false;
    }
    AuthenticatedCaller caller = callers.caller(authorization.getFirst());
    if (caller == null || !caller.mayRead(asked.agency)) {
      return false;
    }
    Instant now = handouts.now();
    Handout held = handouts.heldAt(now, asked.agency, asked.minTtl);
    if (held == null) {
      return false;
    }
    String known = headers.get(HttpHeaders.IF_NONE_MATCH);
    boolean isKnown = held.etag().equals(known);
    if ((known != null && !isKnown) || !callers.admits(caller)) {
      return false;
    }
    HttpServerResponse response = request.response();
    response.headers().set(HttpHeaders.ETAG, held.etag()).set(HttpHeaders.CACHE_CONTROL, NO_STORE);
    Source source = isKnown ? Source.NOT_MODIFIED : Source.MEMORY;
    if (isKnown) {
      response.setStatusCode(NOT_MODIFIED).end();
    } else {
      long secondsLeft = held.secondsLeft(now);
      response.headers().set(HttpHeaders.CONTENT_TYPE, JSON);
      response.end(held.body(secondsLeft));
      metrics.lives(secondsLeft, asked.minTtl);
      audit.handedOut(caller.name(), asked.agency, held.generation());
    }
    metrics.answered(source, began);
    traces.answered(TokenResource.ROUTE, request, caller, asked.agency, source, began);
    return true;
  }

  private static boolean acceptsJson(@Nullable String accept) {
    return accept == null || accept.equals(ANYTHING) || accept.equals(MediaType.APPLICATION_JSON);
  }

  /** What an address asks for. */
  private record Asked(String agency, int minTtl) {}

  /** Reads an address in its usual form; null if it has another. */
  private static @Nullable Asked asked(String uri) {
    int end = PREFIX.length();
    while (end < uri.length() && isPartOfName(uri.charAt(end))) {
      end++;
    }
    String agency = uri.substring(PREFIX.length(), end);
    if (end == uri.length()) {
      return new Asked(agency, TokenResource.DEFAULT_MIN_TTL);
    }
    if (uri.charAt(end) != '?' || !uri.startsWith(MIN_TTL, end + 1)) {
      return null;
    }
    int minTtl = number(uri, end + 1 + MIN_TTL.length());
    return minTtl < 0 || minTtl > TokenResource.LARGEST_MIN_TTL ? null : new Asked(agency, minTtl);
  }

  /** Of the form of names this is the half that matters here: memory holds no others. */
  private static boolean isPartOfName(char each) {
    return (each >= 'a' && each <= 'z') || (each >= '0' && each <= '9') || each == '-';
  }

  /** The digits from there to the end; negative if there is something else. */
  private static int number(String uri, int start) {
    int digits = uri.length() - start;
    if (digits < 1 || digits > MIN_TTL_DIGITS) {
      return -1;
    }
    int number = 0;
    for (int i = start; i < uri.length(); i++) {
      int digit = uri.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
