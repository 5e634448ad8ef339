package org.tokenbroker.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for servers whose address must be known before they start. Not asked for of the kernel,
 * which may give one to somebody else before that server has it: to a connection that goes out, or
 * to who asks next. These are below those (on Linux from 32,768 on), and none is given twice.
 */
public final class FreePort {

  private static final int FIRST = 15_000;
  private static final int COUNT = 17_000;

  /** Not where another process of the same kind began. */
  private static final AtomicInteger NEXT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

  private FreePort() {}

  /** A port that was free a moment ago. */
  public static int find() {
    for (int attempt = 0; attempt < COUNT; attempt++) {
      int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Somebody has it.
      }
    }
    throw new IllegalStateException("no port is free");
  }
}
