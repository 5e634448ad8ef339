package org.tokenbroker.oauth;

import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * The secrets of the configuration as they are now. One that comes from a file may change while the
 * broker runs, so whoever needs one asks each time, and keeps nothing.
 */
public interface ConfiguredSecrets {

  /**
   * The present value.
   *
   * @param property the configuration property
   * @throws NoSuchElementException if it is not set
   */
  default Secret get(String property) {
    return find(property)
        .orElseThrow(() -> new NoSuchElementException("no secret is configured as " + property));
  }

  /** The present value of a property that may not be set. */
  Optional<Secret> find(String property);
}
