package org.tokenbroker.simulator;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The faults that show in one call: at most one of each type. */
record Behaviour(Map<Class<? extends Fault>, Fault> faults) {

  static final Behaviour USUAL = new Behaviour(Map.of());

  /** The fault of this type, or null if the call has none. */
  <F extends Fault> @Nullable F fault(Class<F> type) {
    Fault fault = faults.get(type);
    return fault == null ? null : type.cast(fault);
  }

  boolean has(Class<? extends Fault> type) {
    return faults.containsKey(type);
  }
}
