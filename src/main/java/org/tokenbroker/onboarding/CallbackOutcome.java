package org.tokenbroker.onboarding;

/** How an authorization flow ended. */
enum CallbackOutcome {
  /** The agency is connected. */
  CONNECTED,
  /** The consent is for another Active911 agency, and kept as a candidate. */
  OTHER_AGENCY,
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
  AGENCY_DELETED
}
