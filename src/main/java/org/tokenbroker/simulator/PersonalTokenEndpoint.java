package org.tokenbroker.simulator;

import java.util.List;

/**
 * {@code POST /interface/dev/api_access.php} with {@code refresh_token} and nothing else: the
 * access token of a personal grant. Whoever sends client credentials here gives them away, so that
 * is refused.
 */
final class PersonalTokenEndpoint implements Endpoint {

  private static final List<String> FOREIGN = List.of("client_id", "client_secret", "grant_type");

  private final AuthorizationServer server;
  private final Issuance issuance;

  PersonalTokenEndpoint(AuthorizationServer server, Issuance issuance) {
    this.server = server;
    this.issuance = issuance;
  }

  @Override
  public Call read(Request request) {
    if (request.isForm()) {
      try {
        return Call.presenting(
            CallKind.PERSONAL_REFRESH, request, Form.parse(request.body()), server);
      } catch (IllegalArgumentException e) {
        // Decided later, like every other mistake.
      }
    }
    return Call.about(CallKind.PERSONAL_REFRESH, request, null, null);
  }

  @Override
  public Decision decide(Call call, Behaviour behaviour) {
    Form form = call.form();
    if (form == null) {
      return invalid(call, "The body must be application/x-www-form-urlencoded in UTF-8.");
    }
    if (call.request().query() != null || form.hasRepeated()) {
      return invalid(call, "A parameter is repeated or not in the body.");
    }
    if (FOREIGN.stream().anyMatch(form::has) || call.request().header("Authorization") != null) {
      return invalid(call, "Client credentials do not belong here.");
    }
    String token = form.value("refresh_token");
    if (token == null) {
      return invalid(call, "refresh_token is missing.");
    }
    Consent consent = call.consent();
    if (consent != null && consent.kind() != GrantKind.PERSONAL) {
      return Decision.of(
          Answer.oauthError(400, "invalid_grant", "The refresh token is not a personal one."),
          "invalid_grant",
          consent);
    }
    return issuance.refresh(call, token, null, behaviour);
  }

  private static Decision invalid(Call call, String description) {
    return Decision.of(
        Answer.oauthError(400, "invalid_request", description), "invalid_request", call.consent());
  }
}
