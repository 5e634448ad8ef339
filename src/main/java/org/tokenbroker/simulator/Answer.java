package org.tokenbroker.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** An HTTP answer. */
record Answer(int status, Map<String, String> headers, Buffer body) {

  static final String JSON = "application/json;charset=UTF-8";
  static final String HTML = "text/html;charset=UTF-8";

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  static Answer of(int status, String type, Buffer body) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", type);
    headers.put("Cache-Control", "no-store");
    headers.put("Pragma", "no-cache");
    return new Answer(status, headers, body);
  }

  static Answer json(int status, Object value) {
    return of(status, JSON, toJson(value));
  }

  static Buffer toJson(Object value) {
    try {
      return Buffer.buffer(MAPPER.writeValueAsBytes(value));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer that is no JSON", e);
    }
  }

  /** An error response of the token endpoint (RFC 6749 §5.2). */
  static Answer oauthError(int status, String error, String description) {
    return json(status, oauthError(error, description));
  }

  static Map<String, Object> oauthError(String error, String description) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("error", error);
    body.put("error_description", description);
    return body;
  }

  /** A page. It needs no script, may not be framed and asks nothing of other hosts. */
  static Answer html(int status, String page) {
    return of(status, HTML, Buffer.buffer(page))
        .with(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri"
                + " 'none'")
        .with("Referrer-Policy", "same-origin")
        .with("X-Content-Type-Options", "nosniff");
  }

  static Answer redirect(int status, String location) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Location", location);
    headers.put("Cache-Control", "no-store");
    return new Answer(status, headers, Buffer.buffer());
  }

  static Answer methodNotAllowed(String allowed) {
    return of(405, "text/plain;charset=UTF-8", Buffer.buffer("allowed: " + allowed + "\n"))
        .with("Allow", allowed);
  }

  /** The same answer with one header more. */
  Answer with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Answer(status, more, body);
  }
}
