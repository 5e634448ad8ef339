package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.RestAssured;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;
import org.tokenbroker.testing.Eventually;

/** Who hangs up while sending is not taken for a bug in the broker. */
@NullMarked
@BrokerTest
class HungUpTest {

  private final List<Level> logged = new CopyOnWriteArrayList<>();
  private final Logger logger = Logger.getLogger(ProblemMapper.class.getName());
  private final Handler recorder =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          logged.add(entry.getLevel());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    logger.setLevel(Level.FINE);
    logger.addHandler(recorder);
  }

  @AfterEach
  void stopListening() {
    logger.removeHandler(recorder);
    logger.setLevel(null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 100\r\n\r\n{\"name\":",
        "Transfer-Encoding: chunked\r\n\r\n9\r\n{\"name\":\r\n",
      })
  void isNoInternalError(String rest) {
    // Where the connection ends before the body is asked for, nobody notices: so again and again.
    Eventually.isTrue(
        "one is noticed",
        () -> {
          sendAndHangUp(rest);
          return !logged.isEmpty();
        },
        () -> "nothing was logged");

    assertEquals(
        Set.of(Level.FINE.intValue()),
        logged.stream().map(Level::intValue).collect(Collectors.toSet()));
  }

  private static void sendAndHangUp(String rest) {
    String head =
        "PUT /agencies/hung-up HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + BrokerTestResource.ADMIN_KEY
            + "\r\nContent-Type: application/json\r\n";
    try (Socket socket = new Socket("localhost", RestAssured.port)) {
      socket.getOutputStream().write((head + rest).getBytes(StandardCharsets.ISO_8859_1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
