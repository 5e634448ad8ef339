package org.tokenbroker.simulator;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** The ways in which Active911 words an error when it does not keep to RFC 6749 §5.2. */
final class ErrorBodies {

  private static final int HUGE = 10 * 1024 * 1024;

  /** RFC 9110 §5.6.7; the one of the JDK writes days of one digit. */
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private ErrorBodies() {}

  static Answer answer(Fault.ErrorAnswer fault, Instant now) {
    Map<String, Object> json =
        Answer.oauthError(fault.error(), "The simulator was told to answer this.");
    Answer answer =
        switch (fault.body()) {
          case OAUTH -> Answer.json(fault.status(), json);
          case OAUTH_AS_HTML -> Answer.of(fault.status(), Answer.HTML, Answer.toJson(json));
          case HTML -> Answer.html(fault.status(), page(fault));
          case EMPTY -> Answer.of(fault.status(), Answer.HTML, Buffer.buffer());
          case INVALID_UTF8 -> Answer.of(fault.status(), Answer.JSON, invalidUtf8(json));
          case HUGE -> Answer.of(fault.status(), Answer.JSON, huge(json));
        };
    if (fault.retryAfter() == null) {
      return answer;
    }
    return answer.with(
        "Retry-After",
        fault.retryAfterAsDate()
            ? HTTP_DATE.format(now.plus(fault.retryAfter()))
            : Long.toString(fault.retryAfter().toSeconds()));
  }

  private static String page(Fault.ErrorAnswer fault) {
    return Html.page(
        "Active911", "<h1>Something went wrong</h1><p>" + Html.escape(fault.error()) + "</p>");
  }

  /** The error, after a member whose text holds bytes that no UTF-8 text has. */
  private static Buffer invalidUtf8(Map<String, Object> json) {
    Buffer rest = Answer.toJson(json);
    return Buffer.buffer("{\"note\":\"")
        .appendByte((byte) 0xC3)
        .appendByte((byte) 0x28)
        .appendByte((byte) 0xFF)
        .appendString("\",")
        .appendBuffer(rest.slice(1, rest.length()));
  }

  /** The error after a very long member, so that only a reader of all of it finds the error. */
  private static Buffer huge(Map<String, Object> json) {
    Buffer rest = Answer.toJson(json);
    return Buffer.buffer(HUGE)
        .appendString("{\"padding\":\"")
        .appendString("x".repeat(HUGE))
        .appendString("\",")
        .appendBuffer(rest.slice(1, rest.length()));
  }
}
