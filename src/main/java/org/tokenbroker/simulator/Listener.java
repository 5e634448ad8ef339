package org.tokenbroker.simulator;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The listening socket. It is shared by one server on each event loop; while it is closed,
 * connections are refused. Safe for use by several threads.
 */
final class Listener {

  /** To Vert.x a negative port is a free one that several servers share; 0 would be one each. */
  private static final int FREE_PORT = -1;

  private static final Duration RETRY = Duration.ofMillis(200);

  /** How often it is looked whether a closed port is free, and how many times: two seconds. */
  private static final Duration FREED_LOOK = Duration.ofMillis(2);

  private static final int FREED_TRIES = 1000;

  private static final Logger LOG = System.getLogger(Listener.class.getName());

  private final Vertx vertx;
  private final String host;
  private final int servers;
  private final Handler<HttpServerRequest> handler;

  private int port;
  private boolean listened;
  private List<HttpServer> open = List.of();

  /** The change that is under way, or the last one: changes come one after the other. */
  private Future<Void> last = Future.succeededFuture();

  private long reopening = -1;

  /**
   * Keeps the port while nobody listens, so that no other program is given it meanwhile: bound, but
   * not listening, which is refused like an unused port.
   */
  private @Nullable Socket placeholder;

  Listener(Vertx vertx, String host, int port, int servers, Handler<HttpServerRequest> handler) {
    this.vertx = vertx;
    this.host = host;
    this.port = port == 0 ? FREE_PORT : port;
    this.servers = servers;
    this.handler = handler;
  }

  /** Starts to listen, if it does not. */
  synchronized Future<Void> open() {
    vertx.cancelTimer(reopening);
    last = last.otherwiseEmpty().compose(_ -> bind());
    return last;
  }

  private synchronized Future<Void> bind() {
    if (!open.isEmpty()) {
      return Future.succeededFuture();
    }
    giveUpPlaceholder();
    List<HttpServer> opened = new ArrayList<>();
    List<Future<HttpServer>> bound = new ArrayList<>();
    for (int i = 0; i < servers; i++) {
      HttpServer server =
          vertx
              .createHttpServer(
                  new HttpServerOptions()
                      .setHttp2ClearTextEnabled(false)
                      .setMaxInitialLineLength(16_384)
                      .setMaxHeaderSize(32_768)
                      .setAcceptBacklog(1024))
              .requestHandler(handler);
      opened.add(server);
      bound.add(server.listen(port, host));
    }
    open = opened;
    return Future.join(bound)
        .<Void>map(
            _ -> {
              bound(opened.getFirst().actualPort());
              return null;
            })
        .recover(failure -> unbind().transform(_ -> Future.failedFuture(failure)));
  }

  private synchronized void bound(int actualPort) {
    port = actualPort;
    listened = true;
  }

  /** Stops to listen and closes every connection. */
  synchronized Future<Void> close() {
    vertx.cancelTimer(reopening);
    last = last.otherwiseEmpty().compose(_ -> unbind());
    return last;
  }

  private synchronized Future<Void> unbind() {
    List<HttpServer> closing = open;
    open = List.of();
    return Future.join(closing.stream().map(HttpServer::close).toList())
        .eventually(() -> keepPort(FREED_TRIES))
        .mapEmpty();
  }

  /**
   * A closed server socket goes on listening until its event loop has looked at its selector once
   * more; only then can the port be bound again, and only then is this done.
   */
  private synchronized Future<Void> keepPort(int tries) {
    if (!listened || placeholder != null) {
      return Future.succeededFuture();
    }
    try {
      placeholder = bind(new Socket());
      return Future.succeededFuture();
    } catch (IOException e) {
      if (tries <= 1) {
        LOG.log(Level.WARNING, "the port is not kept while connections are refused", e);
        return Future.succeededFuture();
      }
      return vertx.timer(FREED_LOOK.toMillis(), MILLISECONDS).compose(_ -> keepPort(tries - 1));
    }
  }

  private Socket bind(Socket socket) throws IOException {
    try {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(host, port));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private void giveUpPlaceholder() {
    if (placeholder != null) {
      try {
        placeholder.close();
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "the port is not given up", e);
      }
      placeholder = null;
    }
  }

  /** Stops for good. */
  synchronized Future<Void> end() {
    return close().onComplete(_ -> ended());
  }

  private synchronized void ended() {
    giveUpPlaceholder();
  }

  /** Stops to listen, for a time. */
  synchronized Future<Void> close(Duration time) {
    Future<Void> closed = close();
    reopenAfter(time);
    return closed;
  }

  private synchronized void reopenAfter(Duration time) {
    reopening =
        vertx.setTimer(
            Math.max(1, time.toMillis()),
            _ ->
                open()
                    .onFailure(
                        e -> {
                          LOG.log(Level.WARNING, "the simulator cannot listen again yet", e);
                          reopenAfter(RETRY);
                        }));
  }

  /** The port, once it has listened. */
  synchronized int port() {
    return port;
  }
}
