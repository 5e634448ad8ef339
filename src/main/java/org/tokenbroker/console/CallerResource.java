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
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditQuery;
import org.tokenbroker.audit.AuditTrail;
import org.tokenbroker.caller.CallerStatus;
import org.tokenbroker.caller.Callers;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/** The page of one caller, its keys, and its end. */
@Path("/console/callers/{caller}")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class CallerResource {

  private final Callers callers;
  private final Agencies agencies;
  private final AuditTrail trail;
  private final DatabaseClock clock;
  private final URI publicUrl;

  CallerResource(
      Callers callers,
      Agencies agencies,
      AuditTrail trail,
      DatabaseClock clock,
      @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this.callers = callers;
    this.agencies = agencies;
    this.trail = trail;
    this.clock = clock;
    this.publicUrl = publicUrl;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance caller(
        Session session,
        @Nullable Notice notice,
        CallerView caller,
        Map<String, Boolean> agencies,
        @Nullable LastRead lastRead,
        List<KeyLife> lives,
        @Nullable NewKeyView made,
        @Nullable String keyFault);

    static native TemplateInstance revokeCallerKey(Session session, String caller, KeyView key);

    static native TemplateInstance deleteCaller(
        Session session, String caller, @Nullable String fault);
  }

  /**
   * The last token that was handed to it.
   *
   * @param agency whose; null: not known any more
   */
  record LastRead(@Nullable String agency, Moment at) {}

  @GET
  @RequiresRole(Role.VIEWER)
  @Operation(hidden = true)
  public Response page(
      String caller, @RestQuery @Nullable String notice, @Context RoutingContext request) {
    return Page.of(template(status(callers, caller), Notice.of(notice), null, null, request));
  }

  private TemplateInstance template(
      CallerStatus status,
      @Nullable Notice notice,
      @Nullable NewKeyView made,
      @Nullable String keyFault,
      @Context RoutingContext request) {
    Instant now = clock.instant();
    CallerView view = CallerView.of(status, now);
    Set<String> existing = agencies.existing(view.agencies());
    Map<String, Boolean> granted = new TreeMap<>();
    view.agencies().forEach(agency -> granted.put(agency, existing.contains(agency)));
    return Templates.caller(
        Session.of(request),
        notice,
        view,
        granted,
        lastRead(status.caller(), now),
        List.of(KeyLife.values()),
        made,
        keyFault);
  }

  private @Nullable LastRead lastRead(String caller, Instant now) {
    return trail
        .read(
            new AuditQuery(null, caller, null, AuditEvent.Kind.HANDOUT, null, null, null, null), 1)
        .stream()
        .map(row -> new LastRead(row.agency(), Moment.at(row.position().time(), now)))
        .findFirst()
        .orElse(null);
  }

  /** Answers with the page itself, not with a way to it: what it shows is kept nowhere. */
  @POST
  @Path("/keys")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response createKey(
      String caller, @RestForm @Nullable String life, @Context RoutingContext request) {
    CallerStatus status = status(callers, caller);
    KeyLife chosen = KeyLife.of(life).orElse(null);
    if (chosen == null) {
      return Page.of(
          ProblemType.INVALID_REQUEST,
          template(status, null, null, "Choose how long it is to be valid.", request));
    }
    NewKeyView made =
        callers
            .createKey(caller, chosen.life())
            .map(key -> NewKeyView.of(key, publicUrl, example(status), clock.instant()))
            .orElseThrow(CallerResource::unknown);
    return Page.of(template(status(callers, caller), null, made, null, request));
  }

  /** Who comes here by Back, or by the address of the page with the key. */
  @GET
  @Path("/keys")
  @RequiresRole(Role.VIEWER)
  @Operation(hidden = true)
  public Response keys(String caller) {
    return Response.seeOther(
            UriBuilder.fromPath("/console/callers/{caller}")
                .fragment("keys")
                .build(status(callers, caller).caller()))
        .build();
  }

  /** An address that the caller may read. */
  private static String example(CallerStatus caller) {
    String first = caller.agencies().stream().findFirst().orElse(Callers.ALL);
    return "/tokens/" + (first.equals(Callers.ALL) ? "<agency>" : first);
  }

  @GET
  @Path("/keys/{key}/revoke")
  @Operation(hidden = true)
  public Response revocation(String caller, String key, @Context RoutingContext request) {
    Instant now = clock.instant();
    KeyView view =
        status(callers, caller).keys().stream()
            .filter(one -> one.keyId().equals(key))
            .map(one -> KeyView.of(one, now))
            .findFirst()
            .orElseThrow(CallerResource::unknownKey);
    return Page.of(Templates.revokeCallerKey(Session.of(request), caller, view));
  }

  @POST
  @Path("/keys/{key}/revoke")
  @Operation(hidden = true)
  public Response revoke(String caller, String key) {
    status(callers, caller);
    if (!callers.revokeKey(caller, key)) {
      throw unknownKey();
    }
    return seen(caller, Notice.KEY_REVOKED);
  }

  @GET
  @Path("/delete")
  @Operation(hidden = true)
  public Response deletion(String caller, @Context RoutingContext request) {
    status(callers, caller);
    return Page.of(Templates.deleteCaller(Session.of(request), caller, null));
  }

  @POST
  @Path("/delete")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response delete(
      String caller, @RestForm("name") @Nullable String typed, @Context RoutingContext request) {
    status(callers, caller);
    if (typed == null || !typed.strip().equals(caller)) {
      return Page.of(
          ProblemType.INVALID_REQUEST,
          Templates.deleteCaller(
              Session.of(request),
              caller,
              "This is not the name of this caller. Nothing was deleted."));
    }
    if (!callers.remove(caller)) {
      throw unknown();
    }
    return Page.after(Notice.CALLER_DELETED, "/console/callers");
  }

  /** After a form: leads to the caller's page, which then says what became of it. */
  static Response seen(String caller, Notice notice) {
    return Page.after(notice, "/console/callers/{caller}", caller);
  }

  /** The status of a caller; a 404 page if there is none of this name. */
  static CallerStatus status(Callers callers, String caller) {
    if (!Slug.matches(caller)) {
      throw unknown();
    }
    return callers.status(caller).orElseThrow(CallerResource::unknown);
  }

  static ProblemException unknown() {
    return Problem.of(
            ProblemType.NOT_FOUND,
            "There is no caller of this name, or it was deleted. The list has all there are.")
        .toException();
  }

  static ProblemException unknownKey() {
    return Problem.of(ProblemType.NOT_FOUND, "There is no such key, or it was revoked already.")
        .toException();
  }
}
