package org.tokenbroker.notice;

import java.net.URI;

/** Where in the console somebody finds what a notice is about. */
final class ConsoleAddresses {

  private final String console;

  /**
   * Of one broker.
   *
   * @param publicUrl where browsers reach it
   */
  ConsoleAddresses(URI publicUrl) {
    String base = publicUrl.toString();
    this.console = (base.endsWith("/") ? base : base + "/") + "console";
  }

  /** The list of agencies. */
  String agencies() {
    return console;
  }

  /** One agency. */
  String agency(String slug) {
    return console + "/agencies/" + slug;
  }

  /** The broker itself. */
  String system() {
    return console + "/system";
  }
}
