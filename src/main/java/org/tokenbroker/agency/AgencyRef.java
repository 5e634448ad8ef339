package org.tokenbroker.agency;

import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.Scope;

/**
 * What connecting an agency needs to know of it.
 *
 * @param id the row's id, never given to another agency
 * @param expectedActive911Id the Active911 agency that an admin expects, if set
 * @param connectedActive911Id the one that its grant is for, if it has one
 */
public record AgencyRef(
    long id,
    String slug,
    String name,
    Scope scope,
    @Nullable String expectedActive911Id,
    @Nullable String connectedActive911Id) {

  static AgencyRef of(Agency agency, @Nullable Grant grant) {
    return new AgencyRef(
        agency.id(),
        agency.slug,
        agency.name,
        Scope.parse(agency.scopeRequested),
        agency.expectedActive911Id,
        grant == null ? null : grant.active911Id);
  }

  /** Whether it is known which Active911 agency a consent must be for. */
  public boolean isActive911IdKnown() {
    return expectedActive911Id != null || connectedActive911Id != null;
  }

  /**
   * Whether a consent for this Active911 agency may become the grant without being confirmed: it is
   * the expected one, or the one it had, or neither is known and any will do.
   */
  public boolean accepts(String active911Id, boolean anyAgency) {
    if (!isActive911IdKnown()) {
      return anyAgency;
    }
    return active911Id.equals(expectedActive911Id) || active911Id.equals(connectedActive911Id);
  }
}
