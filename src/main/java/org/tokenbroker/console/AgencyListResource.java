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
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencySearch;
import org.tokenbroker.agency.AgencySearch.Found;
import org.tokenbroker.agency.AgencySearch.Group;
import org.tokenbroker.agency.AgencySearch.Position;
import org.tokenbroker.agency.AgencySearch.Search;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;

/** The console's first page: all agencies, and before them those that somebody should look at. */
@Path("/console")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.VIEWER)
public class AgencyListResource {

  private static final int PAGE_SIZE = 50;
  private static final int ATTENTION_LIMIT = 20;

  private final AgencySearch search;
  private final DatabaseClock clock;

  AgencyListResource(AgencySearch search, DatabaseClock clock) {
    this.search = search;
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
   * @param counts how many agencies are how
   * @param urgent those that need attention, where all are listed and on the first page only
   * @param moreUrgent where to find the others that do; null: those are all
   * @param items the agencies by slug, or those that need attention by how pressing that is
   * @param next where the next page is; null on the last one
   * @param news what to tell somebody who does not see the list change
   */
  record AgencyList(
      AgencyFilter filter,
      List<AgencyFilter.Count> counts,
      List<AgencyView> urgent,
      @Nullable String moreUrgent,
      List<AgencyView> items,
      @Nullable String next,
      String news) {

    /** Whether there is any agency at all. */
    public boolean any() {
      return counts.getFirst().number() > 0;
    }
  }

  @GET
  @Operation(hidden = true)
  public Response list(
      @RestQuery @Nullable String state,
      @RestQuery("q") @Nullable String text,
      @RestQuery @Nullable String after,
      @RestQuery @Nullable String notice,
      @Context RoutingContext request) {
    AgencyFilter filter = AgencyFilter.of(state, text, after);
    Instant now = clock.instant();
    Instant soon = now.plus(AgencyView.SOON);
    Found page =
        search.find(new Search(filter.group(), filter.text(), soon), filter.after(), PAGE_SIZE);
    Found urgent =
        filter.first() && !filter.narrows()
            ? search.find(
                new Search(Group.ATTENTION, "", soon), Position.BEGINNING, ATTENTION_LIMIT)
            : new Found(List.of(), null);
    Position next = page.next();
    Map<Group, Long> counts = search.counts(soon);
    return Page.of(
        Templates.agencyList(
            Session.of(request),
            Notice.of(notice),
            new AgencyList(
                filter,
                filter.counts(counts),
                views(urgent, now),
                urgent.next() == null ? null : AgencyFilter.of("attention", null, null).firstPage(),
                views(page, now),
                next == null ? null : filter.pageAfter(next),
                news(counts.getOrDefault(Group.ATTENTION, 0L)))));
  }

  private static String news(long number) {
    return number == 1 ? "1 agency needs attention." : number + " agencies need attention.";
  }

  private static List<AgencyView> views(Found found, Instant now) {
    return found.agencies().stream().map(status -> AgencyView.of(status, now)).toList();
  }
}
