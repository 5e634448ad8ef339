package org.tokenbroker.caller;

/** Whom an address is for. */
public enum Audience {
  /** Internal services. */
  CALLERS,
  /** Admins, by key. Every address that is not known to be for others is theirs. */
  ADMINS,
  /** People in a browser; the pages see to it themselves who may look, and errors are pages too. */
  BROWSERS;

  /** Whom an address is for, by its normalized path. */
  public static Audience of(String path) {
    if (isWithin("/tokens", path)) {
      return CALLERS;
    }
    if (path.equals("/")
        || isWithin("/console", path)
        || isWithin("/callback", path)
        || isWithin("/connect", path)) {
      return BROWSERS;
    }
    return ADMINS;
  }

  private static boolean isWithin(String root, String path) {
    return path.startsWith(root)
        && (path.length() == root.length() || path.charAt(root.length()) == '/');
  }
}
