package org.tokenbroker.platform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * Answers a query that cannot be decoded: the framework would, before anything of ours is asked,
 * and without a problem.
 */
@Singleton
class UndecodableQuery {

  /** Behind the request's name and what memory answers, before everything else. */
  private static final int PRIORITY = 800;

  private final ProblemResponses responses;
  private final ObjectMapper json;

  UndecodableQuery(ProblemResponses responses, ObjectMapper json) {
    this.responses = responses;
    this.json = json;
  }

  void register(@Observes Filters filters) {
    filters.register(this::check, PRIORITY);
  }

  private void check(RoutingContext request) {
    if (isDecodable(request.request().query(), request.request().uri())) {
      request.next();
      return;
    }
    Response answer =
        responses.of(
            Problem.of(ProblemType.INVALID_REQUEST, "The address's query cannot be decoded."),
            null,
            request);
    request.response().setStatusCode(answer.getStatus());
    answer.getStringHeaders().forEach((name, values) -> request.response().putHeader(name, values));
    var _ = request.response().end(text(answer.getEntity()));
  }

  private String text(Object entity) {
    try {
      return entity instanceof String page ? page : json.writeValueAsString(entity);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a problem can be written", e);
    }
  }

  private static boolean isDecodable(@Nullable String query, String uri) {
    if (query == null || query.indexOf('%') < 0) {
      return true;
    }
    try {
      return new QueryStringDecoder(uri).parameters() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
