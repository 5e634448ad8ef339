package org.tokenbroker.onboarding;

/** How an authorization flow ended. */
enum CallbackOutcome {
  /** The agency is connected. */
  CONNECTED,
  /** The consent is for another Active911 agency, and kept as a candidate. */
  OTHER_AGENCY,
  /**
   * An officer gave the consent, and nobody knows yet which Active911 agency is the right one; it
   * is kept as a candidate.
   */
  TO_BE_CONFIRMED,
  /** Active911 has not said which agency the consent is for; it is kept as a candidate. */
  IDENTITY_UNKNOWN,
  /** The person at Active911 said no. */
  DENIED,
  /** Active911 came back with another error. */
  NOT_AUTHORIZED,
  /** Active911 refused the code. */
  CODE_REFUSED,
  /** Active911 refused our client id or secret. */
  CLIENT_REFUSED,
  /** Active911 did not answer the exchange in a way that means anything. */
  NO_ANSWER,
  /** Active911 issued an access token that cannot be renewed. */
  NO_REFRESH_TOKEN,
  /** The agency was deleted meanwhile. */
  AGENCY_DELETED,
  /** The officer's invitation was taken back meanwhile. */
  INVITATION_REVOKED;

  /**
   * Whether an officer has done what he was invited to do. A consent for another agency than the
   * one that is known does not count: he can still give the right one.
   */
  boolean usesInvitationUp() {
    return switch (this) {
      case CONNECTED, TO_BE_CONFIRMED, IDENTITY_UNKNOWN -> true;
      case OTHER_AGENCY,
          DENIED,
          NOT_AUTHORIZED,
          CODE_REFUSED,
          CLIENT_REFUSED,
          NO_ANSWER,
          NO_REFRESH_TOKEN,
          AGENCY_DELETED,
          INVITATION_REVOKED ->
          false;
    };
  }
}
