package org.tokenbroker.simulator;

import java.util.stream.Collectors;

/** {@code /}: says what this is, and has buttons for the control calls used most. */
final class StartPage {

  private final AuthorizationServer server;

  StartPage(AuthorizationServer server) {
    this.server = server;
  }

  Answer answer(Request request) {
    if (!request.isGet()) {
      return Answer.methodNotAllowed("GET");
    }
    return Answer.html(200, Html.page("Active911 simulator", content()));
  }

  private String content() {
    return """
        <h1>Active911 simulator</h1>
        <p>This stands in for Active911 while the token broker is developed, tested or measured.
        It keeps to RFC 6749 and to what Active911 documents. It can also be told to misbehave.</p>
        <table>
        <tr><th>Authorization</th><td><code>%s</code></td></tr>
        <tr><th>Token endpoint</th><td><code>%s</code></td></tr>
        <tr><th>API</th><td><code>%s</code></td></tr>
        <tr><th>Personal grants</th><td><a href="%s">%s</a></td></tr>
        <tr><th>Registered client</th><td><code>%s</code></td></tr>
        <tr><th>Redirect addresses</th><td><code>%s</code></td></tr>
        <tr><th>Agencies</th><td>%d</td></tr>
        <tr><th>What happened</th><td><a href="/control">/control</a></td></tr>
        </table>
        """
        .formatted(
            Front.AUTHORIZE,
            Front.TOKEN,
            Front.API,
            Front.PERSONAL,
            Front.PERSONAL,
            Html.escape(registration().clientId()),
            registration().redirectAddresses().stream()
                .map(address -> Html.escape(address.toString()))
                .collect(Collectors.joining("</code><br><code>")),
            server.agencies().size());
  }

  private Registration registration() {
    return server.registrations().iterator().next();
  }
}
