package org.tokenbroker.platform;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.Audience;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.Problem.FieldError;
import org.tokenbroker.problem.ProblemType;

/** Writes problems: as JSON (RFC 9457), or as a page at the addresses where people look. */
@Singleton
class ProblemResponses {

  private static final String PROBLEM_JSON = "application/problem+json";

  /** The document of RFC 9457 §3. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  record Document(
      String type,
      String title,
      int status,
      String detail,
      @Nullable String agency,
      @Nullable String candidate,
      List<FieldError> errors) {}

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance problem(int status, String title, String detail);
  }

  Response of(Problem problem, @Nullable String allow, RoutingContext request) {
    ProblemType type = problem.type();
    Response.ResponseBuilder response =
        Response.status(type.status()).header(HttpHeaders.CACHE_CONTROL, "no-store");
    if (type == ProblemType.UNAUTHENTICATED) {
      response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    }
    if (problem.retryAfter() != null) {
      response.header(HttpHeaders.RETRY_AFTER, Math.max(1, problem.retryAfter().toSeconds()));
    }
    if (allow != null) {
      response.header(HttpHeaders.ALLOW, allow);
    }
    if (Audience.of(request.normalizedPath()) == Audience.BROWSERS) {
      return response
          .type(MediaType.TEXT_HTML_TYPE.withCharset("UTF-8"))
          .entity(Templates.problem(type.status(), type.title(), problem.detail()).render())
          .build();
    }
    return response
        .type(PROBLEM_JSON)
        .entity(
            new Document(
                type.uri(),
                type.title(),
                type.status(),
                problem.detail(),
                problem.agency(),
                problem.candidate(),
                problem.errors()))
        .build();
  }
}
