package org.tokenbroker.oauth;

import java.util.Optional;

/**
 * Says whether a secret of the configuration that has changed can be gone on with, before it is in
 * force anywhere.
 */
public interface SecretCheck {

  /** The configuration property that it is about. */
  String property();

  /**
   * Why the new value cannot be taken now; empty if it can.
   *
   * @return completes "the new value …", and quotes nothing of it
   */
  Optional<String> refusal(Secret value);
}
