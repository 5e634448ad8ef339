package org.tokenbroker.caller;

import java.util.Optional;
import javax.security.auth.x500.X500Principal;

/**
 * Names as certificates have them (RFC 2253). Two that differ only in spaces, in the case of
 * letters, or in how attributes are spelled are the same name, which the platform's class sees to.
 */
final class DistinguishedName {

  private DistinguishedName() {}

  /** Reads a name; empty if the text is none, or an empty one. */
  static Optional<X500Principal> parse(String text) {
    try {
      X500Principal name = new X500Principal(text);
      return name.getName().isEmpty() ? Optional.empty() : Optional.of(name);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
