package org.tokenbroker.simulator;

/**
 * What a refresh does to the refresh token that was presented (RFC 6749 §6 leaves it open, and so
 * does Active911).
 */
public enum Rotation {
  /** The answer holds no refresh token; the presented one stays good. */
  NONE,
  /** The answer repeats the presented one. */
  SAME,
  /** The answer holds a new one; the presented one is dead at once. */
  NEW,
  /** The answer holds a new one; the presented one works for a while longer. */
  NEW_WITH_GRACE
}
