package org.tokenbroker.proof;

import java.time.Duration;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Assumptions;

/**
 * How the proof is run. System properties: {@code proof.full} (sizes of the full run), {@code
 * proof.seed} (decides everything that is drawn; drawn itself where it is not set, and printed),
 * {@code proof.strict} (what cannot be checked here is a failure instead of being skipped), {@code
 * proof.soak.minutes}.
 */
final class Proof {

  private static final boolean FULL = Boolean.getBoolean("proof.full");
  private static final boolean STRICT = Boolean.getBoolean("proof.strict");
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

  /** Leaves a check out, and says so; a failure where nothing may be left out. */
  static void leaveOut(String check, String why) {
    String sentence = "%s is left out: %s".formatted(check, why);
    say(sentence);
    if (STRICT) {
      throw new AssertionError(sentence);
    }
    Ledger.leftOut(check, why);
    Assumptions.abort(sentence);
  }
}
