package org.tokenbroker.agency;

import java.util.regex.Pattern;

/**
 * An agency as Active911 knows it.
 *
 * @param id its id there; text, because ids arrive as text or as numbers
 * @param name its name there, cut at 200 characters; foreign text, to be escaped where it is shown
 */
public record Active911Agency(String id, String name) {

  private static final int NAME_LIMIT = 200;
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

  public Active911Agency {
    name = CONTROL.matcher(name).replaceAll(" ");
    if (name.codePointCount(0, name.length()) > NAME_LIMIT) {
      name = name.substring(0, name.offsetByCodePoints(0, NAME_LIMIT));
    }
  }
}
