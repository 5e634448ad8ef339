package org.tokenbroker.problem;

import java.util.regex.Pattern;

/** The form of the names that stand in addresses: of agencies, callers and admins. */
public final class Slug {

  /** Its regular expression. */
  public static final String REGEX = "[a-z0-9][a-z0-9-]{0,62}";

  private static final Pattern PATTERN = Pattern.compile(REGEX);

  private Slug() {}

  /** Whether the text is of that form. */
  public static boolean matches(String text) {
    return PATTERN.matcher(text).matches();
  }
}
