package org.tokenbroker.simulator;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;

/** Sends answers over a connection, whole or in one of the ways in which connections fail. */
final class Wire {

  private Wire() {}

  private static HttpServerResponse head(HttpServerRequest http, Answer answer) {
    HttpServerResponse response = http.response().setStatusCode(answer.status());
    answer.headers().forEach(response::putHeader);
    // Always stated, so that a body that is cut short is known for one.
    return response.putHeader("Content-Length", Integer.toString(answer.body().length()));
  }

  static void send(HttpServerRequest http, Answer answer) {
    if (!http.response().closed()) {
      head(http, answer).end(answer.body());
    }
  }

  /** Sends an answer, then does something once it is out. */
  static void send(HttpServerRequest http, Answer answer, Runnable afterwards) {
    head(http, answer).end(answer.body()).onComplete(_ -> afterwards.run());
  }

  /** Sends so many bytes of the body, then closes the connection. */
  static void sendCut(HttpServerRequest http, Answer answer, int bytes) {
    if (!http.response().closed()) {
      head(http, answer)
          .write(answer.body().slice(0, bytes))
          .onComplete(_ -> http.connection().close());
    }
  }

  /**
   * Sends the head, then the body byte by byte.
   *
   * @param beforeLast is called before the last byte goes out, or when the client has gone
   */
  static void sendDripping(
      Vertx vertx, HttpServerRequest http, Answer answer, Duration interval, Runnable beforeLast) {
    if (http.response().closed() || answer.body().length() == 0) {
      beforeLast.run();
      send(http, answer);
      return;
    }
    HttpServerResponse response = head(http, answer);
    Buffer body = answer.body();
    vertx.setPeriodic(
        interval.toMillis(),
        new Handler<Long>() {
          private int sent;

          @Override
          public void handle(Long timer) {
            if (response.closed()) {
              vertx.cancelTimer(timer);
              beforeLast.run();
              return;
            }
            Buffer next = body.slice(sent, sent + 1);
            sent++;
            if (sent < body.length()) {
              response.write(next);
            } else {
              vertx.cancelTimer(timer);
              beforeLast.run();
              response.end(next);
            }
          }
        });
  }

  /** Ends the connection with a TCP reset: closing without lingering drops what is unsent. */
  static void reset(HttpServerRequest http) {
    Channel channel = ((ConnectionBase) http.connection()).channel();
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    var _ = channel.close(); // there is nobody left to tell
  }
}
