package org.tokenbroker.console;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import java.util.Optional;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.problem.Slug;

/** Ways in which the console answers. */
final class Page {

  private static final MediaType HTML = MediaType.TEXT_HTML_TYPE.withCharset("UTF-8");

  private Page() {}

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance fromOtherSite(String wanted);
  }

  /** A page. */
  static Response of(TemplateInstance template) {
    return Response.ok(template.render(), HTML).build();
  }

  /** The page with a form that could not be taken, with the status of that problem. */
  static Response of(ProblemType problem, TemplateInstance template) {
    return Response.status(problem.status()).entity(template.render()).type(HTML).build();
  }

  /**
   * After a form: leads to the page of an agency, which then says what became of it (303, RFC 9110
   * §15.4.4), so that a reload does not send the form again.
   */
  static Response agency(String slug, Notice notice) {
    return Response.seeOther(
            UriBuilder.fromPath("/console/agencies/{slug}")
                .queryParam(Notice.PARAMETER, notice.code())
                .build(slug))
        .build();
  }

  /** The status of an agency; a 404 page if there is none of this name. */
  static AgencyStatus status(Agencies agencies, String agency) {
    return slug(agency).flatMap(agencies::status).orElseThrow(() -> unknown(agency));
  }

  /** The name as one to look for; empty if no agency can have it. */
  static Optional<String> slug(String agency) {
    return Optional.of(agency).filter(Slug::matches);
  }

  /** That there is no agency of this name. */
  static ProblemException unknown(String agency) {
    return Problem.of(
            ProblemType.AGENCY_UNKNOWN,
            "There is no agency of this name, or it was deleted. The list has all there are.")
        .about(agency)
        .toException();
  }

  /**
   * After a form, as {@link #agency}, but leads to another page.
   *
   * @param path of the page, with the names of what is filled in, in braces
   */
  static Response after(Notice notice, String path, Object... values) {
    return Response.seeOther(
            UriBuilder.fromPath(path).queryParam(Notice.PARAMETER, notice.code()).build(values))
        .build();
  }

  /** After a form, as {@link #agency}, but leads to the list. */
  static Response list(Notice notice) {
    return Response.seeOther(
            UriBuilder.fromPath(ReturnTarget.HOME)
                .queryParam(Notice.PARAMETER, notice.code())
                .build())
        .build();
  }
}
