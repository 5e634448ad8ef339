package org.tokenbroker.development;

/** Development cannot start; the message tells the developer why and what to do. */
final class DevelopmentException extends Exception {
  DevelopmentException(String message) {
    super(message);
  }
}
