package org.tokenbroker.simulator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Sets of scopes, as text (RFC 6749 §3.3) and as the bits that a token carries. */
final class Scopes {

  private static final List<String> ALL = List.copyOf(SimulatorOptions.ALL_SCOPES);
  private static final Pattern LIST =
      Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]+( [\\x21\\x23-\\x5B\\x5D-\\x7E]+)*");

  private Scopes() {}

  /**
   * The scopes of a list with one space between two.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static Set<String> parse(String text) {
    if (!LIST.matcher(text).matches()) {
      throw new IllegalArgumentException("scope is not a list of scope tokens");
    }
    return Collections.unmodifiableSet(new LinkedHashSet<>(List.of(text.split(" ", -1))));
  }

  static String text(Set<String> scopes) {
    return String.join(" ", scopes);
  }

  /** Those of the first set that the second one holds too, in the first one's order. */
  static Set<String> common(Set<String> scopes, Set<String> others) {
    Set<String> common = new LinkedHashSet<>(scopes);
    common.retainAll(others);
    return Collections.unmodifiableSet(common);
  }

  static int bits(Set<String> scopes) {
    int bits = 0;
    for (String scope : scopes) {
      bits |= 1 << ALL.indexOf(scope);
    }
    return bits;
  }

  static Set<String> ofBits(int bits) {
    List<String> scopes = new ArrayList<>();
    for (int i = 0; i < ALL.size(); i++) {
      if ((bits & 1 << i) != 0) {
        scopes.add(ALL.get(i));
      }
    }
    return Collections.unmodifiableSet(new LinkedHashSet<>(scopes));
  }
}
