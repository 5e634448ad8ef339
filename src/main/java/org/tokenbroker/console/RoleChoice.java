package org.tokenbroker.console;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.Role;

/**
 * One role to choose, in words.
 *
 * @param word as the form sends it
 * @param sentence what it allows
 */
record RoleChoice(String word, String sentence, boolean chosen) {

  /** All roles, this one chosen; null: none. */
  static List<RoleChoice> all(@Nullable Role chosen) {
    return Arrays.stream(Role.values())
        .map(role -> new RoleChoice(role.word(), sentence(role), role == chosen))
        .toList();
  }

  static Optional<Role> role(@Nullable String word) {
    return Arrays.stream(Role.values()).filter(role -> role.word().equals(word)).findFirst();
  }

  private static String sentence(Role role) {
    return switch (role) {
      case VIEWER -> "Sees everything but secrets, and changes nothing.";
      case OPERATOR -> "Also connects, imports, refreshes and pauses agencies.";
      case ADMIN -> "Everything: also settings, deletion, callers, admins and their keys.";
    };
  }
}
