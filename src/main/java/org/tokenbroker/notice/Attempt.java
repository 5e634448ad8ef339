package org.tokenbroker.notice;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What came of trying to deliver a notice. Errors are short names of ours. */
sealed interface Attempt {

  /** It has arrived, as far as can be told from here. */
  record Delivered() implements Attempt {}

  /**
   * It has not, or that is not known; worth another attempt.
   *
   * @param retryAfter how long the receiver wants to be left alone; null: he did not say
   */
  record Failed(String error, @Nullable Duration retryAfter) implements Attempt {}

  /** It is not wanted there, now or later. */
  record Refused(String error) implements Attempt {}

  /** What it was about is over, so that it was not sent. */
  record Outdated() implements Attempt {}
}
