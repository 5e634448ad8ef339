package org.tokenbroker.agency;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The two ways in which an agency consents at Active911; they are refreshed at different places.
 */
public enum GrantKind {
  /** Given to our registered application by the authorization-code flow (RFC 6749 §4.1). */
  @JsonProperty("application")
  APPLICATION,
  /** A refresh token that a user of the agency made in Active911's own console. */
  @JsonProperty("personal")
  PERSONAL
}
