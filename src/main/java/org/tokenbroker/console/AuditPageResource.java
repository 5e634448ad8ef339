package org.tokenbroker.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditTrail;
import org.tokenbroker.audit.AuditTrail.Row;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.review.AuditExport;

/** The audit trail, newest first, and as a file: what the REST interface needs a key for. */
@Path(AuditFilter.ADDRESS)
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.VIEWER)
public class AuditPageResource {

  private static final int PAGE_SIZE = 50;

  private final AuditTrail trail;
  private final AuditExport export;
  private final DatabaseClock clock;

  AuditPageResource(AuditTrail trail, AuditExport export, DatabaseClock clock) {
    this.trail = trail;
    this.export = export;
    this.clock = clock;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance auditTrail(
        Session session,
        AuditFilter filter,
        List<Choice> events,
        List<Entry> entries,
        @Nullable String next);
  }

  /** An event to choose, in words. */
  record Choice(String code, String words) {}

  /**
   * What happened once, in words.
   *
   * @param ofActor where to find all that the same actor did
   * @param details what else is known; empty if nothing is
   */
  record Entry(
      Moment at,
      String event,
      String actor,
      String ofActor,
      @Nullable String agency,
      @Nullable String caller,
      String details,
      @Nullable String requestId) {

    static Entry of(Row row, Instant now) {
      String name = row.actorName();
      return new Entry(
          Moment.at(row.position().time(), now),
          AuditWords.of(row.event()),
          AuditWords.actor(row.actorKind(), name == null ? "" : name),
          AuditFilter.ofActor(name == null ? row.actorKind() : name),
          row.agency(),
          row.caller(),
          AuditWords.details(row.detailsByName()),
          row.requestId());
    }
  }

  @GET
  @Operation(hidden = true)
  public Response page(
      @RestQuery @Nullable String agency,
      @RestQuery @Nullable String caller,
      @RestQuery @Nullable String actor,
      @RestQuery @Nullable String event,
      @RestQuery @Nullable String from,
      @RestQuery @Nullable String to,
      @RestQuery @Nullable String after,
      @Context RoutingContext request) {
    AuditFilter filter = AuditFilter.of(agency, caller, actor, event, from, to, after);
    if (!filter.faults().isEmpty()) {
      return Page.of(
          ProblemType.INVALID_REQUEST,
          Templates.auditTrail(Session.of(request), filter, events(), List.of(), null));
    }
    Instant now = clock.instant();
    List<Row> rows = trail.read(filter.query(), PAGE_SIZE + 1);
    boolean more = rows.size() > PAGE_SIZE;
    List<Row> shown = more ? rows.subList(0, PAGE_SIZE) : rows;
    return Page.of(
        Templates.auditTrail(
            Session.of(request),
            filter,
            events(),
            shown.stream().map(row -> Entry.of(row, now)).toList(),
            more ? filter.behind(shown.getLast().position()) : null));
  }

  @GET
  @Path("/export")
  @Produces(MediaType.WILDCARD)
  @Operation(hidden = true)
  public Response export(
      @RestQuery @Nullable String agency,
      @RestQuery @Nullable String caller,
      @RestQuery @Nullable String actor,
      @RestQuery @Nullable String event,
      @RestQuery @Nullable String from,
      @RestQuery @Nullable String to,
      @RestQuery @Nullable String format) {
    AuditFilter filter = AuditFilter.of(agency, caller, actor, event, from, to, null);
    if (!filter.faults().isEmpty()) {
      throw Problem.of(
              ProblemType.INVALID_REQUEST,
              "What to export is not said rightly. Choose it on the page of the audit trail.")
          .toException();
    }
    return "jsonl".equals(format) ? export.jsonLines(filter.query()) : export.csv(filter.query());
  }

  private static List<Choice> events() {
    return Arrays.stream(AuditEvent.Kind.values())
        .map(kind -> new Choice(kind.toString(), AuditWords.of(kind)))
        .sorted(Comparator.comparing(Choice::words))
        .toList();
  }
}
