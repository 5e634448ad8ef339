package org.tokenbroker.review;

import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Variant;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.security.SecurityRequirement;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditQuery;
import org.tokenbroker.audit.AuditTrail;
import org.tokenbroker.audit.AuditTrail.Row;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.Slug;

/** The audit trail, for admins. */
@Path("/audit")
@RunOnVirtualThread
@RequiresRole(Role.VIEWER)
@Tag(name = "audit", description = "What happened, and who was handed which token")
@SecurityRequirement(name = "admin_key")
public class AuditResource {

  private static final int DEFAULT_PAGE = 100;
  private static final String CSV = AuditExport.CSV;
  private static final String JSON_LINES = AuditExport.JSON_LINES;
  private static final String NDJSON = "application/x-ndjson";

  /** The first one counts where the client does not say. */
  private static final List<Variant> VARIANTS =
      Variant.mediaTypes(
              MediaType.APPLICATION_JSON_TYPE,
              MediaType.valueOf(CSV),
              MediaType.valueOf(JSON_LINES),
              MediaType.valueOf(NDJSON))
          .build();

  private final AuditTrail trail;
  private final AuditExport export;

  AuditResource(AuditTrail trail, AuditExport export) {
    this.trail = trail;
    this.export = export;
  }

  /** One page of the audit trail. */
  @Schema(name = "AuditList")
  public record Page(
      List<Item> items,
      @Schema(description = "Pass it as `after` to go on; null at the end", nullable = true)
          @Nullable String next) {}

  /** One event. */
  @Schema(name = "AuditItem")
  public record Item(
      @Schema(description = "Its place in the order of all", examples = "1795543129123456-42")
          String id,
      @Schema(description = "On the database's clock; of what is counted, the first time")
          Instant time,
      @Schema(ref = "AuditEventKind") String event,
      Who actor,
      @Schema(
              description = "The agency that it is about, which may be gone by now",
              nullable = true,
              examples = "springfield-fd")
          @Nullable String agency,
      @Schema(description = "The caller that did it or that it is about", nullable = true)
          @Nullable String caller,
      @Schema(
              description = "The `X-Request-ID` of the request in which it happened",
              nullable = true)
          @Nullable String requestId,
      @Schema(
              description =
                  "What else is known: numbers, short texts, times, and lists of short texts. Of"
                      + " what is counted: `count`, and `last_at`, the last time")
          Map<String, Object> details) {

    static Item of(Row row) {
      return new Item(
          row.position().toString(),
          row.position().time(),
          row.event(),
          new Who(row.actorKind(), row.actorName()),
          row.agency(),
          row.caller(),
          row.requestId(),
          row.detailsByName());
    }
  }

  /** Who did it. */
  @Schema(name = "AuditActor")
  public record Who(
      @Schema(enumeration = {"caller", "admin", "officer", "broker", "unknown"}) String kind,
      @Schema(nullable = true, examples = "bootstrap") @Nullable String name) {}

  @GET
  @Produces({MediaType.APPLICATION_JSON, CSV, JSON_LINES, NDJSON})
  @Operation(
      operationId = "listAudit",
      summary = "What happened, newest first",
      description =
          """
          As JSON, a page at a time; as CSV or JSON lines, everything that is asked for, unless
          `limit` is set.

          Hand-outs are counted: one item says how often a caller was handed one and the same
          token of an agency by one replica within a minute (`count`, `generation`, `last_at`). They
          are left out where `event` is not `handout`, since they are many. Failed
          authentication is counted likewise by address, and what is forbidden by who asks and
          agency. What is counted appears here at most a minute later.""")
  @APIResponse(
      responseCode = "200",
      description = "The items",
      content = {
        @Content(
            mediaType = MediaType.APPLICATION_JSON,
            schema = @Schema(implementation = Page.class)),
        @Content(
            mediaType = CSV,
            schema =
                @Schema(
                    type = SchemaType.STRING,
                    description =
                        "RFC 4180, with a head; a cell that a spreadsheet could take for a formula"
                            + " begins with an apostrophe")),
        @Content(
            mediaType = JSON_LINES,
            schema = @Schema(type = SchemaType.STRING, description = "One AuditItem a line")),
        @Content(
            mediaType = NDJSON,
            schema = @Schema(type = SchemaType.STRING, description = "One AuditItem a line"))
      })
  public Response list(
      @Parameter(schema = @Schema(type = SchemaType.STRING, pattern = Slug.REGEX)) @RestQuery
          @Nullable String agency,
      @Parameter(schema = @Schema(type = SchemaType.STRING, pattern = Slug.REGEX)) @RestQuery
          @Nullable String caller,
      @Parameter(
              description =
                  "The name of who did it: an admin, a caller, or an invitation's id; `broker` for"
                      + " the broker itself, `unknown` for whoever proved nothing",
              schema =
                  @Schema(
                      type = SchemaType.STRING,
                      minLength = 1,
                      maxLength = AuditQuery.LONGEST_ACTOR))
          @RestQuery
          @Nullable String actor,
      @Parameter(schema = @Schema(implementation = AuditEvent.Kind.class)) @RestQuery
          @Nullable String event,
      @Parameter(
              description = "The earliest time",
              schema = @Schema(type = SchemaType.STRING, format = "date-time"))
          @RestQuery
          @Nullable String from,
      @Parameter(
              description = "The time before which",
              schema = @Schema(type = SchemaType.STRING, format = "date-time"))
          @RestQuery
          @Nullable String to,
      @Parameter(
              description = "The id of an item: those behind it, which are older",
              schema = @Schema(type = SchemaType.STRING))
          @RestQuery
          @Nullable String after,
      @Parameter(
              description = "How many at most; 100 for JSON if it is not set",
              schema = @Schema(type = SchemaType.INTEGER, minimum = "1", maximum = "1000"))
          @RestQuery
          @Nullable String limit,
      @Context Request request) {
    AuditQuery query = AuditParameters.parse(agency, caller, actor, event, from, to, after, limit);
    MediaType type = request.selectVariant(VARIANTS).getMediaType();
    return switch (type.getSubtype()) {
      case "csv" -> export.csv(query);
      case "json" -> Response.ok(page(query), type).header("Cache-Control", "no-store").build();
      default -> export.jsonLines(query, type);
    };
  }

  private Page page(AuditQuery query) {
    int limit = query.limit() == null ? DEFAULT_PAGE : query.limit();
    List<Row> rows = trail.read(query, limit + 1);
    boolean more = rows.size() > limit;
    List<Item> items = rows.stream().limit(limit).map(Item::of).toList();
    return new Page(items, more ? items.getLast().id() : null);
  }
}
