package org.tokenbroker.active911;

/** What the API's root says about whom an access token is for. */
public sealed interface AgencyReply {

  /**
   * @param id the agency's id, as text whatever its form in the answer
   * @param name the agency's name; foreign text
   */
  record Identified(String id, String name) implements AgencyReply {}

  /** It does not take the access token: 401 (RFC 6750 §3.1), or 403. */
  record Refused() implements AgencyReply {}

  /** It did not say. */
  record Unavailable(Unavailability reason) implements AgencyReply {}
}
