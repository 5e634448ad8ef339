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
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.caller.Callers;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;

/** All callers; there are few. */
@Path("/console/callers")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.VIEWER)
public class CallerListResource {

  private final Callers callers;
  private final DatabaseClock clock;

  CallerListResource(Callers callers, DatabaseClock clock) {
    this.callers = callers;
    this.clock = clock;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance callerList(
        Session session, @Nullable Notice notice, List<CallerView> callers);
  }

  @GET
  @Operation(hidden = true)
  public Response list(@RestQuery @Nullable String notice, @Context RoutingContext request) {
    Instant now = clock.instant();
    return Page.of(
        Templates.callerList(
            Session.of(request),
            Notice.of(notice),
            callers.list().stream().map(caller -> CallerView.of(caller, now)).toList()));
  }
}
