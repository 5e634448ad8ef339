package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code /interface/open_api/authorize_agency.php}: the authorization endpoint (RFC 6749 §3.1,
 * §4.1.1) and its page. The request stays in the page's address from the first look to the decision
 * and is checked at each step. What is wrong is told to the client's redirect address only where
 * client and address are right (§4.1.2.1), else on a page.
 */
final class AuthorizationEndpoint implements Endpoint {

  private static final List<String> REDIRECT_PARAMETERS =
      List.of("redirect_uri", "redirection_uri");

  /** Checked before it is known where an error could be sent. */
  private static final List<String> FIRST = List.of("client_id", "redirect_uri", "redirection_uri");

  private final AuthorizationServer server;
  private final boolean slashBeforeQuery;

  AuthorizationEndpoint(AuthorizationServer server, boolean slashBeforeQuery) {
    this.server = server;
    this.slashBeforeQuery = slashBeforeQuery;
  }

  /** What an authorization request turned out to be. */
  private sealed interface Verdict {
    /**
     * It is right.
     *
     * @param sent the redirect address as it was sent; null: it was not
     */
    record Valid(
        Registration client,
        String redirect,
        @Nullable String sent,
        Set<String> scopes,
        @Nullable String state)
        implements Verdict {}

    /** It is wrong, and the client is told. */
    record Returned(String redirect, @Nullable String state, String error, String description)
        implements Verdict {}

    /** It is wrong, and only the user is told. */
    record Shown(String error, String description) implements Verdict {}
  }

  @Override
  public Call read(Request request) {
    Form form = form(request);
    SimulatedAgency agency = form == null ? null : server.agency(form.value("agency"));
    return new Call(CallKind.AUTHORIZATION, request, form, null, agency, null);
  }

  private static @Nullable Form form(Request request) {
    try {
      return request.isPost() && request.isForm() ? Form.parse(request.body()) : null;
    } catch (IllegalArgumentException e) {
      return null; // refused later
    }
  }

  @Override
  public Decision decide(Call call, Behaviour behaviour) {
    Request request = call.request();
    if (!request.isGet() && !request.isPost()) {
      return Decision.of(Answer.methodNotAllowed("GET, POST"), "method_not_allowed", null);
    }
    return switch (judge(request)) {
      case Verdict.Shown(String error, String description) ->
          Decision.of(errorPage(error, description), error, null);
      case Verdict.Returned wrong ->
          Decision.of(
              callback(wrong.redirect(), error(wrong.error(), wrong.description()), wrong.state()),
              wrong.error(),
              null);
      case Verdict.Valid valid ->
          request.isPost() ? act(call, valid) : Decision.of(page(request, valid), "page", null);
    };
  }

  private Verdict judge(Request request) {
    Form query;
    try {
      query = Form.parse(request.query());
    } catch (IllegalArgumentException e) {
      return new Verdict.Shown("invalid_request", "The address cannot be decoded.");
    }
    for (String name : FIRST) {
      if (query.isRepeated(name)) {
        return new Verdict.Shown("invalid_request", name + " is repeated.");
      }
    }
    Registration client = server.registration(query.value("client_id"));
    if (client == null) {
      return new Verdict.Shown("invalid_client", "client_id is missing or unknown.");
    }
    List<String> sent =
        REDIRECT_PARAMETERS.stream()
            .map(query::value)
            .flatMap(Stream::ofNullable)
            .distinct()
            .toList();
    if (sent.size() > 1) {
      return new Verdict.Shown(
          "invalid_request", "redirect_uri and redirection_uri are not the same.");
    }
    if (sent.isEmpty() && client.redirectAddresses().size() > 1) {
      // §3.1.2.3: of several registered addresses one has to be named.
      return new Verdict.Shown("invalid_request", "redirect_uri is missing.");
    }
    String redirect =
        sent.isEmpty() ? client.redirectAddresses().getFirst().toString() : sent.getFirst();
    if (!client.hasRedirectAddress(redirect)) {
      return new Verdict.Shown("invalid_request", "The redirect address is not registered.");
    }
    return judge(query, client, redirect, sent.isEmpty() ? null : redirect);
  }

  private static Verdict judge(
      Form query, Registration client, String redirect, @Nullable String sent) {
    String state = query.isRepeated("state") ? null : query.value("state");
    if (query.hasRepeated()) {
      return new Verdict.Returned(redirect, state, "invalid_request", "A parameter is repeated.");
    }
    if (state != null && !state.chars().allMatch(c -> c >= 0x20 && c <= 0x7E)) {
      // Appendix A.5: VSCHAR only.
      return new Verdict.Returned(redirect, null, "invalid_request", "state is malformed.");
    }
    String responseType = query.value("response_type");
    if (responseType == null) {
      return new Verdict.Returned(redirect, state, "invalid_request", "response_type is missing.");
    }
    if (!responseType.equals("code")) {
      return new Verdict.Returned(
          redirect, state, "unsupported_response_type", "response_type must be code.");
    }
    String scope = query.value("scope");
    if (scope == null) {
      return new Verdict.Returned(redirect, state, "invalid_scope", "scope is missing.");
    }
    Set<String> scopes;
    try {
      scopes = Scopes.parse(scope);
    } catch (IllegalArgumentException e) {
      return new Verdict.Returned(redirect, state, "invalid_scope", "scope is malformed.");
    }
    if (!client.scopes().containsAll(scopes)) {
      return new Verdict.Returned(
          redirect, state, "invalid_scope", "The application is not registered for this scope.");
    }
    return new Verdict.Valid(client, redirect, sent, scopes, state);
  }

  private Decision act(Call call, Verdict.Valid valid) {
    Request request = call.request();
    Form form = call.form();
    if (request.isCrossSite() || form == null) {
      return Decision.of(
          errorPage("invalid_request", "This form was not sent from this page."),
          "invalid_request",
          null);
    }
    String here = request.path() + "?" + request.query();
    if (form.value("action", "").equals("sign_in")) {
      return Decision.of(
          Answer.redirect(303, here)
              .with("Set-Cookie", Request.signIn(form.value("name", "nobody"))),
          "signed_in",
          null);
    }
    if (request.user() == null) {
      return Decision.of(Answer.redirect(303, here), "not_signed_in", null);
    }
    return switch (form.value("decision", "")) {
      case "allow" -> allow(call, valid);
      case "deny" ->
          Decision.of(
              callback(
                  valid.redirect(),
                  error("access_denied", "The user did not allow it."),
                  valid.state()),
              "access_denied",
              null);
      default ->
          Decision.of(
              errorPage("invalid_request", "Neither allowed nor denied."), "invalid_request", null);
    };
  }

  private Decision allow(Call call, Verdict.Valid valid) {
    SimulatedAgency agency = call.agency();
    if (agency == null) {
      return Decision.of(
          errorPage("invalid_request", "There is no such agency."), "invalid_request", null);
    }
    String code = server.issueCode(valid.client().clientId(), valid.sent(), agency, valid.scopes());
    return Decision.of(
        callback(valid.redirect(), "code=" + encode(code), valid.state()), "allowed", null);
  }

  private Answer page(Request request, Verdict.Valid valid) {
    String here = request.path() + "?" + request.query();
    String user = request.user();
    if (user == null) {
      return Answer.html(200, Html.page("Sign in", Html.signIn(here)));
    }
    String scopes =
        valid.scopes().stream()
            .map(scope -> "<li><code>" + Html.escape(scope) + "</code></li>")
            .collect(Collectors.joining("\n"));
    String content =
        """
        <h1>Allow access?</h1>
        <p>Signed in as %s.</p>
        <p>The application <strong>%s</strong> asks for access to an agency of yours:</p>
        <ul>
        %s
        </ul>
        <form method="post" action="%s">
        %s
        <p>
        <button type="submit" name="decision" value="allow">Allow</button>
        <button type="submit" name="decision" value="deny">Deny</button>
        </p>
        </form>
        <p>You will be sent to <code>%s</code>.</p>
        """
            .formatted(
                Html.escape(user),
                Html.escape(valid.client().clientId()),
                scopes,
                Html.escape(here),
                Html.agencyChoice(server.agencies()),
                Html.escape(valid.redirect()));
    return Answer.html(200, Html.page("Allow access?", content));
  }

  private static Answer errorPage(String error, String description) {
    return Answer.html(
        400,
        Html.page(
            "This request is wrong",
            "<h1>This request is wrong</h1><p><code>%s</code>: %s</p><p>You cannot go on from here.</p>"
                .formatted(Html.escape(error), Html.escape(description))));
  }

  private static String error(String error, String description) {
    return "error=" + encode(error) + "&error_description=" + encode(description);
  }

  /** Sends the browser back to the client (§4.1.2, §4.1.2.1). */
  private Answer callback(String redirect, String parameters, @Nullable String state) {
    URI address = URI.create(redirect);
    StringBuilder location = new StringBuilder(redirect);
    if (address.getRawQuery() == null) {
      if (slashBeforeQuery && !redirect.endsWith("/")) {
        location.append('/');
      }
      location.append('?');
    } else {
      location.append('&');
    }
    location.append(parameters);
    if (state != null) {
      location.append("&state=").append(encode(state));
    }
    return Answer.redirect(303, location.toString());
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  @Override
  public Answer error(Call call, Fault.ErrorAnswer fault, Instant now) {
    if (fault.body() == Fault.Body.OAUTH && judge(call.request()) instanceof Verdict.Valid valid) {
      return callback(
          valid.redirect(),
          error(fault.error(), "The simulator was told to answer this."),
          valid.state());
    }
    return ErrorBodies.answer(fault, now);
  }
}
