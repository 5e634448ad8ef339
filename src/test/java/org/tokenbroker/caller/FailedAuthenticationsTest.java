package org.tokenbroker.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@NullMarked
class FailedAuthenticationsTest {

  private static final InetAddress HERE = InetAddress.ofLiteral("192.0.2.1");
  private static final InetAddress THERE = InetAddress.ofLiteral("192.0.2.2");

  private final AtomicLong now = new AtomicLong();
  private final FailedAuthentications failures =
      new FailedAuthentications(3, TrustedProxies.none(), now::get);

  @Test
  void whoFailsTooOftenIsNotLookedAtForAWhile() {
    failures.note(HERE);
    failures.note(HERE);
    assertEquals(Duration.ZERO, failures.untilNext(HERE));

    failures.note(HERE);

    assertEquals(Duration.ofSeconds(20), failures.untilNext(HERE));
    assertEquals(Duration.ZERO, failures.untilNext(THERE));
  }

  @Test
  void nobodyIsKeptOutForLongerByTryingOn() {
    for (int i = 0; i < 1000; i++) {
      failures.note(HERE);
    }

    now.addAndGet(Duration.ofSeconds(20).toNanos());

    assertEquals(Duration.ZERO, failures.untilNext(HERE));
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 192.0.2.1",
    "2001:db8:1:2:3:4:5:6, 2001:db8:1:2::",
    "::ffff:192.0.2.1, 192.0.2.1",
  })
  void ofIpv6TheNetworkCounts(String address, String counted) {
    assertEquals(
        InetAddress.ofLiteral(counted),
        FailedAuthentications.network(InetAddress.ofLiteral(address)));
  }

  @Test
  void twoNetworksAreTwo() {
    assertNotEquals(
        FailedAuthentications.network(InetAddress.ofLiteral("2001:db8:1:2::1")),
        FailedAuthentications.network(InetAddress.ofLiteral("2001:db8:1:3::1")));
  }
}
