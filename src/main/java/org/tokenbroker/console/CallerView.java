package org.tokenbroker.console;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.CallerStatus;
import org.tokenbroker.caller.Callers;

/**
 * A caller as the pages show it.
 *
 * @param all whether it may read every agency
 * @param agencies those that it may read, where it may not read all
 * @param proofs in words, how it can prove itself
 * @param lastKeyUse when one of its keys was used last
 */
record CallerView(
    String name,
    boolean all,
    List<String> agencies,
    @Nullable String issuer,
    @Nullable String subject,
    @Nullable String certificateSubject,
    List<String> proofs,
    List<KeyView> keys,
    @Nullable Moment lastKeyUse) {

  static CallerView of(CallerStatus status, Instant now) {
    boolean all = status.agencies().contains(Callers.ALL);
    return new CallerView(
        status.caller(),
        all,
        all ? List.of() : status.agencies(),
        status.issuer(),
        status.subject(),
        status.certificateSubject(),
        proofs(status, now),
        KeyView.of(status.keys(), now),
        KeyView.lastUse(status.keys(), now));
  }

  private static List<String> proofs(CallerStatus status, Instant now) {
    long valid = status.keys().stream().filter(key -> KeyView.isValid(key, now)).count();
    List<String> proofs = new ArrayList<>();
    if (valid > 0) {
      proofs.add(valid == 1 ? "1 key" : valid + " keys");
    }
    if (status.subject() != null) {
      proofs.add("JWT");
    }
    if (status.certificateSubject() != null) {
      proofs.add("client certificate");
    }
    return proofs;
  }

  /** What it may read, in a few words. */
  public String reads() {
    if (all) {
      return "all agencies";
    }
    return switch (agencies.size()) {
      case 0 -> "none";
      case 1 -> agencies.getFirst();
      default -> agencies.size() + " agencies";
    };
  }
}
