package org.tokenbroker.onboarding;

import jakarta.inject.Singleton;
import jakarta.transaction.Transactional;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.caller.Callers;

/** Takes an agency out of the broker, tokens, grants to callers and all. */
@Singleton
public class Deletion {

  private final Agencies agencies;
  private final Callers callers;

  Deletion(Agencies agencies, Callers callers) {
    this.agencies = agencies;
    this.callers = callers;
  }

  /**
   * Erases the agency and takes it out of every caller's grants, both or neither.
   *
   * @return whether there was such an agency
   */
  @Transactional
  public boolean delete(String agency) {
    if (!agencies.erase(agency)) {
      return false;
    }
    callers.revokeAgency(agency);
    return true;
  }
}
