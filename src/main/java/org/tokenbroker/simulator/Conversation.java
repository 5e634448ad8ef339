package org.tokenbroker.simulator;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call of an endpoint from its arrival to its answer, with the faults that show in it. Runs on
 * the event loop of its connection alone.
 */
final class Conversation {

  private final Vertx vertx;
  private final HttpServerRequest http;
  private final Endpoint endpoint;
  private final Endpoint.Call call;
  private final Behaviour behaviour;
  private final AuthorizationServer server;
  private final Traffic traffic;

  /** The consent that is being refreshed; null: none, or its answer is no longer under way. */
  private @Nullable Consent refreshing;

  private @Nullable Integer underWay;
  private @Nullable Duration delay;
  private boolean recorded;

  /** Whether it was noted that the refresh token in the call is dead. */
  private boolean deadTokenNoted;

  Conversation(
      Vertx vertx,
      HttpServerRequest http,
      Endpoint endpoint,
      Endpoint.Call call,
      Behaviour behaviour,
      AuthorizationServer server,
      Traffic traffic) {
    this.vertx = vertx;
    this.http = http;
    this.endpoint = endpoint;
    this.call = call;
    this.behaviour = behaviour;
    this.server = server;
    this.traffic = traffic;
  }

  /**
   * Begins.
   *
   * @param drawDelay makes a delay of the limits of a latency
   */
  void begin(Function<Fault.Latency, Duration> drawDelay) {
    beginRefresh();
    traffic.began();
    Fault.Latency latency = behaviour.fault(Fault.Latency.class);
    if (latency == null) {
      deliver(decide());
      return;
    }
    Duration drawn = drawDelay.apply(latency);
    delay = drawn;
    switch (latency.moment()) {
      case BEFORE -> after(drawn, () -> deliver(decide()));
      case AFTER -> {
        Answer answer = decide();
        after(drawn, () -> deliver(answer));
      }
    }
  }

  private void after(Duration time, Runnable action) {
    if (time.toMillis() < 1) {
      action.run();
    } else {
      vertx.setTimer(time.toMillis(), _ -> action.run());
    }
  }

  private void beginRefresh() {
    Consent consent = call.consent();
    if (consent == null
        || (call.kind() != CallKind.REFRESH && call.kind() != CallKind.PERSONAL_REFRESH)) {
      return;
    }
    if (call.presented() != null) {
      noteDeadToken(
          consent, call.presented(), consent.causeOfDeath(call.presented(), server.now()));
    }
    refreshing = consent;
    int count = consent.beginRefresh();
    underWay = count;
    if (count > 1) {
      traffic.overlapped(
          new OverlappingRefresh(server.now(), consent.id(), consent.agency().id(), count));
    }
    http.response()
        .closeHandler(
            _ -> {
              // A client that has gone does not stop the decision, only the answer.
              if (recorded) {
                endRefresh();
              }
            });
  }

  /** Also where a fault hides the token from the decision, or it dies before that. */
  private void noteDeadToken(Consent consent, int generation, DeadToken.@Nullable Cause cause) {
    if (cause != null && !deadTokenNoted) {
      deadTokenNoted = true;
      traffic.presentedDead(
          new DeadToken(
              server.now(), call.kind(), consent.id(), consent.agency().id(), generation, cause));
    }
  }

  /** From here on the next refresh does not overlap this one. Before the last byte goes out. */
  private void endRefresh() {
    if (refreshing != null) {
      refreshing.endRefresh();
      refreshing = null;
    }
  }

  /** The answer; null: there will be none. */
  private @Nullable Answer decide() {
    if (isAt(behaviour.fault(Fault.Reset.class), Fault.Moment.BEFORE)) {
      record("reset", call.presented(), null, call.consent());
      return null;
    }
    if (isAt(behaviour.fault(Fault.Silence.class), Fault.Moment.BEFORE)) {
      record("silence", call.presented(), null, call.consent());
      return null;
    }
    Fault.ErrorAnswer error = behaviour.fault(Fault.ErrorAnswer.class);
    if (error != null && error.moment() == Fault.Moment.BEFORE) {
      record("forced_" + error.error(), call.presented(), null, call.consent());
      return endpoint.error(call, error, server.now());
    }
    Fault.Redirect redirect = behaviour.fault(Fault.Redirect.class);
    if (redirect != null) {
      record("forced_redirect", call.presented(), null, call.consent());
      return Answer.redirect(redirect.status(), redirect.location().toString());
    }
    Endpoint.Decision decision = endpoint.decide(call, behaviour);
    if (decision.consent() != null && decision.presented() != null) {
      noteDeadToken(decision.consent(), decision.presented(), decision.dead());
    }
    String outcome = decision.outcome() + afterwards(error);
    record(outcome, decision.presented(), decision.issued(), decision.consent());
    return error == null ? decision.answer() : endpoint.error(call, error, server.now());
  }

  /** What the client sees instead of the answer that was decided. */
  private String afterwards(Fault.@Nullable ErrorAnswer error) {
    if (behaviour.has(Fault.Reset.class)) {
      return "_then_reset";
    }
    if (behaviour.has(Fault.Silence.class)) {
      return "_then_silence";
    }
    if (behaviour.has(Fault.CutBody.class)) {
      return "_then_cut";
    }
    return error == null ? "" : "_then_" + error.error();
  }

  private static boolean isAt(@Nullable Fault fault, Fault.Moment moment) {
    return switch (fault) {
      case Fault.Reset reset -> reset.moment() == moment;
      case Fault.Silence silence -> silence.moment() == moment;
      case null, default -> false;
    };
  }

  private void record(
      String outcome,
      @Nullable Integer presented,
      @Nullable Integer issued,
      @Nullable Consent consent) {
    traffic.ended(call.kind(), agencyOf(consent), outcome);
    if (consent != null) {
      consent.note(
          new GrantEvent(
              server.now(), call.kind().word(), outcome, presented, issued, underWay, delay));
    }
    recorded = true;
  }

  private @Nullable SimulatedAgency agencyOf(@Nullable Consent consent) {
    return call.agency() != null || consent == null ? call.agency() : consent.agency();
  }

  private void deliver(@Nullable Answer answer) {
    if (behaviour.has(Fault.Reset.class)) {
      endRefresh();
      Wire.reset(http);
      return;
    }
    if (answer == null || behaviour.has(Fault.Silence.class)) {
      if (http.response().closed()) {
        endRefresh();
      }
      return;
    }
    Fault.CutBody cut = behaviour.fault(Fault.CutBody.class);
    if (cut != null && answer.body().length() > 0) {
      int length = answer.body().length();
      endRefresh();
      Wire.sendCut(
          http, answer, Math.min(cut.bytes() == null ? length / 2 : cut.bytes(), length - 1));
      return;
    }
    Fault.Drip drip = behaviour.fault(Fault.Drip.class);
    if (drip != null) {
      Wire.sendDripping(vertx, http, answer, drip.interval(), this::endRefresh);
      return;
    }
    endRefresh();
    Wire.send(http, answer);
  }
}
