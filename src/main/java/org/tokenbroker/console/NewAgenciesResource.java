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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestForm;
import org.jboss.resteasy.reactive.multipart.FileUpload;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencySettings;
import org.tokenbroker.caller.RequiresRole;
import org.tokenbroker.caller.Role;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.onboarding.AdminInput;
import org.tokenbroker.problem.ProblemType;

/**
 * Adds many agencies at once out of a table, pasted or in a file. The first form shows what would
 * become of each line and stores nothing; the form on that page carries the table along, and adds
 * what can be added. Both are sent as {@code multipart/form-data} (RFC 7578): the first for the
 * file, both because the usual form would make the table up to three times as long.
 */
@Path("/console/new-agencies")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
@SignedIn
@RequiresRole(Role.ADMIN)
public class NewAgenciesResource {

  private static final String TABLE = "table";
  private static final String FILE = "file";

  private final Agencies agencies;
  private final AdminInput input;
  private final Scope defaultScope;

  NewAgenciesResource(Agencies agencies, AdminInput input, Active911Config active911) {
    this.agencies = agencies;
    this.input = input;
    this.defaultScope = Scope.parse(active911.scope());
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance newAgencies(
        Session session, String table, @Nullable String fault);

    static native TemplateInstance newAgenciesPreview(Session session, Outcome outcome);
  }

  /**
   * What becomes of a table.
   *
   * @param table the table itself, while nothing is stored yet; empty afterwards
   * @param good how many lines can be added, or were
   */
  record Outcome(String table, List<Row> rows, long good) {
    Outcome {
      rows = List.copyOf(rows);
    }

    /** Whether it is only shown what would become of it. */
    public boolean preview() {
      return !table.isEmpty();
    }

    /** How many lines are left out. */
    public long bad() {
      return rows.size() - good;
    }
  }

  /**
   * What becomes of a line.
   *
   * @param result in words
   */
  record Row(long number, AgencyForm form, boolean good, String result) {

    /** The result as the style sheet names it. */
    public String tone() {
      return good ? "good" : "bad";
    }

    /** What is to be asked for. */
    public String scope() {
      return String.join(" ", form.scope());
    }
  }

  @GET
  @Operation(hidden = true)
  public Response form(@Context RoutingContext request) {
    return Page.of(Templates.newAgencies(Session.of(request), "", null));
  }

  @POST
  @Path("/preview")
  @Consumes({MediaType.MULTIPART_FORM_DATA, MediaType.APPLICATION_FORM_URLENCODED})
  @Operation(hidden = true)
  public Response preview(
      @RestForm(TABLE) @Nullable String table,
      @RestForm(FILE) @Nullable FileUpload file,
      @Context RoutingContext request) {
    String pasted = table == null ? "" : table;
    if (file == null || file.size() == 0) {
      return answer(pasted, false, request);
    }
    if (!pasted.isBlank()) {
      return faulty(
          request,
          pasted,
          "Paste a table or choose a file, not both: it is not clear which counts.");
    }
    return answer(AgencyFile.read(file.uploadedFile()), false, request);
  }

  /** For who comes back to the address of the preview. */
  @GET
  @Path("/preview")
  @Operation(hidden = true)
  public Response formAgain(@Context RoutingContext request) {
    return form(request);
  }

  @POST
  @Consumes({MediaType.MULTIPART_FORM_DATA, MediaType.APPLICATION_FORM_URLENCODED})
  @Operation(hidden = true)
  public Response add(@RestForm(TABLE) @Nullable String table, @Context RoutingContext request) {
    return answer(table == null ? "" : table, true, request);
  }

  private Response answer(String table, boolean add, @Context RoutingContext request) {
    Session session = Session.of(request);
    return switch (AgencyLines.read(table, defaultScope)) {
      case AgencyLines.Faulty(String fault) -> faulty(request, table, fault);
      case AgencyLines.Read(List<AgencyLines.Line> lines) -> {
        List<Row> rows = rows(lines, add);
        yield Page.of(
            Templates.newAgenciesPreview(
                session,
                new Outcome(add ? "" : table, rows, rows.stream().filter(Row::good).count())));
      }
    };
  }

  private static Response faulty(@Context RoutingContext request, String table, String fault) {
    return Page.of(
        ProblemType.INVALID_REQUEST, Templates.newAgencies(Session.of(request), table, fault));
  }

  private List<Row> rows(List<AgencyLines.Line> lines, boolean add) {
    Set<String> taken = agencies.existing(lines.stream().map(line -> line.form().slug()).toList());
    Set<String> seen = new HashSet<>();
    List<Row> rows = new ArrayList<>(lines.size());
    for (AgencyLines.Line line : lines) {
      AgencyForm form = line.form().checkedSlug();
      boolean twice = !seen.add(form.slug());
      if (form.fault("slug") == null && twice) {
        form = form.withFault("slug", "This short name stands in a line above already.");
      } else if (taken.contains(form.slug())) {
        form = form.withFault("slug", "There is an agency with this short name already.");
      }
      rows.add(row(line.number(), form, add));
    }
    return rows;
  }

  private Row row(long number, AgencyForm form, boolean add) {
    return switch (form.check(input)) {
      case AdminInput.Settings.Invalid invalid -> faulty(number, form.withFaults(invalid));
      case AdminInput.Settings.Valid _ when !form.faults().isEmpty() -> faulty(number, form);
      case AdminInput.Settings.Valid(AgencySettings settings) -> {
        if (!add) {
          yield new Row(number, form, true, "Can be added");
        }
        yield agencies.create(form.slug(), settings)
            ? new Row(number, form, true, "Added")
            : faulty(
                number, form.withFault("slug", "There is an agency with this short name already."));
      }
    };
  }

  private static Row faulty(long number, AgencyForm form) {
    return new Row(
        number,
        form,
        false,
        form.faults().entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(fault -> fault.getKey() + ": " + fault.getValue())
            .collect(Collectors.joining(" ")));
  }
}
