package org.tokenbroker.console;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where to go after signing in. Only to a page of the console: what stands in a link that somebody
 * else made must not lead anywhere else.
 */
final class ReturnTarget {

  /** The console's first page. */
  static final String HOME = "/console";

  private static final int LENGTH_LIMIT = 300;

  /**
   * No dots, no escapes, no second slash in the path: nothing that a browser would read in another
   * way. Behind the question mark a search may hold escapes.
   */
  private static final Pattern OURS =
      Pattern.compile(HOME + "(?:/[A-Za-z0-9-]+)*(?:\\?(?:[A-Za-z0-9_=&:.+-]|%[0-9A-Fa-f]{2})*)?");

  private ReturnTarget() {}

  /** The wanted page if it is one of ours, else the console's first. */
  static String of(@Nullable String wanted) {
    return wanted != null
            && wanted.length() <= LENGTH_LIMIT
            && OURS.matcher(wanted).matches()
            && !wanted.startsWith(HOME + "/sign-")
        ? wanted
        : HOME;
  }
}
