package org.tokenbroker.caller;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** What an admin may do. Each role may do all that the one before it may. */
public enum Role {
  /** Sees states and the audit trail, and changes nothing. */
  @JsonProperty("viewer")
  VIEWER,
  /** Also connects, imports, invites, refreshes and pauses. */
  @JsonProperty("operator")
  OPERATOR,
  /** Everything: also settings, deletion, callers, admins and their keys. */
  @JsonProperty("admin")
  ADMIN;

  /** Whether this role is enough for what needs the other. */
  public boolean includes(Role needed) {
    return compareTo(needed) >= 0;
  }

  /** As it is written outside. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
