package org.tokenbroker.simulator;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;

/** A bare TCP connection, to see how an answer really arrives. */
final class RawConnection implements AutoCloseable {

  private final Socket socket = new Socket();
  private int reads;

  /** How reading ended. */
  enum End {
    /** The other side closed properly (FIN). */
    CLOSED,
    /** The other side reset the connection (RST). */
    RESET,
    /** Nothing more came in time, and the connection is open. */
    OPEN
  }

  /** What arrived, and how it ended. */
  record Arrived(String text, End end) {

    /** What came after the head. */
    String body() {
      int head = text.indexOf("\r\n\r\n");
      return head < 0 ? "" : text.substring(head + 4);
    }

    /** The length that the head states. */
    int statedLength() {
      String name = "content-length: ";
      int start = text.toLowerCase(Locale.ROOT).indexOf(name) + name.length();
      return Integer.parseInt(text.substring(start, text.indexOf("\r\n", start)));
    }
  }

  RawConnection(URI origin) throws IOException {
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(origin.getHost(), origin.getPort()), 20_000);
  }

  /** Sends a form. */
  void post(String path, String form) throws IOException {
    String request =
        "POST "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
            + form.length()
            + "\r\n\r\n"
            + form;
    socket.getOutputStream().write(request.getBytes(ISO_8859_1));
  }

  /** Sends a request for the API's root. */
  void getApi(String accessToken) throws IOException {
    String request =
        "GET /interface/open_api/api/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + accessToken
            + "\r\n\r\n";
    socket.getOutputStream().write(request.getBytes(ISO_8859_1));
  }

  /** Reads until the connection ends or nothing came for this long. */
  Arrived read(Duration patience) throws IOException {
    socket.setSoTimeout((int) patience.toMillis());
    StringBuilder text = new StringBuilder();
    byte[] buffer = new byte[65_536];
    InputStream in = socket.getInputStream();
    try {
      while (true) {
        int count = in.read(buffer);
        if (count < 0) {
          return new Arrived(text.toString(), End.CLOSED);
        }
        reads++;
        text.append(new String(buffer, 0, count, ISO_8859_1));
      }
    } catch (SocketTimeoutException e) {
      return new Arrived(text.toString(), End.OPEN);
    } catch (SocketException e) {
      return new Arrived(text.toString(), End.RESET);
    }
  }

  /** In how many pieces it arrived. */
  int reads() {
    return reads;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
