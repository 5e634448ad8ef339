package org.tokenbroker.simulator;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /interface/open_api/api/} with a bearer token (RFC 6750 §2.1): says which agency the
 * token is for.
 */
final class ApiRoot implements Endpoint {

  private static final String SCOPE = "read_agency";
  private static final String BEARER = "bearer ";
  private static final int USUAL_DEVICES = 2;

  private final AuthorizationServer server;

  ApiRoot(AuthorizationServer server) {
    this.server = server;
  }

  private static @Nullable String token(Request request) {
    List<String> values = request.headers().getAll("Authorization");
    if (values.size() != 1) {
      return null;
    }
    String value = values.getFirst();
    return value.toLowerCase(Locale.ROOT).startsWith(BEARER)
        ? value.substring(BEARER.length())
        : null;
  }

  @Override
  public Call read(Request request) {
    String token = token(request);
    Consent consent = token == null ? null : server.consentOf(server.mint().readAccessToken(token));
    return Call.about(CallKind.API, request, null, consent);
  }

  @Override
  public Decision decide(Call call, Behaviour behaviour) {
    if (!call.request().isGet()) {
      return Decision.of(Answer.methodNotAllowed("GET"), "method_not_allowed", call.consent());
    }
    String text = token(call.request());
    if (text == null) {
      return Decision.of(
          failure(401, "No access token.").with("WWW-Authenticate", "Bearer realm=\"Active911\""),
          "no_token",
          null);
    }
    TokenMint.AccessToken token = server.mint().readAccessToken(text);
    Consent consent = server.consentOf(token);
    if (token == null
        || consent == null
        || token.expiresAt() <= server.now().getEpochSecond()
        || !consent.acceptsAccessToken(token.number())) {
      return Decision.of(
          failure(401, "The access token is invalid or has expired.")
              .with("WWW-Authenticate", "Bearer realm=\"Active911\", error=\"invalid_token\""),
          "invalid_token",
          consent);
    }
    Set<String> scopes = Scopes.ofBits(token.scopes());
    if (!scopes.contains(SCOPE)) {
      return Decision.of(
          failure(403, "The access token is not for this.")
              .with(
                  "WWW-Authenticate",
                  "Bearer realm=\"Active911\", error=\"insufficient_scope\", scope=\""
                      + SCOPE
                      + "\""),
          "insufficient_scope",
          consent);
    }
    if (behaviour.has(Fault.ApiError.class)) {
      return Decision.of(failure(200, "The simulator was told to answer this."), "error", consent);
    }
    return Decision.of(
        Answer.json(200, success(named(consent, behaviour), behaviour)), "answered", consent);
  }

  private SimulatedAgency named(Consent consent, Behaviour behaviour) {
    Fault.OtherAgency other = behaviour.fault(Fault.OtherAgency.class);
    if (other == null) {
      return consent.agency();
    }
    SimulatedAgency known = server.agency(other.agencyId());
    return known == null
        ? new SimulatedAgency(other.agencyId(), "Agency " + other.agencyId())
        : known;
  }

  private static Map<String, Object> success(SimulatedAgency agency, Behaviour behaviour) {
    boolean numeric = behaviour.has(Fault.NumericIds.class);
    Fault.Devices wanted = behaviour.fault(Fault.Devices.class);
    int count = wanted == null ? USUAL_DEVICES : wanted.count();
    List<Map<String, Object>> devices = new ArrayList<>(count);
    for (int i = 1; i <= count; i++) {
      Map<String, Object> device = new LinkedHashMap<>();
      device.put("id", id(agency.id() + String.format(Locale.ROOT, "%06d", i), numeric));
      device.put("name", "Device " + i);
      devices.add(device);
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("id", id(agency.id(), numeric));
    body.put("name", agency.name());
    body.put("address", "1 Main Street");
    body.put("devices", devices);
    return Map.of("result", "success", "message", Map.of("agency", body));
  }

  private static Object id(String id, boolean numeric) {
    if (numeric) {
      try {
        return Long.parseLong(id);
      } catch (NumberFormatException e) {
        return id; // this one cannot be a number
      }
    }
    return id;
  }

  private static Answer failure(int status, String message) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("result", "error");
    body.put("message", message);
    return Answer.json(status, body);
  }
}
