package org.tokenbroker.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client of HTTP/1.1 that sends whatever it is given, byte by byte, over one connection for as
 * long as the server keeps it. For one thread.
 */
public final class RawHttp implements AutoCloseable {

  private final URI origin;
  private final Duration deadline;
  private @Nullable Socket socket;
  private @Nullable InputStream in;

  /**
   * A client of one server.
   *
   * @param deadline how long an answer may take
   */
  public RawHttp(URI origin, Duration deadline) {
    this.origin = origin;
    this.deadline = deadline;
  }

  /**
   * An answer.
   *
   * @param headers as they came, line by line
   */
  public record Answer(int status, List<String> headers, String body) {

    /** The first value of a header. */
    public Optional<String> header(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ":";
      return headers.stream()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
          .map(line -> line.substring(start.length()).strip())
          .findFirst();
    }
  }

  /** No answer came in time. */
  public static final class NoAnswerException extends RuntimeException {
    NoAnswerException(SocketTimeoutException cause) {
      super("no answer came in time", cause);
    }
  }

  /**
   * Sends a request.
   *
   * @param head the request line and the headers, without the empty line
   * @return the answer; empty if the server closed the connection without one
   */
  public Optional<Answer> send(String head, byte[] body) {
    boolean used = socket != null;
    Optional<Answer> answer = sendOnce(head, body);
    // A connection that was used before may have been closed since: that says nothing.
    return answer.isEmpty() && used ? sendOnce(head, body) : answer;
  }

  private Optional<Answer> sendOnce(String head, byte[] body) {
    try {
      InputStream stream = connect();
      ByteArrayOutputStream request = new ByteArrayOutputStream();
      request.writeBytes((head + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
      request.writeBytes(body);
      try {
        Objects.requireNonNull(socket).getOutputStream().write(request.toByteArray());
      } catch (IOException e) {
        // It may have answered before all was sent.
      }
      Answer answer = read(stream);
      if (answer.header("Connection").orElse("").equalsIgnoreCase("close")
          || endsWithTheConnection(answer)) {
        close();
      }
      return Optional.of(answer);
    } catch (SocketTimeoutException e) {
      close();
      throw new NoAnswerException(e);
    } catch (IOException e) {
      close();
      return Optional.empty();
    }
  }

  private static boolean endsWithTheConnection(Answer answer) {
    return answer.header("Content-Length").isEmpty()
        && answer.header("Transfer-Encoding").isEmpty()
        && hasBody(answer.status());
  }

  private InputStream connect() throws IOException {
    if (in == null) {
      Socket connected = new Socket(InetAddress.getLoopbackAddress(), origin.getPort());
      connected.setTcpNoDelay(true);
      connected.setSoTimeout((int) deadline.toMillis());
      socket = connected;
      in = new BufferedInputStream(connected.getInputStream());
    }
    return in;
  }

  private static Answer read(InputStream in) throws IOException {
    String[] status = line(in).split(" ", 3);
    List<String> headers = new ArrayList<>();
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      headers.add(line);
    }
    Answer head = new Answer(Integer.parseInt(status[1]), List.copyOf(headers), "");
    if (head.status() < 200) {
      return read(in); // 100: the answer itself comes behind it
    }
    byte[] body;
    if (!hasBody(head.status())) {
      body = new byte[0];
    } else if (head.header("Transfer-Encoding").isPresent()) {
      body = chunks(in);
    } else if (head.header("Content-Length").isPresent()) {
      body = in.readNBytes(Integer.parseInt(head.header("Content-Length").get()));
    } else {
      body = in.readAllBytes();
    }
    return new Answer(head.status(), head.headers(), new String(body, StandardCharsets.UTF_8));
  }

  private static boolean hasBody(int status) {
    return status != 204 && status != 304;
  }

  private static byte[] chunks(InputStream in) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    for (int size = Integer.parseInt(line(in), 16);
        size > 0;
        size = Integer.parseInt(line(in), 16)) {
      body.writeBytes(in.readNBytes(size));
      line(in);
    }
    line(in);
    return body.toByteArray();
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException();
      }
      if (next != '\r') {
        line.write(next);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    if (socket != null) {
      try {
        socket.close();
      } catch (IOException e) {
        // It is gone either way.
      }
    }
    in = null;
    socket = null;
  }
}
