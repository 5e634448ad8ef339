package org.tokenbroker.simulator;

import java.net.URI;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A registered application (RFC 6749 §2).
 *
 * @param clientId its client id
 * @param clientSecret the secret it has at the start
 * @param redirectAddresses the redirect addresses it may name; absolute and without a fragment
 *     (§3.1.2)
 * @param scopes the scopes it may ask for, of those that Active911 has
 */
public record Registration(
    String clientId, String clientSecret, List<URI> redirectAddresses, Set<String> scopes) {

  public Registration {
    if (clientId.isEmpty() || clientSecret.isEmpty()) {
      throw new IllegalArgumentException("a registration has a client id and a secret");
    }
    if (redirectAddresses.isEmpty()) {
      throw new IllegalArgumentException("a registration has a redirect address");
    }
    for (URI address : redirectAddresses) {
      if (!address.isAbsolute() || address.getRawFragment() != null) {
        throw new IllegalArgumentException(
            "a redirect address is absolute and has no fragment: " + address);
      }
    }
    if (!SimulatorOptions.ALL_SCOPES.containsAll(scopes)) {
      throw new IllegalArgumentException("not one of Active911's scopes among " + scopes);
    }
    redirectAddresses = List.copyOf(redirectAddresses);
    scopes = Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
  }

  /** Whether this is one of the registered addresses, a slash at its end aside. */
  boolean hasRedirectAddress(String address) {
    return redirectAddresses.stream()
        .anyMatch(registered -> trimmed(registered.toString()).equals(trimmed(address)));
  }

  private static String trimmed(String address) {
    return address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
  }

  @Override
  public String toString() {
    return "Registration[" + clientId + "]";
  }
}
