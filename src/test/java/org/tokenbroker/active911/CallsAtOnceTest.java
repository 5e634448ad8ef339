package org.tokenbroker.active911;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpServer;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.oauth.ConfiguredSecrets;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.trace.Traces;

/** No call to Active911 waits for another, however slow that is. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // injected
class CallsAtOnceTest {

  /** More than the client would have connections if nothing were said. */
  private static final int CALLS = 120;

  @Inject ConfiguredSecrets secrets;
  @Inject Traces traces;

  @Test
  void allAreSentBeforeTheFirstIsAnswered() throws Exception {
    CountDownLatch underWay = new CountDownLatch(CALLS);
    AtomicInteger answeredTogether = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), CALLS);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      server.setExecutor(threads);
      server.createContext(
          "/",
          exchange -> {
            underWay.countDown();
            byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
            try {
              if (underWay.await(15, TimeUnit.SECONDS)) {
                answeredTogether.incrementAndGet();
              }
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(418, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      server.start();
      Active911 active911 = active911(server.getAddress().getPort());
      List<Future<AgencyReply>> calls = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        calls.add(threads.submit(() -> active911.agency(Secret.of("token"))));
      }
      for (Future<AgencyReply> call : calls) {
        call.get();
      }
      active911.close();
    } finally {
      server.stop(0);
    }

    assertEquals(CALLS, answeredTogether.get());
  }

  private Active911 active911(int port) {
    String address = "http://localhost:" + port + "/";
    Active911Config config =
        new SmallRyeConfigBuilder()
            .withMapping(Active911Config.class)
            .withConverter(Duration.class, 500, new DurationConverter())
            .withSources(
                new PropertiesConfigSource(
                    Map.of(
                        "active911.client-id",
                        "client",
                        "active911.client-secret",
                        "secret",
                        "active911.token-url",
                        address,
                        "active911.personal-token-url",
                        address,
                        "active911.api-url",
                        address,
                        "active911.timeout",
                        "60s"),
                    "test",
                    500))
            .addDefaultInterceptors()
            .build()
            .getConfigMapping(Active911Config.class);
    return new Active911(
        config, URI.create("http://localhost"), InstantSource.system(), secrets, traces);
  }
}
