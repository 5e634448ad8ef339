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
import jakarta.ws.rs.core.UriBuilder;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.caller.AdminStatus;
import org.tokenbroker.caller.Admins;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/**
 * The page of one admin: role, keys, and its end. Nobody takes away their own last way in here,
 * neither by their role, nor by their last key, nor by deleting themselves.
 */
@Path("/console/admins/{admin}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class AdminResource {

  private final Admins admins;
  private final DatabaseClock clock;
  private final URI publicUrl;

  AdminResource(
      Admins admins,
      DatabaseClock clock,
      @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.admins = admins;
    this.clock = clock;
    this.publicUrl = publicUrl;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance admin(
        Session session,
        @Nullable Notice notice,
        AdminView admin,
        List<RoleChoice> roles,
        List<KeyLife> lives,
        @Nullable NewKeyView made,
        @Nullable String roleFault,
        @Nullable String keyFault);

    static native TemplateInstance revokeAdminKey(Session session, String admin, KeyView key);

    static native TemplateInstance deleteAdmin(
        Session session, String admin, @Nullable String fault);
  }

  @GET
  @RequiresRole(Role.VIEWER)
  @Operation(hidden = true)
  public Response page(
      String admin, @RestQuery @Nullable String notice, @Context RoutingContext request) {
    return Page.of(template(status(admin), Notice.of(notice), null, null, null, request));
  }

  private TemplateInstance template(
      AdminStatus status,
      @Nullable Notice notice,
      @Nullable NewKeyView made,
      @Nullable String roleFault,
      @Nullable String keyFault,
      @Context RoutingContext request) {
    Session session = Session.of(request);
    return Templates.admin(
        session,
        notice,
        AdminView.of(status, session, clock.instant()),
        RoleChoice.all(status.role()),
        List.of(KeyLife.values()),
        made,
        roleFault,
        keyFault);
  }

  @POST
  @Path("/role")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response setRole(
      String admin, @RestForm("role") @Nullable String sent, @Context RoutingContext request) {
    AdminStatus status = changeable(admin);
    Role role = RoleChoice.role(sent).orElse(null);
    if (role == null) {
      return Page.of(
          ProblemType.INVALID_REQUEST,
          template(status, null, null, "Choose what this admin may do.", null, request));
    }
    if (isSelf(admin, request) && role != Role.ADMIN) {
      return Page.of(
          ProblemType.CONFLICT,
          template(
              status,
              null,
              null,
              "You cannot take your own role away. Another admin can do it.",
              null,
              request));
    }
    if (!admins.setRole(admin, role)) {
      throw unknown();
    }
    return seen(admin, Notice.ROLE_CHANGED);
  }

  /** Answers with the page itself, not with a way to it: what it shows is kept nowhere. */
  @POST
  @Path("/keys")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response createKey(
      String admin, @RestForm @Nullable String life, @Context RoutingContext request) {
    AdminStatus status = changeable(admin);
    KeyLife chosen = KeyLife.of(life).orElse(null);
    if (chosen == null) {
      return Page.of(
          ProblemType.INVALID_REQUEST,
          template(status, null, null, null, "Choose how long it is to be valid.", request));
    }
    NewKeyView made =
        admins
            .createKey(admin, chosen.life())
            .map(key -> NewKeyView.of(key, publicUrl, "/agencies", clock.instant()))
            .orElseThrow(AdminResource::unknown);
    return Page.of(template(status(admin), null, made, null, null, request));
  }

  /** Who comes here by Back, or by the address of the page with the key. */
  @GET
  @Path("/keys")
  @RequiresRole(Role.VIEWER)
  @Operation(hidden = true)
  public Response keys(String admin) {
    return part(admin, "keys");
  }

  /** The same for the form that was not taken. */
  @GET
  @Path("/role")
  @RequiresRole(Role.VIEWER)
  @Operation(hidden = true)
  public Response role(String admin) {
    return part(admin, "role");
  }

  private Response part(String admin, String part) {
    return Response.seeOther(
            UriBuilder.fromPath("/console/admins/{admin}")
                .fragment(part)
                .build(status(admin).name()))
        .build();
  }

  @GET
  @Path("/keys/{key}/revoke")
  @Operation(hidden = true)
  public Response revocation(String admin, String key, @Context RoutingContext request) {
    Instant now = clock.instant();
    KeyView view =
        changeable(admin).keys().stream()
            .filter(one -> one.keyId().equals(key))
            .map(one -> KeyView.of(one, now))
            .findFirst()
            .orElseThrow(CallerResource::unknownKey);
    return Page.of(Templates.revokeAdminKey(Session.of(request), admin, view));
  }

  @POST
  @Path("/keys/{key}/revoke")
  @Operation(hidden = true)
  public Response revoke(String admin, String key, @Context RoutingContext request) {
    AdminStatus status = changeable(admin);
    Instant now = clock.instant();
    boolean anotherIsValid =
        status.keys().stream()
            .anyMatch(one -> !one.keyId().equals(key) && KeyView.isValid(one, now));
    if (isSelf(admin, request) && !anotherIsValid) {
      return seen(admin, Notice.OWN_LAST_KEY);
    }
    if (!admins.revokeKey(admin, key)) {
      throw CallerResource.unknownKey();
    }
    return seen(admin, Notice.KEY_REVOKED);
  }

  @GET
  @Path("/delete")
  @Operation(hidden = true)
  public Response deletion(String admin, @Context RoutingContext request) {
    changeable(admin);
    return Page.of(Templates.deleteAdmin(Session.of(request), admin, null));
  }

  @POST
  @Path("/delete")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response delete(
      String admin, @RestForm("name") @Nullable String typed, @Context RoutingContext request) {
    changeable(admin);
    if (typed == null || !typed.strip().equals(admin)) {
      return Page.of(
          ProblemType.INVALID_REQUEST,
          Templates.deleteAdmin(
              Session.of(request),
              admin,
              "This is not the name of this admin. Nothing was deleted."));
    }
    if (isSelf(admin, request)) {
      return Page.of(
          ProblemType.CONFLICT,
          Templates.deleteAdmin(
              Session.of(request),
              admin,
              "This is you. Another admin can delete you; nothing was deleted."));
    }
    if (!admins.remove(admin)) {
      throw unknown();
    }
    return Page.after(Notice.ADMIN_DELETED, "/console/admins");
  }

  private static boolean isSelf(String admin, RoutingContext request) {
    return Session.of(request).admin().name().equals(admin);
  }

  private AdminStatus status(String admin) {
    if (!Slug.matches(admin)) {
      throw unknown();
    }
    return admins.status(admin).orElseThrow(AdminResource::unknown);
  }

  /** The same of one who can be changed here. */
  private AdminStatus changeable(String admin) {
    if (admin.equals(Admin.BOOTSTRAP.name())) {
      throw Problem.of(
              ProblemType.CONFLICT,
              "This admin is the configuration's: its key and its role stand there.")
          .toException();
    }
    return status(admin);
  }

  /** After a form: leads to the admin's page, which then says what became of it. */
  static Response seen(String admin, Notice notice) {
    return Page.after(notice, "/console/admins/{admin}", admin);
  }

  private static ProblemException unknown() {
    return Problem.of(
            ProblemType.NOT_FOUND,
            "There is no admin of this name, or it was deleted. The list has all there are.")
        .toException();
  }
}
