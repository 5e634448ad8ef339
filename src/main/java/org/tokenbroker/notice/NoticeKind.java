package org.tokenbroker.notice;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a notice is about; its text, the name in lower case, never changes. */
public enum NoticeKind {
  /** Active911 refuses an agency's consent. */
  CONSENT_GONE,
  /** An agency's consent ends in 30, 14, 7 or 1 days. */
  CONSENT_ENDING,
  /** An agency could not be refreshed for an hour. */
  FAILING,
  /** What was said to be wrong is right again. */
  RECOVERED,
  /** A consent waits for somebody to confirm or discard it. */
  CANDIDATE_WAITING,
  /** Active911 refuses the broker's own client id or secret. */
  CLIENT_REFUSED;

  /** The kind with this text, if there is one. */
  public static Optional<NoticeKind> of(String text) {
    return Arrays.stream(values()).filter(kind -> kind.toString().equals(text)).findFirst();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
