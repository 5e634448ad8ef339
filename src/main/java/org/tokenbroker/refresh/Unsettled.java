package org.tokenbroker.refresh;

/** What Active911 has answered and the database has still to take. It may hold a live token. */
sealed interface Unsettled permits Answer, WonConsent {

  /** Whose it is. */
  long agencyId();

  /** The agency's name. */
  String slug();
}
