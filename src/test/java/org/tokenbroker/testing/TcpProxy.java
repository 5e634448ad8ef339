package org.tokenbroker.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A network between two processes that can be cut: while it is, nothing gets through in either
 * direction, and nobody is told. What was sent meanwhile arrives after, as a network that is well
 * again delivers it, if the connection still stands.
 */
public final class TcpProxy implements AutoCloseable {

  private static final int BUFFER = 1 << 14;

  private final ServerSocket server;
  private final int target;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final Object gate = new Object();
  private boolean cut;
  private volatile boolean closed;

  private TcpProxy(ServerSocket server, int target) {
    this.server = server;
    this.target = target;
  }

  /** A way to a port of the loopback address. */
  public static TcpProxy to(int port) {
    try {
      TcpProxy proxy =
          new TcpProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
      proxy.threads.execute(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where it listens, on the loopback address. */
  public int port() {
    return server.getLocalPort();
  }

  /** Lets nothing through from now on. Who connects waits for ever. */
  public void cut() {
    synchronized (gate) {
      cut = true;
    }
  }

  /** Lets everything through again. */
  public void mend() {
    synchronized (gate) {
      cut = false;
      gate.notifyAll();
    }
  }

  private void awaitMending() throws InterruptedException {
    synchronized (gate) {
      while (cut && !closed) {
        gate.wait();
      }
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket near = server.accept();
        sockets.add(near);
        threads.execute(() -> connect(near));
      }
    } catch (IOException e) {
      // It was closed.
    }
  }

  private void connect(Socket near) {
    try {
      awaitMending();
      Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(far);
      threads.execute(() -> pump(near, far));
      threads.execute(() -> pump(far, near));
    } catch (IOException e) {
      end(near);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      end(near);
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        awaitMending();
        out.write(buffer, 0, read);
      }
      // The end of a connection does not get through a cut either.
      awaitMending();
    } catch (IOException e) {
      // One side has gone; the other is told below.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    end(from);
    end(to);
  }

  private void end(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone already.
    }
  }

  @Override
  public void close() {
    closed = true;
    mend();
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    sockets.forEach(this::end);
    threads.shutdownNow();
  }
}
