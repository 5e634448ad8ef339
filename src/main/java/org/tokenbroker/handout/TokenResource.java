package org.tokenbroker.handout;

import io.opentelemetry.api.trace.Span;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.extensions.Extension;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.security.SecurityRequirement;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.HandoutState;
import org.tokenbroker.audit.Actor;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.AuthenticatedCaller;
import org.tokenbroker.handout.HandoutMetrics.Source;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/**
 * What internal services read. A read that memory can answer stays on the event loop from the
 * socket to the answer; only what memory cannot answer goes to the database or to Active911.
 */
@Path("/tokens")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "tokens", description = "For internal services")
@SecurityRequirement(name = "caller_key")
public class TokenResource {

  static final String ROUTE = "/tokens/{agency}";
  static final int DEFAULT_MIN_TTL = 60;
  static final int LARGEST_MIN_TTL = 86_400;

  private final Handouts handouts;
  private final AuditLog audit;
  private final HandoutMetrics metrics;
  private final HandoutTraces traces;

  TokenResource(Handouts handouts, AuditLog audit, HandoutMetrics metrics, HandoutTraces traces) {
    this.handouts = handouts;
    this.audit = audit;
    this.metrics = metrics;
    this.traces = traces;
  }

  /** An access token, as it is handed out; written by {@link Handout}. */
  @Schema(name = "Token")
  record Token(
      @Schema(examples = "springfield-fd") String agency,
      @Schema(description = "Opaque, 4096 characters at most", examples = "5f0c…")
          String accessToken,
      @Schema(enumeration = "Bearer") String tokenType,
      @Schema(
              description = "What was granted, which may be less than was asked for",
              examples = "read_agency read_alert")
          String scope,
      @Schema(description = "Whole seconds", examples = "81234") long expiresIn,
      Instant expiresAt) {}

  /** The agencies of a caller. */
  @Schema(name = "TokenList")
  public record TokenList(List<Item> items) {

    /** One agency, without its token. */
    @Schema(name = "TokenListItem")
    public record Item(
        @Schema(examples = "springfield-fd") String agency,
        ConnectionState state,
        @Schema(nullable = true, description = "When the present token expires")
            @Nullable Instant expiresAt) {}
  }

  @GET
  @RunOnVirtualThread
  @Operation(
      operationId = "listTokens",
      summary = "The agencies granted to this caller, without their tokens")
  public TokenList list(@Context RoutingContext request) {
    List<TokenList.Item> items = new ArrayList<>();
    for (HandoutState state : handouts.grantedTo(AuthenticatedCaller.of(request))) {
      items.add(
          new TokenList.Item(
              state.slug(),
              state.state(),
              state.token() == null
                  ? null
                  : state.token().expiresAt().truncatedTo(ChronoUnit.SECONDS)));
    }
    return new TokenList(items);
  }

  @GET
  @Path("/{agency}")
  @NonBlocking
  @Extension(
      name = "x-problems",
      value =
          "AGENCY_UNKNOWN CONSENT_REQUIRED AGENCY_PAUSED TTL_UNAVAILABLE TOO_MANY_REQUESTS UPSTREAM_UNAVAILABLE")
  @Operation(
      operationId = "getToken",
      summary = "A valid access token of an agency",
      description =
          "Answered from memory where the token that is there will do. Otherwise it is renewed first,"
              + " once for all who ask.")
  @Parameter(
      name = "min_ttl",
      in = ParameterIn.QUERY,
      description = "For how many seconds the token must still be good at least",
      schema =
          @Schema(type = SchemaType.INTEGER, minimum = "0", maximum = "86400", defaultValue = "60"))
  @Parameter(
      name = "If-None-Match",
      in = ParameterIn.HEADER,
      description = "The ETag of the token that the caller has: 304 if it is still the one",
      schema = @Schema(type = SchemaType.STRING))
  @APIResponse(
      responseCode = "200",
      description = "The token",
      headers = {
        @Header(
            name = "ETag",
            description = "Names this token",
            schema = @Schema(type = SchemaType.STRING))
      },
      content =
          @Content(
              schema = @Schema(implementation = Token.class),
              examples =
                  @ExampleObject(
                      name = "token",
                      value =
                          """
                          {"agency":"springfield-fd","access_token":"5f0c0e2b…","token_type":"Bearer",\
                          "scope":"read_agency read_alert","expires_in":81234,\
                          "expires_at":"2026-11-24T17:58:49Z"}""")))
  @APIResponse(responseCode = "304", description = "The caller's token is still the one")
  public Uni<Response> get(
      @Parameter(schema = @Schema(type = SchemaType.STRING, pattern = Slug.REGEX))
          @PathParam("agency")
          String agency,
      @Context RoutingContext request) {
    long began = System.nanoTime();
    HttpServerRequest http = request.request();
    AuthenticatedCaller caller = AuthenticatedCaller.of(request);
    Span span = traces.began(http.method(), ROUTE, http);
    int minTtl;
    String known;
    Handout held;
    try {
      validateSlug(agency);
      minTtl = minTtl(http);
      known = joined(http.headers().getAll(HttpHeaders.IF_NONE_MATCH));
      EntityTags.validate("If-None-Match", known);
      authorize(caller, agency);
      HandoutTraces.allowed(span, caller, agency);
      held = handouts.held(agency, minTtl);
    } catch (RuntimeException e) {
      refused(e, began, span);
      throw e;
    }
    if (held != null) {
      return Uni.createFrom().item(answer(held, known, minTtl, caller, Source.MEMORY, began, span));
    }
    return handouts
        .obtain(agency, minTtl, span)
        .map(handout -> answer(handout, known, minTtl, caller, Source.RENEWED, began, span))
        .onFailure()
        .invoke(failure -> refused(failure, began, span));
  }

  @POST
  @Path("/{agency}/refresh")
  @NonBlocking
  @Extension(
      name = "x-problems",
      value =
          "AGENCY_UNKNOWN CONSENT_REQUIRED AGENCY_PAUSED PRECONDITION_REQUIRED TOO_MANY_REQUESTS UPSTREAM_UNAVAILABLE")
  @Operation(
      operationId = "refreshToken",
      summary = "Renews the token if it still is the one that the caller has",
      description =
          "For a caller whom Active911 answered 401. If another token is current by now, that one is"
              + " answered and Active911 is not called.")
  @Parameter(
      name = "If-Match",
      in = ParameterIn.HEADER,
      required = true,
      description = "The ETag of the token that was refused",
      schema = @Schema(type = SchemaType.STRING))
  @APIResponse(
      responseCode = "200",
      description = "The token that is current now",
      headers = {
        @Header(
            name = "ETag",
            description = "Names this token",
            schema = @Schema(type = SchemaType.STRING))
      },
      content = @Content(schema = @Schema(implementation = Token.class)))
  public Uni<Response> refresh(
      @Parameter(schema = @Schema(type = SchemaType.STRING, pattern = Slug.REGEX))
          @PathParam("agency")
          String agency,
      @Context RoutingContext request) {
    long began = System.nanoTime();
    HttpServerRequest http = request.request();
    AuthenticatedCaller caller = AuthenticatedCaller.of(request);
    Span span = traces.began(http.method(), ROUTE + "/refresh", http);
    String refused;
    try {
      validateSlug(agency);
      refused = joined(http.headers().getAll(HttpHeaders.IF_MATCH));
      EntityTags.validate("If-Match", refused);
      authorize(caller, agency);
      HandoutTraces.allowed(span, caller, agency);
    } catch (RuntimeException e) {
      refused(e, began, span);
      throw e;
    }
    return handouts
        .replace(agency, refused, span)
        .map(handout -> answer(handout, null, 0, caller, Source.RENEWED, began, span))
        .onFailure()
        .invoke(failure -> refused(failure, began, span));
  }

  private static void validateSlug(String agency) {
    if (!Slug.matches(agency)) {
      throw Problem.invalid("agency", "must match " + Slug.REGEX).toException();
    }
  }

  private static int minTtl(HttpServerRequest request) {
    if (request.query() == null) {
      return DEFAULT_MIN_TTL;
    }
    List<String> values = request.params().getAll("min_ttl");
    if (values.isEmpty()) {
      return DEFAULT_MIN_TTL;
    }
    try {
      int seconds = Integer.parseInt(values.getFirst());
      if (values.size() == 1 && seconds >= 0 && seconds <= LARGEST_MIN_TTL) {
        return seconds;
      }
    } catch (NumberFormatException e) {
      // falls through to the refusal
    }
    throw Problem.invalid(
            "min_ttl", "must be one whole number of seconds from 0 to " + LARGEST_MIN_TTL)
        .toException();
  }

  /** A header that may come in several lines, which count as one list (RFC 9110 §5.3). */
  private static @Nullable String joined(List<String> lines) {
    return lines.isEmpty() ? null : lines.size() == 1 ? lines.getFirst() : String.join(",", lines);
  }

  private void authorize(AuthenticatedCaller caller, String agency) {
    if (!caller.mayRead(agency)) {
      audit.forbidden(Actor.caller(caller.name()), agency);
      throw Problem.of(ProblemType.FORBIDDEN, "This agency is not granted to this caller.")
          .about(agency)
          .toException();
    }
  }

  private void refused(Throwable failure, long began, Span span) {
    metrics.refused(failure, began);
    HandoutTraces.refused(span, failure);
  }

  private Response answer(
      Handout handout,
      @Nullable String known,
      int minTtl,
      AuthenticatedCaller caller,
      Source source,
      long began,
      Span span) {
    String etag = handout.etag();
    Response.ResponseBuilder builder;
    boolean isKnown = EntityTags.contains(known, etag);
    if (isKnown) {
      builder = Response.notModified();
    } else {
      long secondsLeft = handouts.secondsLeft(handout);
      builder = Response.ok(handout.body(secondsLeft));
      metrics.lives(secondsLeft, minTtl);
      audit.handedOut(caller.name(), handout.state().slug(), handout.generation());
    }
    Response response = builder.header("ETag", etag).header("Cache-Control", "no-store").build();
    Source outcome = isKnown ? Source.NOT_MODIFIED : source;
    metrics.answered(outcome, began);
    HandoutTraces.answered(span, outcome);
    return response;
  }
}
