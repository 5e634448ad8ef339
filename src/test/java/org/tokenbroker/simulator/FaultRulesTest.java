package org.tokenbroker.simulator;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When a fault shows. */
class FaultRulesTest {

  private final FaultRules rules = new FaultRules();

  private static FaultRule lifetime(long seconds) {
    return FaultRule.of(new Fault.Lifetime(seconds));
  }

  /** The lifetime that the next refresh of an agency meets; null: the usual one. */
  private @Nullable Long next(@Nullable String agencyId) {
    Fault.Lifetime fault = rules.behaviour(CallKind.REFRESH, agencyId).fault(Fault.Lifetime.class);
    return fault == null ? null : fault.seconds();
  }

  @Test
  void aRuleForAllMeetsEveryCall() {
    rules.add(lifetime(1));

    assertAll(
        () -> assertEquals(1, next("123")),
        () -> assertEquals(1, next("124")),
        () -> assertEquals(1, next(null)));
  }

  @Test
  void aRuleForAnAgencyMeetsItAlone() {
    rules.add(lifetime(1).forAgency("123"));

    assertAll(
        () -> assertEquals(1, next("123")),
        () -> assertEquals(null, next("124")),
        () -> assertEquals(null, next(null)));
  }

  @Test
  void aRuleForAnAgencyOutweighsOneForAll() {
    rules.add(lifetime(1).forAgency("123"));
    rules.add(lifetime(2).forNext(5));

    assertEquals(1, next("123"));
  }

  @Test
  void aRuleForTheNextCallsEndsWithThem() {
    rules.add(lifetime(1).forNext(2));

    assertEquals(List.of(1L, 1L), List.of(next("123"), next("124")));
    assertEquals(null, next("123"));
  }

  @Test
  void aRuleForTheNextCallsOutweighsAStandingOneAndThenGivesWay() {
    rules.add(lifetime(1).forNext(1));
    rules.add(lifetime(2));

    assertEquals(List.of(1L, 2L), List.of(next("123"), next("123")));
  }

  @Test
  void theNewestStandingRuleReplacesTheOlderOne() {
    rules.add(lifetime(1));
    rules.add(lifetime(2));

    assertAll(() -> assertEquals(2, next("123")), () -> assertEquals(1, rules.inForce().size()));
  }

  @Test
  void rulesOfDifferentTypesShowTogether() {
    rules.add(lifetime(1));
    rules.add(FaultRule.of(new Fault.NoRefreshToken()).forAgency("123"));

    Behaviour behaviour = rules.behaviour(CallKind.REFRESH, "123");

    assertAll(
        () -> assertTrue(behaviour.has(Fault.Lifetime.class)),
        () -> assertTrue(behaviour.has(Fault.NoRefreshToken.class)));
  }

  @Test
  void aRuleThatIsOutweighedIsNotUsedUp() {
    rules.add(lifetime(1).forNext(1));
    rules.add(lifetime(2).forNext(1));

    assertEquals(List.of(2L, 1L), List.of(next("123"), next("123")));
  }

  @Test
  void callsOfOtherKindsMeetNothingAndUseNothingUp() {
    rules.add(lifetime(1).on(CallKind.EXCHANGE).forNext(1));

    assertAll(
        () -> assertEquals(null, next("123")),
        () -> assertTrue(rules.behaviour(CallKind.EXCHANGE, "123").has(Fault.Lifetime.class)));
  }

  @Test
  void clearingEndsAllRules() {
    rules.add(lifetime(1));
    rules.add(lifetime(2).forAgency("123"));
    rules.clear();

    assertAll(
        () -> assertEquals(null, next("123")), () -> assertEquals(List.of(), rules.inForce()));
  }

  @Test
  void clearingAnAgencyLeavesTheRulesForAll() {
    rules.add(lifetime(1));
    rules.add(lifetime(2).forAgency("123"));
    rules.clear("123");

    assertEquals(1, next("123"));
  }

  @Test
  void theListTellsForHowManyCallsARuleStillIs() {
    rules.add(lifetime(1).forNext(3));
    next("123");

    assertEquals(List.of(lifetime(1).forNext(2)), rules.inForce());
  }

  @Test
  void ofManyCallsAtOnceExactlySoManyMeetIt() throws Exception {
    rules.add(lifetime(1).forNext(500));
    Callable<Long> calls =
        () -> {
          long met = 0;
          for (int i = 0; i < 1000; i++) {
            met += next("123") == null ? 0 : 1;
          }
          return met;
        };

    long met = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<Long>> results = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        results.add(threads.submit(calls));
      }
      for (Future<Long> result : results) {
        met += result.get();
      }
    }
    assertEquals(500, met);
  }
}
