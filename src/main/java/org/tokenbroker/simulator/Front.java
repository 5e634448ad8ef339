package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpServerRequest;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Reads requests and leads each to what answers at its address. */
final class Front {

  static final String AUTHORIZE = "/interface/open_api/authorize_agency.php";
  static final String TOKEN = "/interface/open_api/token.php";
  static final String API = "/interface/open_api/api/";
  static final String PERSONAL = "/interface/dev/api_access.php";

  private static final Logger LOG = System.getLogger(Front.class.getName());
  private static final int BODY_LIMIT = 1 << 20;
  private static final String TEXT = "text/plain;charset=UTF-8";

  private final Vertx vertx;
  private final AuthorizationServer server;
  private final FaultRules rules;
  private final Traffic traffic;
  private final AuthorizationEndpoint authorization;
  private final TokenEndpoint token;
  private final PersonalTokenEndpoint personalToken;
  private final ApiRoot api;
  private final PersonalPage personalPage;
  private final StartPage startPage;
  private final Control control;

  /** How many random delays each agency had; empty: calls that belong to none. */
  private final Map<String, AtomicLong> delays = new ConcurrentHashMap<>();

  Front(
      Vertx vertx,
      AuthorizationServer server,
      FaultRules rules,
      Traffic traffic,
      boolean slashBeforeQuery,
      StartPage startPage,
      Control control) {
    this.vertx = vertx;
    this.server = server;
    this.rules = rules;
    this.traffic = traffic;
    Issuance issuance = new Issuance(server);
    this.authorization = new AuthorizationEndpoint(server, slashBeforeQuery);
    this.token = new TokenEndpoint(server, issuance);
    this.personalToken = new PersonalTokenEndpoint(server, issuance);
    this.api = new ApiRoot(server);
    this.personalPage = new PersonalPage(server);
    this.startPage = startPage;
    this.control = control;
  }

  /** Takes a request whose body is still to come. */
  void accept(HttpServerRequest http) {
    Buffer body = Buffer.buffer();
    http.exceptionHandler(e -> LOG.log(Level.DEBUG, "a request broke off", e));
    http.handler(
        chunk -> {
          if (body.length() <= BODY_LIMIT) {
            body.appendBuffer(chunk);
          }
        });
    http.endHandler(
        _ -> {
          try {
            if (body.length() > BODY_LIMIT) {
              Wire.send(http, Answer.of(413, TEXT, Buffer.buffer("too large\n")));
            } else {
              route(http, request(http, body.toString(UTF_8)));
            }
          } catch (RuntimeException e) {
            failed(http, e);
          }
        });
  }

  private static Request request(HttpServerRequest http, String body) {
    Cookie cookie = http.getCookie(Request.COOKIE);
    return new Request(
        http.method().name(),
        http.path() == null ? "" : http.path(),
        http.query(),
        http.headers(),
        body,
        cookie == null ? null : cookie.getValue());
  }

  private void route(HttpServerRequest http, Request request) {
    switch (request.path()) {
      case TOKEN -> converse(http, request, token);
      case API, "/interface/open_api/api" -> converse(http, request, api);
      case AUTHORIZE -> converse(http, request, authorization);
      case PERSONAL -> {
        if (PersonalPage.isFor(request)) {
          Wire.send(http, personalPage.answer(request));
        } else {
          converse(http, request, personalToken);
        }
      }
      case "/" -> Wire.send(http, startPage.answer(request));
      default -> {
        if (request.path().startsWith(Control.PREFIX)) {
          control(http, request);
        } else {
          Wire.send(http, Answer.of(404, TEXT, Buffer.buffer("not found\n")));
        }
      }
    }
  }

  /** Off the event loop: with thousands of agencies some of these calls take their time. */
  private void control(HttpServerRequest http, Request request) {
    vertx
        .executeBlocking(() -> control.answer(request), false)
        .onSuccess(reply -> Wire.send(http, reply.answer(), reply.afterwards()))
        .onFailure(e -> failed(http, e));
  }

  private static void failed(HttpServerRequest http, Throwable failure) {
    LOG.log(Level.ERROR, "a request failed in a way that is a bug", failure);
    if (!http.response().headWritten()) {
      Wire.send(http, Answer.of(500, TEXT, Buffer.buffer("the simulator failed\n")));
    }
  }

  private void converse(HttpServerRequest http, Request request, Endpoint endpoint) {
    Endpoint.Call call = endpoint.read(request);
    SimulatedAgency agency = call.agency();
    Behaviour behaviour = rules.behaviour(call.kind(), agency == null ? null : agency.id());
    new Conversation(vertx, http, endpoint, call, behaviour, server, traffic)
        .begin(latency -> delay(latency, agency));
  }

  /** Draws from the seed: the n-th delay of an agency is the same in every run. */
  private Duration delay(Fault.Latency latency, @Nullable SimulatedAgency agency) {
    long spread = latency.most().toMillis() - latency.least().toMillis();
    if (spread == 0) {
      return latency.least();
    }
    String owner = agency == null ? "" : agency.id();
    long number = delays.computeIfAbsent(owner, _ -> new AtomicLong()).incrementAndGet();
    long share = (long) (server.mint().fraction(owner, number) * (spread + 1));
    return latency.least().plusMillis(share);
  }
}
