package org.tokenbroker.simulator;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One of the addresses that a client's program calls, as opposed to a page for people. */
interface Endpoint {

  /**
   * A request, read as far as needed to tell whose it is.
   *
   * @param form its parameters; null: it holds none that could be read
   * @param consent the consent it is about; null: none, or not yet
   * @param agency the agency it is about; null: none
   * @param presented generation of the refresh token in it; null: none
   */
  record Call(
      CallKind kind,
      Request request,
      @Nullable Form form,
      @Nullable Consent consent,
      @Nullable SimulatedAgency agency,
      @Nullable Integer presented) {

    /** A call about a consent or, so far, about none. */
    static Call about(
        CallKind kind, Request request, @Nullable Form form, @Nullable Consent consent) {
      return new Call(
          kind, request, form, consent, consent == null ? null : consent.agency(), null);
    }

    /** A call that presents a refresh token; whose it is depends on the token alone. */
    static Call presenting(CallKind kind, Request request, Form form, AuthorizationServer server) {
      String text = form.value("refresh_token");
      TokenMint.RefreshToken token = text == null ? null : server.mint().readRefreshToken(text);
      Consent consent = server.consentOf(token);
      return new Call(
          kind,
          request,
          form,
          consent,
          consent == null ? null : consent.agency(),
          token == null || consent == null ? null : token.generation());
    }
  }

  /**
   * What is to be answered.
   *
   * @param outcome a word for it
   * @param presented generation of the refresh token that was presented; null: none
   * @param issued generation of the refresh token in the answer; null: none
   * @param consent the consent it is about; null: none
   * @param dead what the refresh token that was presented had died of; null: it had not
   */
  record Decision(
      Answer answer,
      String outcome,
      @Nullable Integer presented,
      @Nullable Integer issued,
      @Nullable Consent consent,
      DeadToken.@Nullable Cause dead) {

    static Decision of(Answer answer, String outcome, @Nullable Consent consent) {
      return new Decision(answer, outcome, null, null, consent, null);
    }
  }

  /** Tells whose a request is. Changes nothing. */
  Call read(Request request);

  /** Decides the answer and does what it entails: issues tokens, uses up codes. */
  Decision decide(Call call, Behaviour behaviour);

  /** An error answer in the way of this endpoint. */
  default Answer error(Call call, Fault.ErrorAnswer fault, Instant now) {
    return ErrorBodies.answer(fault, now);
  }
}
