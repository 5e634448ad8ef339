package org.tokenbroker.onboarding;

import io.quarkus.qute.CheckedTemplate;
import io.quarkus.qute.TemplateInstance;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestQuery;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.onboarding.CallbackResults.Result;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/** The redirect address that is registered at Active911, and the page behind it. */
@Path("/callback")
@Produces(MediaType.TEXT_HTML)
@RunOnVirtualThread
public class CallbackResource {

  private final AuthorizationFlow flow;
  private final CallbackResults results;
  private final Organisation organisation;

  CallbackResource(AuthorizationFlow flow, CallbackResults results, Organisation organisation) {
    this.flow = flow;
    this.results = results;
    this.organisation = organisation;
  }

  @CheckedTemplate(basePath = "pages")
  static final class Templates {
    private Templates() {}

    static native TemplateInstance callbackResult(
        CallbackPage page, String agencySlug, boolean byOfficer);
  }

  /** The answer to an authorization request (RFC 6749 §4.1.2). */
  @GET
  @Operation(hidden = true)
  public Response callback(
      @RestQuery @Nullable String code,
      @RestQuery @Nullable String state,
      @RestQuery @Nullable String error,
      @Context HttpHeaders headers) {
    AuthorizationFlow.Ended ended =
        flow.end(new AuthorizationFlow.Answer(state, code, error), headers.getCookies())
            .orElseThrow(
                () ->
                    Problem.of(
                            ProblemType.INVALID_REQUEST,
                            "This link belongs to no connection that was begun in this browser in"
                                + " the last ten minutes, or it was used before. Nothing was"
                                + " changed. Go back to where you began and connect again.")
                        .toException());
    return Response.seeOther(URI.create("/callback/result/" + ended.resultId()))
        .cookie(ended.cookie())
        .header("Cache-Control", "no-store")
        .build();
  }

  @GET
  @Path("/result/{id}")
  @Operation(hidden = true)
  public Response result(String id) {
    Result result =
        results
            .find(id)
            .orElseThrow(
                () ->
                    Problem.of(
                            ProblemType.NOT_FOUND,
                            "There is no result at this address, or it is no longer kept.")
                        .toException());
    return Response.ok(
            Templates.callbackResult(
                    CallbackPage.of(result, organisation), result.agencySlug(), result.byOfficer())
                .render(),
            MediaType.TEXT_HTML_TYPE.withCharset("UTF-8"))
        .header("Cache-Control", "no-store")
        .build();
  }
}
