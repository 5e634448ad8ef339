package org.tokenbroker.simulator;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The rules that are in force. Safe for use by several threads; reading takes no lock. */
final class FaultRules {

  /** A rule with the calls it is still for. */
  private static final class InForce {
    private final FaultRule rule;
    private final @Nullable AtomicInteger left;

    InForce(FaultRule rule) {
      this.rule = rule;
      this.left = rule.times() == null ? null : new AtomicInteger(rule.times());
    }

    /** Uses the rule for one call; false if it is used up. */
    boolean claim() {
      return left == null || left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }

    boolean isUsedUp() {
      return left != null && left.get() == 0;
    }

    boolean isStanding() {
      return left == null;
    }

    boolean isReplacedBy(FaultRule other) {
      return isStanding()
          && other.times() == null
          && rule.fault().getClass() == other.fault().getClass()
          && rule.calls().equals(other.calls());
    }

    FaultRule rest() {
      return left == null ? rule : rule.forNext(Math.max(1, left.get()));
    }
  }

  /** Each list in the order of weight; replaced as a whole, never changed. */
  private final Map<String, List<InForce>> byAgency = new ConcurrentHashMap<>();

  private volatile List<InForce> forAll = List.of();

  synchronized void add(FaultRule rule) {
    String agencyId = rule.agencyId();
    if (agencyId == null) {
      forAll = with(forAll, rule);
    } else {
      byAgency.put(agencyId, with(byAgency.getOrDefault(agencyId, List.of()), rule));
    }
  }

  private static List<InForce> with(List<InForce> rules, FaultRule added) {
    List<InForce> result = new ArrayList<>();
    result.add(new InForce(added));
    for (InForce rule : rules) {
      if (!rule.isUsedUp() && !rule.isReplacedBy(added)) {
        result.add(rule);
      }
    }
    // The sort is stable: newest first within each half.
    result.sort((a, b) -> Boolean.compare(a.isStanding(), b.isStanding()));
    return List.copyOf(result);
  }

  /** Ends all rules. */
  synchronized void clear() {
    forAll = List.of();
    byAgency.clear();
  }

  /** Ends the rules of one agency; those for all stay. */
  synchronized void clear(String agencyId) {
    byAgency.remove(agencyId);
  }

  /** The rules in force, with the calls they are still for. */
  synchronized List<FaultRule> inForce() {
    List<FaultRule> rules = new ArrayList<>();
    List<List<InForce>> lists = new ArrayList<>();
    lists.add(forAll);
    lists.addAll(byAgency.values());
    for (List<InForce> list : lists) {
      for (InForce rule : list) {
        if (!rule.isUsedUp()) {
          rules.add(rule.rest());
        }
      }
    }
    return rules;
  }

  /**
   * What a call meets; uses up what it meets.
   *
   * @param agencyId the agency the call belongs to; null: none
   */
  Behaviour behaviour(CallKind kind, @Nullable String agencyId) {
    List<InForce> own = agencyId == null ? List.of() : byAgency.getOrDefault(agencyId, List.of());
    List<InForce> all = forAll;
    if (own.isEmpty() && all.isEmpty()) {
      return Behaviour.USUAL;
    }
    Map<Class<? extends Fault>, Fault> faults = new HashMap<>();
    take(own, kind, faults);
    take(all, kind, faults);
    return new Behaviour(faults);
  }

  private static void take(
      List<InForce> rules, CallKind kind, Map<Class<? extends Fault>, Fault> faults) {
    for (InForce each : rules) {
      Fault fault = each.rule.fault();
      if (each.rule.calls().contains(kind)
          && !faults.containsKey(fault.getClass())
          && each.claim()) {
        faults.put(fault.getClass(), fault);
      }
    }
  }
}
