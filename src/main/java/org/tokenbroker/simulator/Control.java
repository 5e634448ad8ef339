package org.tokenbroker.simulator;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code /control/…}: what the simulator is told to do, and what it saw, as JSON. {@code
 * docs/simulator.md} describes each call.
 */
final class Control {

  static final String PREFIX = "/control";

  private final AuthorizationServer server;
  private final FaultRules rules;
  private final Traffic traffic;
  private final Listener listener;

  Control(AuthorizationServer server, FaultRules rules, Traffic traffic, Listener listener) {
    this.server = server;
    this.rules = rules;
    this.traffic = traffic;
    this.listener = listener;
  }

  /** An answer, and what is to be done once it is out. */
  record Reply(Answer answer, Runnable afterwards) {

    static Reply of(Answer answer) {
      return new Reply(answer, () -> {});
    }

    static Reply of(int status, Object json) {
      return of(Answer.json(status, json));
    }
  }

  Reply answer(Request request) {
    if (request.isCrossSite()) {
      return failure(403, "this request comes from a page of another site");
    }
    Reply reply;
    try {
      reply =
          switch (request.method()) {
            case "GET" -> get(request);
            case "POST" -> post(request.path(), Parameters.of(request));
            case "DELETE" -> delete(request.path(), Parameters.of(request));
            default -> Reply.of(Answer.methodNotAllowed("GET, POST, DELETE"));
          };
    } catch (IllegalArgumentException | ArithmeticException e) {
      return failure(400, String.valueOf(e.getMessage()));
    }
    String accept = request.header("Accept");
    if (request.isPost() && accept != null && accept.contains("text/html")) {
      return new Reply(Answer.redirect(303, "/"), reply.afterwards());
    }
    return reply;
  }

  private static Reply failure(int status, String message) {
    return Reply.of(status, Map.of("error", message));
  }

  private static Reply notFound() {
    return failure(404, "there is nothing here");
  }

  private static Reply done() {
    return Reply.of(200, Map.of("done", true));
  }

  private static Map<String, Object> items(List<?> items) {
    return Map.of("items", items);
  }

  private Reply get(Request request) {
    String grants = PREFIX + "/grants/";
    if (request.path().startsWith(grants)) {
      Consent consent = server.consentOf(request.path().substring(grants.length()));
      return consent == null ? notFound() : Reply.of(200, story(consent));
    }
    return switch (request.path()) {
      case PREFIX, PREFIX + "/" -> Reply.of(200, everything());
      case PREFIX + "/faults" -> Reply.of(200, items(faults()));
      case PREFIX + "/calls" -> Reply.of(200, items(calls()));
      case PREFIX + "/dead-tokens" -> Reply.of(200, items(deadTokens()));
      case PREFIX + "/overlaps" -> Reply.of(200, items(overlaps()));
      case PREFIX + "/rate" -> Reply.of(200, items(rate()));
      case PREFIX + "/agencies" -> Reply.of(200, items(server.agencies()));
      case PREFIX + "/grants" -> grants(Parameters.of(request));
      default -> notFound();
    };
  }

  private Reply post(String path, Parameters parameters) {
    return switch (path) {
      case PREFIX + "/faults" -> {
        FaultRule rule = FaultWords.read(parameters);
        if (rule.agencyId() != null) {
          agency(rule.agencyId());
        }
        rules.add(rule);
        yield Reply.of(201, FaultWords.write(rule));
      }
      case PREFIX + "/faults/clear" -> clear(parameters);
      case PREFIX + "/calls/clear" -> forget(parameters);
      case PREFIX + "/grants" -> grant(parameters);
      case PREFIX + "/revoke" -> {
        for (SimulatedAgency agency : agencies(parameters)) {
          server.revoke(agency.id());
        }
        yield done();
      }
      case PREFIX + "/invalidate" -> {
        for (SimulatedAgency agency : agencies(parameters)) {
          server.invalidateAccessTokens(agency.id());
        }
        yield done();
      }
      case PREFIX + "/client-secret" -> {
        String secret = parameters.required("client_secret");
        String clientId =
            parameters.text("client_id", server.registrations().iterator().next().clientId());
        parameters.end();
        server.changeSecret(clientId, secret);
        yield done();
      }
      case PREFIX + "/refuse" -> {
        long seconds = parameters.number("seconds", 10);
        parameters.end();
        if (seconds < 1 || seconds > 86_400) {
          throw new IllegalArgumentException("seconds are from 1 to 86400");
        }
        yield new Reply(
            Answer.json(200, Map.of("refusing_for", seconds)),
            () -> listener.close(Duration.ofSeconds(seconds)));
      }
      default -> notFound();
    };
  }

  private Reply delete(String path, Parameters parameters) {
    return switch (path) {
      case PREFIX + "/faults" -> clear(parameters);
      case PREFIX + "/calls" -> forget(parameters);
      default -> notFound();
    };
  }

  private Reply clear(Parameters parameters) {
    String agencyId = parameters.text("agency");
    parameters.end();
    if (agencyId == null) {
      rules.clear();
    } else {
      rules.clear(agencyId);
    }
    return done();
  }

  private Reply forget(Parameters parameters) {
    parameters.end();
    traffic.forget();
    server.consents().forEach(Consent::forgetTimeline);
    return done();
  }

  private SimulatedAgency agency(String id) {
    SimulatedAgency agency = server.agency(id);
    if (agency == null) {
      throw new IllegalArgumentException("there is no agency " + id);
    }
    return agency;
  }

  /** The agencies that a call is for: one by its id, or all by {@code *}. */
  private List<SimulatedAgency> agencies(Parameters parameters) {
    String id = parameters.required("agency");
    parameters.end();
    return id.equals("*") ? server.agencies() : List.of(agency(id));
  }

  private Reply grant(Parameters parameters) {
    String scope = parameters.text("scope");
    Set<String> scopes = scope == null ? SimulatorOptions.ALL_SCOPES : Scopes.parse(scope);
    if (!SimulatorOptions.ALL_SCOPES.containsAll(scopes)) {
      throw new IllegalArgumentException("not one of Active911's scopes among " + scope);
    }
    GrantKind kind = parameters.word("kind", GrantKind.class, GrantKind.APPLICATION);
    List<Map<String, Object>> granted = new ArrayList<>();
    for (SimulatedAgency agency : agencies(parameters)) {
      granted.add(written(server.grant(agency, kind, scopes)));
    }
    return Reply.of(201, items(granted));
  }

  private static Map<String, Object> written(Grant grant) {
    Map<String, Object> words = new LinkedHashMap<>();
    words.put("id", grant.id());
    words.put("agency", grant.agencyId());
    words.put("kind", grant.kind().name().toLowerCase(Locale.ROOT));
    words.put("scope", Scopes.text(grant.scopes()));
    words.put("access_token", grant.accessToken());
    words.put("access_token_expires_at", grant.accessTokenExpiresAt().toString());
    words.put("refresh_token", grant.refreshToken());
    return words;
  }

  private Reply grants(Parameters parameters) {
    String agencyId = parameters.text("agency");
    parameters.end();
    List<Consent> consents =
        agencyId == null ? server.consents() : server.consents(agency(agencyId).id());
    return Reply.of(200, items(consents.stream().map(Control::written).toList()));
  }

  private static Map<String, Object> written(Consent consent) {
    Map<String, Object> words = new LinkedHashMap<>();
    words.put("id", consent.id());
    words.put("agency", consent.agency().id());
    words.put("kind", consent.kind().name().toLowerCase(Locale.ROOT));
    words.put("scope", Scopes.text(consent.scopes()));
    words.put("revoked", consent.isRevoked());
    words.put(
        "live_generations",
        consent.liveTokens().stream().map(Consent.LiveToken::generation).toList());
    return words;
  }

  /** A consent and its timeline. */
  private static Map<String, Object> story(Consent consent) {
    Map<String, Object> words = written(consent);
    words.put(
        "timeline",
        list(
            consent.timeline(),
            event -> {
              Map<String, Object> item = new LinkedHashMap<>();
              item.put("at", event.at().toString());
              item.put("event", event.event());
              item.put("outcome", event.outcome());
              put(item, "presented_generation", event.presented());
              put(item, "issued_generation", event.issued());
              put(item, "under_way", event.underWay());
              put(item, "delay_millis", event.delay() == null ? null : event.delay().toMillis());
              return item;
            }));
    return words;
  }

  private static void put(Map<String, Object> item, String name, @Nullable Object value) {
    if (value != null) {
      item.put(name, value);
    }
  }

  private static <T> List<Map<String, Object>> list(
      Collection<T> elements, Function<T, Map<String, Object>> word) {
    return elements.stream().map(word).toList();
  }

  private Map<String, Object> everything() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("seed", server.seed());
    all.put("agencies", server.agencies().size());
    all.put("faults", faults());
    all.put("calls", calls());
    all.put("dead_token_total", traffic.deadTokenTotal());
    all.put("dead_tokens", deadTokens());
    all.put("overlap_total", traffic.overlapTotal());
    all.put("overlaps", overlaps());
    all.put("rate", rate());
    return all;
  }

  private List<Map<String, Object>> faults() {
    return list(rules.inForce(), FaultWords::write);
  }

  private List<Map<String, Object>> calls() {
    return list(
        traffic.counts(),
        count -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("kind", count.key().kind().word());
          item.put("agency", count.key().agencyId());
          item.put("outcome", count.key().outcome());
          item.put("calls", count.calls());
          return item;
        });
  }

  private List<Map<String, Object>> deadTokens() {
    return list(
        traffic.deadTokens(),
        token -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("at", token.at().toString());
          item.put("kind", token.kind().word());
          item.put("grant", token.grantId());
          item.put("agency", token.agencyId());
          item.put("generation", token.generation());
          item.put("cause", token.cause().name().toLowerCase(Locale.ROOT));
          return item;
        });
  }

  private List<Map<String, Object>> overlaps() {
    return list(
        traffic.overlaps(),
        overlap -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("at", overlap.at().toString());
          item.put("grant", overlap.grantId());
          item.put("agency", overlap.agencyId());
          item.put("under_way", overlap.underWay());
          return item;
        });
  }

  private List<Map<String, Object>> rate() {
    return list(
        traffic.seconds(),
        second -> {
          Map<String, Object> item = new LinkedHashMap<>();
          item.put("second", second.second().toString());
          item.put("calls", second.calls());
          return item;
        });
  }
}
