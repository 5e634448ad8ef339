package org.tokenbroker.simulator;

/** How a consent was given. */
public enum GrantKind {
  /** To a registered application, by the authorization-code flow. */
  APPLICATION,
  /** By a user who copies a refresh token from the page of personal grants. */
  PERSONAL
}
