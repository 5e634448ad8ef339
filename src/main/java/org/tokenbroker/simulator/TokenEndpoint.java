package org.tokenbroker.simulator;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code /interface/open_api/token.php}: the token endpoint (RFC 6749 §3.2). Takes codes (§4.1.3)
 * and refresh tokens (§6). Client credentials come in the body (§2.3.1), as Active911 documents it.
 */
final class TokenEndpoint implements Endpoint {

  private static final int MISTAKE = 400;

  private final AuthorizationServer server;
  private final Issuance issuance;

  TokenEndpoint(AuthorizationServer server, Issuance issuance) {
    this.server = server;
    this.issuance = issuance;
  }

  /** A request that is refused (RFC 6749 §5.2). */
  private static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String error;
    private final String description;

    Refusal(String error, String description) {
      this(MISTAKE, error, description);
    }

    Refusal(int status, String error, String description) {
      super(error, null, false, false);
      this.status = status;
      this.error = error;
      this.description = description;
    }

    Answer answer() {
      return Answer.oauthError(status, error, description);
    }
  }

  @Override
  public Call read(Request request) {
    Form form = null;
    if (request.isForm()) {
      try {
        form = Form.parse(request.body());
      } catch (IllegalArgumentException e) {
        // Decided later, like every other mistake.
      }
    }
    if (form == null) {
      return Call.about(CallKind.OTHER_TOKEN_REQUEST, request, null, null);
    }
    return switch (form.value("grant_type", "")) {
      case "authorization_code" -> {
        AuthorizationCode code = server.code(form.value("code"));
        yield new Call(
            CallKind.EXCHANGE, request, form, null, code == null ? null : code.agency(), null);
      }
      case "refresh_token" -> Call.presenting(CallKind.REFRESH, request, form, server);
      default -> Call.about(CallKind.OTHER_TOKEN_REQUEST, request, form, null);
    };
  }

  @Override
  public Decision decide(Call call, Behaviour behaviour) {
    if (!call.request().isPost()) {
      // §3.2: the client must use POST.
      return Decision.of(
          Answer.oauthError(405, "invalid_request", "The token endpoint takes POST only.")
              .with("Allow", "POST"),
          "method_not_allowed",
          null);
    }
    try {
      Form form = form(call);
      Registration client = client(call.request(), form);
      String grantType = form.value("grant_type");
      if (grantType == null) {
        throw new Refusal("invalid_request", "grant_type is missing.");
      }
      return switch (grantType) {
        case "authorization_code" -> exchange(form, client, behaviour);
        case "refresh_token" -> refresh(call, form, client, behaviour);
        default -> throw new Refusal("unsupported_grant_type", "This grant type is not supported.");
      };
    } catch (Refusal refusal) {
      Answer answer = refusal.answer();
      if (refusal.status == 401) {
        answer = answer.with("WWW-Authenticate", "Basic realm=\"Active911\"");
      }
      return Decision.of(answer, refusal.error, call.consent());
    }
  }

  private static Form form(Call call) throws Refusal {
    if (!call.request().isForm()) {
      throw new Refusal(
          "invalid_request", "The body must be application/x-www-form-urlencoded in UTF-8.");
    }
    Form form = call.form();
    if (form == null) {
      throw new Refusal("invalid_request", "The body cannot be decoded.");
    }
    if (call.request().query() != null && !call.request().query().isEmpty()) {
      // §2.3.1: credentials must not be in the request URI; nothing else belongs there either.
      throw new Refusal("invalid_request", "Parameters belong into the body.");
    }
    if (form.hasRepeated()) {
      throw new Refusal("invalid_request", "A parameter is repeated.");
    }
    return form;
  }

  private Registration client(Request request, Form form) throws Refusal {
    String id = form.value("client_id");
    String secret = form.value("client_secret");
    if (request.header("Authorization") != null) {
      if (secret != null) {
        throw new Refusal("invalid_request", "Two ways of client authentication at once.");
      }
      throw new Refusal(401, "invalid_client", "Client credentials belong into the body.");
    }
    if (id == null || secret == null) {
      throw new Refusal("invalid_client", "client_id or client_secret is missing.");
    }
    Registration client = server.registration(id);
    if (client == null || !server.isSecretOf(client, secret)) {
      throw new Refusal("invalid_client", "The client credentials are invalid.");
    }
    return client;
  }

  private Decision exchange(Form form, Registration client, Behaviour behaviour) throws Refusal {
    String text = form.value("code");
    if (text == null) {
      throw new Refusal("invalid_request", "code is missing.");
    }
    AuthorizationCode code = server.code(text);
    if (code == null || !code.clientId().equals(client.clientId())) {
      throw new Refusal("invalid_grant", "The authorization code is invalid.");
    }
    String redirect = form.value("redirect_uri");
    if (redirect == null && code.redirectAddress() != null) {
      throw new Refusal("invalid_request", "redirect_uri is missing.");
    }
    Set<String> asked = scope(form.value("scope"));
    if (asked != null && !code.scopes().containsAll(asked)) {
      throw new Refusal("invalid_scope", "More than was authorized.");
    }
    // As one step, so that a replay at the same moment sees what the first one won.
    synchronized (code) {
      return exchange(code, redirect, client, behaviour);
    }
  }

  private Decision exchange(
      AuthorizationCode code, @Nullable String redirect, Registration client, Behaviour behaviour)
      throws Refusal {
    if (!code.use()) {
      // §4.1.2: a code that comes twice may have been stolen; what it won is revoked.
      Consent won = code.won();
      if (won != null) {
        server.revoke(won);
      }
      return Decision.of(
          Answer.oauthError(400, "invalid_grant", "The authorization code was used before."),
          "replayed_code",
          won);
    }
    if (!server.now().isBefore(code.expiresAt())) {
      throw new Refusal("invalid_grant", "The authorization code has expired.");
    }
    if (redirect != null && !isRedirectOf(redirect, code, client)) {
      throw new Refusal("invalid_grant", "redirect_uri is not that of the authorization request.");
    }
    Set<String> scopes = Issuance.granted(code.scopes(), behaviour);
    Consent consent =
        server.consent(code.agency(), GrantKind.APPLICATION, client.clientId(), scopes);
    code.won(consent);
    String refreshToken = server.issueRefreshToken(consent, Issuance.length(behaviour));
    Answer answer = issuance.application(consent, refreshToken, scopes, behaviour);
    server.changed();
    return new Decision(answer, "issued", null, 1, consent, null);
  }

  /** §4.1.3: identical to the one in the authorization request, if that had one. */
  private static boolean isRedirectOf(
      String redirect, AuthorizationCode code, Registration client) {
    return code.redirectAddress() == null
        ? client.hasRedirectAddress(redirect)
        : redirect.equals(code.redirectAddress());
  }

  private Decision refresh(Call call, Form form, Registration client, Behaviour behaviour)
      throws Refusal {
    String text = form.value("refresh_token");
    if (text == null) {
      throw new Refusal("invalid_request", "refresh_token is missing.");
    }
    Consent consent = call.consent();
    if (consent != null && !consent.clientId().equals(client.clientId())) {
      throw new Refusal("invalid_grant", "The refresh token was issued to another client.");
    }
    Set<String> scopes = scope(form.value("scope"));
    if (consent != null && scopes != null && !consent.scopes().containsAll(scopes)) {
      throw new Refusal("invalid_scope", "More than was granted.");
    }
    return issuance.refresh(call, text, scopes, behaviour);
  }

  private static @Nullable Set<String> scope(@Nullable String text) throws Refusal {
    if (text == null) {
      return null;
    }
    try {
      return Scopes.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Refusal("invalid_scope", "scope is malformed.");
    }
  }
}
