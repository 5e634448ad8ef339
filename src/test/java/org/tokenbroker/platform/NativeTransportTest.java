package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.tokenbroker.testing.BrokerTest;

/** What a read costs was measured with Linux's own transport: it is there, and is used. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class NativeTransportTest {

  @Inject Vertx vertx;

  @Test
  @EnabledOnOs(
      value = OS.LINUX,
      architectures = {"amd64", "aarch64"},
      disabledReason = "there is one for Linux alone")
  void connectionsAreAnsweredByLinuxItself() {
    assertTrue(vertx.isNativeTransportEnabled());
  }
}
