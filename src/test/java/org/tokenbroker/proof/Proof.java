package org.tokenbroker.proof;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Assumptions;

/**
 * How the proof is run. System properties: {@code proof.full} (sizes of the full run), {@code
 * proof.seed} (decides everything that is drawn; drawn itself where it is not set, and printed),
 * {@code proof.require} (names of {@link Need}s, with commas: a check that lacks one of them fails
 * instead of being left out), {@code proof.soak.minutes}.
 */
final class Proof {

  private static final boolean FULL = Boolean.getBoolean("proof.full");
  private static final List<String> REQUIRED =
      List.of(System.getProperty("proof.require", "").split(",", -1));
  private static final long SEED = Long.getLong("proof.seed", new Random().nextInt(1_000_000));

  private Proof() {}

  /** Of two sizes the one for this run. */
  static int size(int inShort, int inFull) {
    return FULL ? inFull : inShort;
  }

  /** The same for a time. */
  static Duration time(Duration inShort, Duration inFull) {
    return FULL ? inFull : inShort;
  }

  /** The run's seed. */
  static long seed() {
    return SEED;
  }

  /** Draws for one check, the same for the same seed. Says which seed it is. */
  static RandomGenerator random(String check) {
    say("%s: -Dproof.seed=%d".formatted(check, SEED));
    return new SplittableRandom(SEED * 31 + check.hashCode());
  }

  /** Prints a line about the run. */
  static void say(String line) {
    System.out.println("[proof] " + line);
  }

  /** What a check may need of the machine. */
  enum Need {
    /** Debian's package faketime. */
    FAKETIME,
    /** The right to mount a tmpfs. */
    MOUNT
  }

  /** Leaves a check out, and says so; a failure where its need is required. */
  static void leaveOut(String check, Need need) {
    String sentence = "%s is left out: %s is not there".formatted(check, need);
    say(sentence);
    if (REQUIRED.contains(need.name().toLowerCase(Locale.ROOT))) {
      throw new AssertionError(sentence);
    }
    Ledger.leftOut(check, need + " is not there");
    Assumptions.abort(sentence);
  }
}
