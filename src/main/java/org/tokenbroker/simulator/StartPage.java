package org.tokenbroker.simulator;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** {@code /}: says what this is and what it saw, and has buttons for the control calls. */
final class StartPage {

  /**
   * A button that injects a fault.
   *
   * @param label what stands on it
   * @param query the fault in the words of the control API
   */
  private record Button(String label, String query) {}

  /** Buttons that stand together. */
  private record Group(String title, List<Button> buttons) {}

  private static final List<Group> GROUPS =
      List.of(
          new Group(
              "Rotation",
              List.of(
                  new Button("None", "fault=rotation&mode=none"),
                  new Button("Same", "fault=rotation&mode=same"),
                  new Button("New", "fault=rotation&mode=new"),
                  new Button("New with grace", "fault=rotation&mode=new_with_grace"),
                  new Button("New, but left out", "fault=no_refresh_token"))),
          new Group(
              "Answers",
              List.of(
                  new Button("Lives 60 s", "fault=lifetime&seconds=60"),
                  new Button("expires_in as text", "fault=expires_in&as=text"),
                  new Button("No expires_in", "fault=expires_in&as=missing"),
                  new Button("expiration as text", "fault=expiration&as=text"),
                  new Button("expiration in ms", "fault=expiration&as=milliseconds"),
                  new Button("Only read_agency", "fault=scope&scope=read_agency"),
                  new Button("Tokens of 4 KB", "fault=token_length&characters=4096"))),
          new Group(
              "Errors",
              List.of(
                  new Button("invalid_grant", "fault=invalid_grant"),
                  new Button("invalid_client", "fault=invalid_client"),
                  new Button("invalid_scope", "fault=invalid_scope"),
                  new Button("invalid_request", "fault=invalid_request"),
                  new Button("429", "fault=rate_limited&retry_after=20"),
                  new Button("500", "fault=server_error&as=html"),
                  new Button("200 with an error", "fault=invalid_grant&status=200"),
                  new Button("HTML", "fault=server_error&status=200&as=html"),
                  new Button("Empty", "fault=server_error&status=200&as=empty"),
                  new Button("No UTF-8", "fault=invalid_grant&as=invalid_utf8"),
                  new Button("10 MB", "fault=invalid_grant&as=huge"),
                  new Button("Redirect", "fault=redirect"))),
          new Group(
              "Connection",
              List.of(
                  new Button("5 s late", "fault=latency&millis=5000"),
                  new Button("Up to 2 s late", "fault=latency&millis=0&to=2000"),
                  new Button("Reset before", "fault=reset"),
                  new Button("Reset after", "fault=reset&moment=after"),
                  new Button("Cut short", "fault=cut"),
                  new Button("Dripping", "fault=drip"),
                  new Button("Silence before", "fault=silence"),
                  new Button("Silence after", "fault=silence&moment=after"))),
          new Group(
              "API",
              List.of(
                  new Button("Error", "fault=api_error"),
                  new Button("Silence", "fault=silence&on=api"),
                  new Button("5 s late", "fault=latency&millis=5000&on=api"),
                  new Button("Ids as numbers", "fault=numeric_ids"),
                  new Button("Another agency", "fault=other_agency&other=999"),
                  new Button("5,000 devices", "fault=devices&count=5000"))));

  private static final String ACTIONS =
      """
      <h2>Other things that happen</h2>
      <form class="row" method="post" action="/control/revoke">
      <label>Agency <input name="agency" required></label>
      <button type="submit">Revoke its consents</button>
      <button type="submit" formaction="/control/invalidate">Invalidate its access tokens</button>
      </form>
      <form class="row" method="post" action="/control/client-secret">
      <label>New client secret <input name="client_secret" required></label>
      <button type="submit">Change</button>
      </form>
      <form class="row" method="post" action="/control/refuse">
      <label>Seconds <input name="seconds" value="10" required inputmode="numeric"></label>
      <button type="submit">Refuse connections</button>
      </form>
      <form class="row" method="post" action="/control/calls/clear">
      <button type="submit">Forget what it saw</button>
      </form>
      """;

  private final AuthorizationServer server;
  private final FaultRules rules;
  private final Traffic traffic;

  StartPage(AuthorizationServer server, FaultRules rules, Traffic traffic) {
    this.server = server;
    this.rules = rules;
    this.traffic = traffic;
  }

  Answer answer(Request request) {
    if (!request.isGet()) {
      return Answer.methodNotAllowed("GET");
    }
    return Answer.html(
        200,
        Html.page("Active911 simulator", introduction() + seen() + inForce() + faults() + ACTIONS));
  }

  private String introduction() {
    Registration registration = server.registrations().iterator().next();
    return """
        <h1>Active911 simulator</h1>
        <p>This stands in for Active911 while the token broker is developed, tested or measured.
        It keeps to RFC 6749 and to what Active911 documents. It can also be told to misbehave.</p>
        <table>
        <tr><th>Authorization</th><td><code>%s</code></td></tr>
        <tr><th>Token endpoint</th><td><code>%s</code></td></tr>
        <tr><th>API</th><td><code>%s</code></td></tr>
        <tr><th>Personal grants</th><td><a href="%s"><code>%s</code></a></td></tr>
        <tr><th>Registered client</th><td><code>%s</code></td></tr>
        <tr><th>Redirect addresses</th><td><code>%s</code></td></tr>
        <tr><th>Agencies</th><td>%d</td></tr>
        </table>
        """
        .formatted(
            Front.AUTHORIZE,
            Front.TOKEN,
            Front.API,
            Front.PERSONAL,
            Front.PERSONAL,
            Html.escape(registration.clientId()),
            registration.redirectAddresses().stream()
                .map(address -> Html.escape(address.toString()))
                .collect(Collectors.joining("</code><br><code>")),
            server.agencies().size());
  }

  /** What was called, over all agencies. */
  private String seen() {
    Map<String, Long> totals = new TreeMap<>();
    for (Traffic.Count count : traffic.counts()) {
      totals.merge(
          "<td>" + count.key().kind().word() + "</td><td>" + Html.escape(count.key().outcome()),
          count.calls(),
          Long::sum);
    }
    StringBuilder rows = new StringBuilder();
    totals.forEach(
        (cells, calls) ->
            rows.append("<tr>" + cells + "</td><td>").append(calls).append("</td></tr>\n"));
    return """
        <h2>What it saw</h2>
        <table>
        <tr><th>Call</th><th>Outcome</th><th>Number</th></tr>
        %s</table>
        <p>Dead refresh tokens presented: %d. Overlapping refreshes: %d.
        All of it: <a href="/control">/control</a>; the story of each consent:
        <a href="/control/grants">/control/grants</a>.</p>
        """
        .formatted(rows, traffic.deadTokenTotal(), traffic.overlapTotal());
  }

  private String inForce() {
    String items =
        rules.inForce().stream()
            .map(
                rule ->
                    "<li><code>"
                        + Html.escape(Answer.toJson(FaultWords.write(rule)).toString())
                        + "</code></li>")
            .collect(Collectors.joining("\n"));
    return "<h2>Faults in force</h2>\n"
        + (items.isEmpty() ? "<p>None.</p>" : "<ul>" + items + "</ul>")
        + """

        <form method="post" action="/control/faults/clear">
        <button type="submit">Clear all</button>
        </form>
        """;
  }

  /** One form for all: each button adds its fault to the form's address. */
  private static String faults() {
    StringBuilder html =
        new StringBuilder(
            """
            <h2>Let it misbehave</h2>
            <form method="post" action="/control/faults">
            <label>For the agency <input name="agency" placeholder="all"></label>
            <label>For the next calls <input name="times" placeholder="until cleared"
             inputmode="numeric" pattern="[0-9]*"></label>
            """);
    for (Group group : GROUPS) {
      html.append("<fieldset><legend>").append(Html.escape(group.title())).append("</legend>\n");
      for (Button button : group.buttons()) {
        html.append(
            "<button type=\"submit\" formaction=\"/control/faults?%s\">%s</button>\n"
                .formatted(Html.escape(button.query()), Html.escape(button.label())));
      }
      html.append("</fieldset>\n");
    }
    return html.append("</form>\n").toString();
  }
}
