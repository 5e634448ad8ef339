package org.tokenbroker.notice;

import java.util.Locale;

/** A way in which notices are sent; its text, the name in lower case, never changes. */
public enum Channel {
  /** A signed POST to an address. */
  WEBHOOK,
  /** Mail to those who run the broker. */
  MAIL,
  /** Mail to an agency's contact, with an invitation. */
  CONTACT;

  /** The channel with this text. */
  static Channel of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
