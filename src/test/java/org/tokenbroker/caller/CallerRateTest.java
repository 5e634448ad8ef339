package org.tokenbroker.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;

@NullMarked
class CallerRateTest {

  private static final AuthenticatedCaller ONE = new AuthenticatedCaller("one", true, Set.of());
  private static final AuthenticatedCaller OTHER = new AuthenticatedCaller("other", true, Set.of());

  private final AtomicLong now = new AtomicLong();

  private static int counted(CallerRate rate, AuthenticatedCaller caller) {
    int counted = 0;
    try {
      while (counted < 1000) {
        rate.count(caller);
        counted++;
      }
    } catch (ProblemException e) {
      assertEquals(ProblemType.TOO_MANY_REQUESTS, e.problem().type());
    }
    return counted;
  }

  @Test
  void whoAsksTooOftenIsToldWhenToComeBack() {
    CallerRate rate = new CallerRate(Optional.of(5), now::get);
    assertEquals(5, counted(rate, ONE));

    Problem problem = assertThrows(ProblemException.class, () -> rate.count(ONE)).problem();

    assertEquals(Duration.ofMillis(1200), problem.retryAfter());
    now.addAndGet(Duration.ofMillis(400).toNanos());
    assertEquals(2, counted(rate, ONE));
  }

  @Test
  void eachIsCountedForItself() {
    CallerRate rate = new CallerRate(Optional.of(5), now::get);
    counted(rate, ONE);

    assertEquals(5, counted(rate, OTHER));
  }

  @Test
  void withoutALimitNobodyIsRefused() {
    assertEquals(1000, counted(new CallerRate(Optional.empty(), now::get), ONE));
  }
}
