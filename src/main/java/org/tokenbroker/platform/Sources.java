package org.tokenbroker.platform;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;

/** Time and randomness: the one place that takes them from the machine. */
final class Sources {

  Sources() {}

  /**
   * The machine's clock, for what is measured or waited for here. What other replicas read too is
   * timed by the database's clock instead.
   */
  @Produces
  @Singleton
  static InstantSource systemClock() {
    return Clock.systemUTC();
  }

  /** The platform's own generator: it seeds itself and does not block. */
  @Produces
  @Singleton
  static SecureRandom secureRandom() {
    return new SecureRandom();
  }
}
