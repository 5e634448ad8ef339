package org.tokenbroker.handout;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.problem.Problem;

/**
 * The conditional headers (RFC 9110 §13.1). Tags are compared as opaque values in both of them,
 * since a tag names a token and not the bytes of an answer.
 */
final class EntityTags {

  /** entity-tag = [ "W/" ] opaque-tag (RFC 9110 §8.8.3), and the list of them. */
  private static final String TAG = "(?:W/)?\"[\\x21\\x23-\\x7E\\x80-\\xFF]*\"";

  private static final Pattern LIST =
      Pattern.compile("[ \\t]*" + TAG + "(?:[ \\t]*,[ \\t]*" + TAG + ")*[ \\t]*");

  private static final int LENGTH_LIMIT = 1000;

  private EntityTags() {}

  /**
   * Refuses what is no list of tags.
   *
   * @param header the header's name
   * @param value its value, as sent; null: not sent
   */
  static void validate(String header, @Nullable String value) {
    if (value == null) {
      return;
    }
    if (value.strip().equals("*")) {
      throw Problem.invalid(header, "* is not taken here: name the token that you have")
          .toException();
    }
    if (value.length() > LENGTH_LIMIT || !LIST.matcher(value).matches()) {
      throw Problem.invalid(header, "must hold the ETag of an earlier answer, with its quotes")
          .toException();
    }
  }

  /** Whether a validated list holds the tag. */
  static boolean contains(@Nullable String list, String etag) {
    // A tag includes its quotes and cannot hold one inside, so a list holds it as it stands or not.
    return list != null && list.contains(etag);
  }
}
