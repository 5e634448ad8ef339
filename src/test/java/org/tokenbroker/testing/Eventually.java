package org.tokenbroker.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for what has to become true, and fails if it does not in good time. */
public final class Eventually {

  /** Generous: a test that has to wait for long is slow, not wrong. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Between two questions: who waits must not take the time from who is waited for. */
  private static final Duration PAUSE = Duration.ofMillis(5);

  private Eventually() {}

  /**
   * Asks until the answer is yes.
   *
   * @param what what is waited for, for the failure's message
   * @param more what else to say if it does not come
   */
  public static void isTrue(String what, BooleanSupplier condition, Supplier<String> more) {
    isTrue(what, PATIENCE, condition, more);
  }

  /**
   * The same for what takes long by its nature.
   *
   * @param patience for how long to ask
   */
  public static void isTrue(
      String what, Duration patience, BooleanSupplier condition, Supplier<String> more) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "not within %d s: %s%n%s".formatted(patience.toSeconds(), what, more.get()));
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
  }
}
