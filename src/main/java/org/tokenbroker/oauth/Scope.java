package org.tokenbroker.oauth;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A set of scope tokens in the order they were given (RFC 6749 §3.3).
 *
 * @param tokens the scope tokens, at least one, each of the characters that §3.3 allows
 */
public record Scope(Set<String> tokens) {

  /** The scope without which Active911 does not say which agency a consent is for. */
  public static final String READ_AGENCY = "read_agency";

  private static final Pattern TOKEN = Pattern.compile("[\\x21\\x23-\\x5B\\x5D-\\x7E]{1,100}");
  private static final Pattern SPACES = Pattern.compile(" +");

  public Scope {
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("a scope has at least one token");
    }
    for (String token : tokens) {
      if (!TOKEN.matcher(token).matches()) {
        throw new IllegalArgumentException("not a scope token of RFC 6749 section 3.3");
      }
    }
    tokens = Collections.unmodifiableSet(new LinkedHashSet<>(tokens));
  }

  /**
   * Reads a space-separated list.
   *
   * @throws IllegalArgumentException if it holds no token or a character that §3.3 does not allow
   */
  public static Scope parse(String text) {
    return new Scope(new LinkedHashSet<>(List.of(SPACES.split(text.strip()))));
  }

  /** Whether the scope holds this token. */
  public boolean contains(String token) {
    return tokens.contains(token);
  }

  /** The scope as it goes over the wire: its tokens, one space between two. */
  @Override
  public String toString() {
    return String.join(" ", tokens);
  }
}
