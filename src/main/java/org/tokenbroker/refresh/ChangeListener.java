package org.tokenbroker.refresh;

/** Hears at once of what other replicas change. */
public interface ChangeListener {

  /** Whether it hears now; while it does not, changes are asked for twice a second. */
  boolean isListening();
}
