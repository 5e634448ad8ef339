package org.tokenbroker.agency;

/** Why a consent was kept aside instead of becoming the agency's grant. */
public enum CandidateReason {
  /** Active911 has not said yet which agency it is for; it is asked again until it does. */
  IDENTITY_UNKNOWN,
  /** It is for another Active911 agency than expected, or than the one connected before. */
  OTHER_AGENCY,
  /** The agency was connected anew after this one was won, which came late. */
  SUPERSEDED
}
