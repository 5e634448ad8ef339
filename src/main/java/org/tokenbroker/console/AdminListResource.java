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
import org.tokenbroker.caller.Admins;
import org.tokenbroker.caller.ProviderSignIn;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;

/** All admins with keys of the broker's own. */
@Path("/console/admins")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.VIEWER)
public class AdminListResource {

  private final Admins admins;
  private final ProviderSignIn provider;
  private final DatabaseClock clock;

  AdminListResource(Admins admins, ProviderSignIn provider, DatabaseClock clock) {
    this.admins = admins;
    this.provider = provider;
    this.clock = clock;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance adminList(
        Session session, @Nullable Notice notice, List<AdminView> admins, boolean provider);
  }

  @GET
  @Operation(hidden = true)
  public Response list(@RestQuery @Nullable String notice, @Context RoutingContext request) {
    Session session = Session.of(request);
    Instant now = clock.instant();
    return Page.of(
        Templates.adminList(
            session,
            Notice.of(notice),
            admins.list().stream().map(admin -> AdminView.of(admin, session, now)).toList(),
            provider.isConfigured()));
  }
}
