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
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.Slug;

/** The console's first page: all agencies, and before them those that somebody should look at. */
@Path("/console")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.VIEWER)
public class AgencyListResource {

  private static final int PAGE_SIZE = 50;
  private static final int ATTENTION_LIMIT = 20;

  private final Agencies agencies;
  private final DatabaseClock clock;

  AgencyListResource(Agencies agencies, DatabaseClock clock) {
    this.agencies = agencies;
    this.clock = clock;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance agencyList(
        Session session, @Nullable Notice notice, AgencyList list);
  }

  /**
   * A page of the list.
   *
   * @param urgent those that need attention, on the first page only
   * @param moreUrgent whether more than those do
   * @param items the agencies by slug
   * @param next the slug after which the next page begins; null on the last one
   * @param first whether this is the first page
   */
  record AgencyList(
      List<AgencyView> urgent,
      boolean moreUrgent,
      List<AgencyView> items,
      @Nullable String next,
      boolean first) {}

  @GET
  @Operation(hidden = true)
  public Response list(
      @RestQuery @Nullable String after,
      @RestQuery @Nullable String notice,
      @Context RoutingContext request) {
    String from = after != null && Slug.matches(after) ? after : "";
    boolean first = from.isEmpty();
    Instant now = clock.instant();
    Agencies.Page page = agencies.list(null, from, PAGE_SIZE);
    List<AgencyStatus> urgent =
        first
            ? agencies.needingAttention(now.plus(AgencyView.SOON), ATTENTION_LIMIT + 1)
            : List.of();
    return Page.of(
        Templates.agencyList(
            Session.of(request),
            Notice.of(notice),
            new AgencyList(
                urgent.stream()
                    .limit(ATTENTION_LIMIT)
                    .map(status -> AgencyView.of(status, now))
                    .toList(),
                urgent.size() > ATTENTION_LIMIT,
                page.items().stream().map(status -> AgencyView.of(status, now)).toList(),
                page.next(),
                first)));
  }
}
