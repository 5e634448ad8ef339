package org.tokenbroker.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class TrustedProxiesTest {

  private static String client(String proxies, String peer, String... lines) {
    return TrustedProxies.parse(proxies)
        .client(InetAddress.ofLiteral(peer), List.of(lines))
        .getHostAddress();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // Nobody's word is taken who is not a trusted proxy.
        "10.0.0.0/8 | 192.0.2.9 | 198.51.100.1            | 192.0.2.9",
        "10.0.0.0/8 | 10.0.0.1  | 198.51.100.1            | 198.51.100.1",
        // What the client itself has written stands left of what the proxy saw.
        "10.0.0.0/8 | 10.0.0.1  | 203.0.113.7, 198.51.100.1 | 198.51.100.1",
        "10.0.0.0/8 | 10.0.0.1  | 198.51.100.1, 10.2.3.4  | 198.51.100.1",
        "10.0.0.0/8 | 10.0.0.1  | 10.9.9.9, 10.2.3.4      | 10.9.9.9",
        "10.0.0.1   | 10.0.0.1  | 198.51.100.1:4711       | 198.51.100.1",
        "10.0.0.1   | 10.0.0.2  | 198.51.100.1            | 10.0.0.2",
        "10.0.0.1   | 10.0.0.1  | 198.51.100.1, unknown   | 10.0.0.1",
        "10.0.0.1   | 10.0.0.1  | ''                      | 10.0.0.1",
        "fd00::/8   | fd00::1   | [2001:db8::5]:4711      | 2001:db8:0:0:0:0:0:5",
        "fd00::/8   | fd00::1   | 2001:db8::5             | 2001:db8:0:0:0:0:0:5",
        "10.0.0.0/8 | 10.0.0.1  | ::ffff:198.51.100.1     | 198.51.100.1",
      })
  void theClientIsWhomTheLastTrustedProxySaw(
      String proxies, String peer, String forwarded, String client) {
    assertEquals(client, client(proxies, peer, forwarded));
  }

  @Test
  void severalLinesAreOne() {
    assertEquals(
        "198.51.100.1", client("10.0.0.0/8", "10.0.0.1", "203.0.113.7, 198.51.100.1", "10.2.2.2"));
  }

  @Test
  void withoutTheHeaderItIsThePeer() {
    assertEquals("10.0.0.1", client("10.0.0.0/8", "10.0.0.1"));
    assertEquals(
        "10.0.0.1",
        TrustedProxies.none()
            .client(InetAddress.ofLiteral("10.0.0.1"), List.of("198.51.100.1"))
            .getHostAddress());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "proxy.example.org", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.1,,"})
  void whatIsNoListIsRefused(String list) {
    assertThrows(IllegalArgumentException.class, () -> TrustedProxies.parse(list));
  }

  @Test
  void aLongHeaderIsReadFromItsEnd() {
    String hops = String.join(",", Stream.generate(() -> "10.1.1.1").limit(500).toList());

    assertEquals("10.1.1.1", client("10.0.0.0/8", "10.0.0.1", hops));
  }
}
