package org.tokenbroker.platform;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.persistence.PersistenceException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.Problem.FieldError;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;

/**
 * Turns every failure of a request into a problem of the contract (RFC 9457), or into a page where
 * people look. What an exception says is never part of it: it may quote what was sent.
 */
@Singleton
class ProblemMapper {

  private static final Logger LOG = Logger.getLogger(ProblemMapper.class);
  private static final Duration DATABASE_RETRY = Duration.ofSeconds(5);
  private static final int ID_BYTES = 8;

  /** An SQLSTATE of PostgreSQL. */
  private static final String CHARACTER_NOT_IN_REPERTOIRE = "22021";

  private static final String READER_OF_FORMS =
      "org.jboss.resteasy.reactive.server.core.multipart.";

  private static final String READER_OF_BODIES =
      "org.jboss.resteasy.reactive.server.vertx.VertxInputStream";

  /** Longer than the name of any field of ours, and too short for a token or key to be whole. */
  private static final int NAME_LIMIT = 24;

  private final ProblemResponses responses;
  private final SecureRandom random;

  ProblemMapper(ProblemResponses responses, SecureRandom random) {
    this.responses = responses;
    this.random = random;
  }

  @ServerExceptionMapper
  public Response problem(ProblemException failure, RoutingContext request) {
    return responses.of(failure.problem(), null, request);
  }

  @ServerExceptionMapper
  public Response violations(ConstraintViolationException failure, RoutingContext request) {
    List<FieldError> errors = new ArrayList<>();
    for (ConstraintViolation<?> violation : failure.getConstraintViolations()) {
      if (violation.getExecutableReturnValue() != null) {
        return internal(failure, request); // our own answer is wrong, not the request
      }
      errors.add(new FieldError(field(violation.getPropertyPath()), violation.getMessage()));
    }
    errors.sort(Comparator.comparing(FieldError::field).thenComparing(FieldError::message));
    return responses.of(invalid(errors), null, request);
  }

  private static Problem invalid(List<FieldError> errors) {
    return new Problem(
        ProblemType.INVALID_REQUEST,
        errors.size() == 1 ? "One field is not valid." : errors.size() + " fields are not valid.",
        null,
        null,
        errors,
        null);
  }

  /**
   * The violation's place as the caller wrote it: in snake case, without the name of our method or
   * of the parameter that takes the body.
   */
  private static String field(Path path) {
    List<String> names = new ArrayList<>();
    for (Path.Node node : path) {
      if (node.getKind() != ElementKind.METHOD
          && node.getKind() != ElementKind.CONTAINER_ELEMENT
          && node.getName() != null) {
        names.add(snakeCase(node.getName()));
      }
    }
    if (names.size() > 1) {
      names.removeFirst();
    }
    return String.join(".", names);
  }

  static String snakeCase(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  @ServerExceptionMapper
  public Response json(MismatchedInputException failure, RoutingContext request) {
    return responses.of(unreadable(failure), null, request);
  }

  private static Problem unreadable(JacksonException failure) {
    if (failure instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
      String message =
          failure instanceof UnrecognizedPropertyException
              ? "is not known here"
              : "has a value of the wrong type or form";
      return invalid(List.of(new FieldError(field(mapping), message)));
    }
    return Problem.of(
        ProblemType.INVALID_REQUEST, "The body is not a JSON object of the expected form.");
  }

  private static String field(JsonMappingException failure) {
    StringBuilder name = new StringBuilder();
    for (JsonMappingException.Reference reference : failure.getPath()) {
      String field = reference.getFieldName();
      if (field == null) {
        name.append('[').append(reference.getIndex()).append(']');
      } else {
        name.append(name.isEmpty() ? "" : ".")
            .append(field.length() > NAME_LIMIT ? field.substring(0, NAME_LIMIT) + "…" : field);
      }
    }
    return name.toString();
  }

  /** What the framework itself refuses. */
  @ServerExceptionMapper
  public Response refused(WebApplicationException failure, RoutingContext request) {
    Response refusal = failure.getResponse();
    int status = refusal.getStatus();
    if (status < 400) {
      return refusal;
    }
    if (failure.getCause() instanceof JacksonException json) {
      return responses.of(unreadable(json), null, request);
    }
    if (status >= 500) {
      return internal(failure, request);
    }
    Problem problem =
        switch (status) {
          case 401 -> Problem.of(ProblemType.UNAUTHENTICATED, "Authentication is needed.");
          case 403 -> Problem.of(ProblemType.FORBIDDEN, "This is not allowed.");
          case 404 -> Problem.of(ProblemType.NOT_FOUND, "There is nothing at this address.");
          case 405 ->
              Problem.of(ProblemType.METHOD_NOT_ALLOWED, "Use one of the methods in Allow.");
          case 406 ->
              Problem.of(ProblemType.NOT_ACCEPTABLE, "Accept application/json, or send no Accept.");
          case 413 -> Problem.of(ProblemType.TOO_LARGE, "A body may have 64 KB at most.");
          case 415 ->
              Problem.of(
                  ProblemType.UNSUPPORTED_MEDIA_TYPE, "Send the body with its right Content-Type.");
          default -> Problem.of(ProblemType.INVALID_REQUEST, "The request cannot be understood.");
        };
    return responses.of(problem, refusal.getHeaderString("Allow"), request);
  }

  @ServerExceptionMapper
  public Response database(DatabaseUnavailableException failure, RoutingContext request) {
    return failed(failure, request);
  }

  @ServerExceptionMapper
  public Response database(PersistenceException failure, RoutingContext request) {
    return failed(failure, request);
  }

  /**
   * A form in parts (RFC 7578) that is none, or a body that does not come: who sends has hung up,
   * or keeps the server waiting. Neither is told apart otherwise.
   */
  @ServerExceptionMapper
  public Response unread(IOException failure, RoutingContext request) {
    StackTraceElement[] trace = failure.getStackTrace();
    String thrower = trace.length > 0 ? trace[0].getClassName() : "";
    if (thrower.startsWith(READER_OF_FORMS)) {
      return responses.of(
          Problem.of(ProblemType.INVALID_REQUEST, "The form cannot be read."), null, request);
    }
    if (thrower.startsWith(READER_OF_BODIES)) {
      LOG.debugf("A body did not come whole: %s", failure.getMessage());
      return responses.of(
          Problem.of(ProblemType.INVALID_REQUEST, "The body did not come whole."), null, request);
    }
    return failed(failure, request);
  }

  @ServerExceptionMapper
  public Response failed(Throwable failure, RoutingContext request) {
    if (DatabaseUnavailableException.isCauseOf(failure)) {
      LOG.warnf("The database cannot be reached: %s", failure.getClass().getSimpleName());
      return responses.of(
          Problem.of(
                  ProblemType.DATABASE_UNAVAILABLE,
                  "This needs the database, which cannot be reached now.")
              .retryAfter(DATABASE_RETRY),
          null,
          request);
    }
    if (holdsNoCharacter(failure)) {
      return responses.of(
          Problem.of(
              ProblemType.INVALID_REQUEST,
              "The request holds a character that no text of ours can have, such as U+0000."),
          null,
          request);
    }
    return internal(failure, request);
  }

  /**
   * Whether the database refused a text for its characters. It takes all but U+0000, which any part
   * of a request that is looked up may hold; what is stored is checked before.
   */
  private static boolean holdsNoCharacter(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql
          && CHARACTER_NOT_IN_REPERTOIRE.equals(sql.getSQLState())) {
        return true;
      }
    }
    return false;
  }

  private Response internal(Throwable failure, RoutingContext request) {
    byte[] bytes = new byte[ID_BYTES];
    random.nextBytes(bytes);
    String id = HexFormat.of().formatHex(bytes);
    LOG.errorf(failure, "Internal error %s", id);
    return responses.of(
        Problem.of(
            ProblemType.INTERNAL_ERROR,
            "This is a bug in the broker. The log says more under id " + id + "."),
        null,
        request);
  }
}
