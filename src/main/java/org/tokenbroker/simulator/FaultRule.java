package org.tokenbroker.simulator;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * When a fault shows. Where several rules with faults of one type fit a call, one for the call's
 * agency outweighs one for all, then one for a number of calls outweighs a standing one, then the
 * newest counts. A standing rule replaces an older standing rule of the same type, agency and
 * calls.
 *
 * @param fault what shows
 * @param agencyId for which agency; null: for all, and for calls that belong to none
 * @param calls for which calls
 * @param times for how many calls; null: until it is cleared
 */
public record FaultRule(
    Fault fault, @Nullable String agencyId, Set<CallKind> calls, @Nullable Integer times) {

  public FaultRule {
    if (times != null && times < 1) {
      throw new IllegalArgumentException("a fault shows once or more");
    }
    calls = Set.copyOf(calls);
  }

  /** The fault for all agencies and the calls it is usually for, until it is cleared. */
  public static FaultRule of(Fault fault) {
    return new FaultRule(fault, null, fault.usualCalls(), null);
  }

  /** The same for one agency. */
  public FaultRule forAgency(String id) {
    return new FaultRule(fault, id, calls, times);
  }

  /** The same for these calls. */
  public FaultRule on(CallKind... kinds) {
    return new FaultRule(fault, agencyId, Set.of(kinds), times);
  }

  /** The same for the next calls, so many. */
  public FaultRule forNext(int number) {
    return new FaultRule(fault, agencyId, calls, number);
  }
}
