package org.tokenbroker.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.caller.Admins;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/** The form that adds an admin; beside their addresses, as an admin may have any name. */
@Path("/console/new-admin")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class NewAdminResource {

  private final Admins admins;

  NewAdminResource(Admins admins) {
    this.admins = admins;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance newAdmin(
        Session session, String name, List<RoleChoice> roles, Map<String, String> faults);
  }

  @GET
  @Operation(hidden = true)
  public Response form(@Context RoutingContext request) {
    return Page.of(template("", Role.VIEWER, Map.of(), request));
  }

  @POST
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response add(
      @RestForm("name") @Nullable String sentName,
      @RestForm("role") @Nullable String sentRole,
      @Context RoutingContext request) {
    String name = sentName == null ? "" : sentName.strip();
    Role role = RoleChoice.role(sentRole).orElse(null);
    Map<String, String> faults = new HashMap<>();
    if (!Slug.matches(name)) {
      faults.put("name", AgencyForm.SLUG_FAULT);
    }
    if (role == null) {
      faults.put("role", "Choose what this admin may do.");
    }
    if (role == null || !faults.isEmpty()) {
      return Page.of(ProblemType.INVALID_REQUEST, template(name, role, faults, request));
    }
    if (name.equals(Admin.BOOTSTRAP.name()) || !admins.create(name, role)) {
      return Page.of(
          ProblemType.CONFLICT,
          template(name, role, Map.of("name", "There is an admin of this name already."), request));
    }
    return AdminResource.seen(name, Notice.ADMIN_ADDED);
  }

  private static TemplateInstance template(
      String name,
      @Nullable Role role,
      Map<String, String> faults,
      @Context RoutingContext request) {
    return Templates.newAdmin(Session.of(request), name, RoleChoice.all(role), faults);
  }
}
