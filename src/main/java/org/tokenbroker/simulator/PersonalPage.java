package org.tokenbroker.simulator;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * {@code /interface/dev/api_access.php} in a browser: a signed-in user ticks scopes, chooses an
 * agency and is shown a refresh token to copy.
 */
final class PersonalPage {

  private final AuthorizationServer server;

  PersonalPage(AuthorizationServer server) {
    this.server = server;
  }

  /** Whether a request is for this page; others at its address are for the token endpoint. */
  static boolean isFor(Request request) {
    if (!request.isPost()) {
      return true;
    }
    try {
      return request.isForm() && Form.parse(request.body()).has("action");
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  Answer answer(Request request) {
    if (request.isGet()) {
      return Answer.html(200, request.user() == null ? signInPage(request) : form(request));
    }
    if (!request.isPost()) {
      return Answer.methodNotAllowed("GET, POST");
    }
    if (request.isCrossSite()) {
      return wrong("This form was not sent from this page.");
    }
    Form form = Form.parse(request.body());
    return switch (form.value("action", "")) {
      case "sign_in" ->
          Answer.redirect(303, request.path())
              .with("Set-Cookie", Request.signIn(form.value("name", "nobody")));
      case "create" -> request.user() == null ? Answer.redirect(303, request.path()) : create(form);
      default -> wrong("There is no such action.");
    };
  }

  private static String signInPage(Request request) {
    return Html.page("Sign in", Html.signIn(request.path()));
  }

  private String form(Request request) {
    String scopes =
        SimulatorOptions.ALL_SCOPES.stream()
            .map(
                scope ->
                    "<label><input type=\"checkbox\" name=\"scope\" value=\"%s\"%s> <code>%s</code></label>"
                        .formatted(scope, scope.equals("read_agency") ? " checked" : "", scope))
            .collect(Collectors.joining("\n"));
    return Html.page(
        "API access",
        """
        <h1>API access</h1>
        <p>Signed in as %s.</p>
        <form method="post" action="%s">
        <input type="hidden" name="action" value="create">
        %s
        <fieldset><legend>What the token is for</legend>
        %s
        </fieldset>
        <p><button type="submit">Create a refresh token</button></p>
        </form>
        """
            .formatted(
                Html.escape(String.valueOf(request.user())),
                Html.escape(request.path()),
                Html.agencyChoice(server.agencies()),
                scopes));
  }

  private Answer create(Form form) {
    SimulatedAgency agency = server.agency(form.value("agency"));
    Set<String> scopes = new LinkedHashSet<>(form.values("scope"));
    if (agency == null) {
      return wrong("There is no such agency.");
    }
    if (scopes.isEmpty() || !SimulatorOptions.ALL_SCOPES.containsAll(scopes)) {
      return wrong("Tick one scope or more.");
    }
    Grant grant = server.grant(agency, GrantKind.PERSONAL, scopes);
    return Answer.html(
        200,
        Html.page(
            "Your refresh token",
            """
            <h1>Your refresh token</h1>
            <p>For %s, with <code>%s</code>. It is shown this once.</p>
            <p><label>Refresh token
            <input class="token" id="refresh_token" readonly value="%s"></label></p>
            """
                .formatted(
                    Html.escape(agency.name()),
                    Html.escape(Scopes.text(grant.scopes())),
                    Html.escape(grant.refreshToken()))));
  }

  private static Answer wrong(String text) {
    return Answer.html(
        400,
        Html.page(
            "That did not work", "<h1>That did not work</h1><p>" + Html.escape(text) + "</p>"));
  }
}
