package org.tokenbroker.refresh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.active911.TokenReply;
import org.tokenbroker.active911.Unavailability;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.testing.MigratedDatabase;

/** What the fleet may send, with two replicas on one database. */
@NullMarked
class UpstreamGateTest {

  @RegisterExtension final MigratedDatabase database = new MigratedDatabase();

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private UpstreamGate gate(int rate) {
    return new UpstreamGate(
        database.dataSource(),
        new RefreshConfig() {
          @Override
          public Duration interval() {
            return Duration.ofSeconds(10);
          }

          @Override
          public int concurrency() {
            return 16;
          }

          @Override
          public Duration lease() {
            return Duration.ofSeconds(60);
          }

          @Override
          public int rate() {
            return rate;
          }

          @Override
          public Duration shutdownGrace() {
            return Duration.ofSeconds(30);
          }
        });
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static TokenReply issued() {
    return new TokenReply.Issued(Secret.of("access"), new TokenReply.Expiry.Unstated(), null, null);
  }

  private static TokenReply rejected(OAuthError error) {
    return new TokenReply.Rejected(error);
  }

  private static TokenReply tooMany(@Nullable Duration retryAfter) {
    return new TokenReply.Unavailable(Unavailability.RATE_LIMITED, retryAfter);
  }

  // --- rate ---

  @Test
  void theRateIsThatOfAllReplicasTogether() throws Exception {
    List<UpstreamGate> replicas = List.of(gate(1), gate(1), gate(1));
    List<Long> waits = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Callable<Optional<Duration>>> asks = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        UpstreamGate replica = replicas.get(i % 3);
        asks.add(() -> replica.reserve(1, Duration.ofMinutes(5)));
      }
      for (Future<Optional<Duration>> wait : threads.invokeAll(asks)) {
        waits.add(wait.get().orElseThrow().toMillis());
      }
    }
    // Each has a second of its own: the last of twelve starts at least ten seconds after the first.
    waits.sort(null);
    assertEquals(12, waits.size());
    assertTrue(waits.getLast() > 9_000, waits.toString());
    for (int i = 1; i < waits.size(); i++) {
      assertTrue(waits.get(i) > waits.get(i - 1), waits.toString());
    }
  }

  @Test
  void aBatchTakesAsManyTurns() {
    UpstreamGate gate = gate(1);

    assertEquals(Duration.ZERO, gate.reserve(20, PATIENCE).orElseThrow());
    long next = gate.reserve(1, Duration.ofMinutes(1)).orElseThrow().toMillis();

    assertTrue(next > 15_000 && next <= 20_000, "" + next);
  }

  @Test
  void whoCannotWaitSoLongReservesNothing() {
    UpstreamGate gate = gate(1);
    gate.reserve(30, PATIENCE);

    assertEquals(Optional.empty(), gate.reserve(1, PATIENCE));
    assertEquals(Optional.empty(), gate.reserve(1, PATIENCE));
    long next = gate.reserve(1, Duration.ofMinutes(1)).orElseThrow().toMillis();

    assertTrue(next <= 30_000, "" + next);
  }

  @Test
  void withoutALimitNobodyWaits() {
    UpstreamGate gate = gate(0);
    gate.reserve(1_000_000, PATIENCE);

    assertEquals(Duration.ZERO, gate.reserve(1, Duration.ZERO).orElseThrow());
    assertEquals(Duration.ZERO, gate.spacing());
  }

  // --- pause ---

  @Test
  void a429PausesAllReplicas() {
    gate(0).heard(tooMany(Duration.ofSeconds(100)), true);

    UpstreamGate other = gate(0);
    assertTrue(other.state().pausedFor().toSeconds() >= 90);
    assertEquals(Optional.empty(), other.reserve(1, PATIENCE));
    assertTrue(other.reserve(1, Duration.ofMinutes(2)).orElseThrow().toSeconds() >= 90);
  }

  @Test
  void aShorterPauseDoesNotCutALongerOne() {
    UpstreamGate gate = gate(0);
    gate.heard(tooMany(Duration.ofSeconds(100)), true);
    gate.heard(tooMany(Duration.ofSeconds(1)), true);

    assertTrue(gate.state().pausedFor().toSeconds() >= 90);
  }

  @Test
  void aPauseThatIsNotStatedIsHalfAMinute() {
    UpstreamGate gate = gate(0);
    gate.heard(tooMany(null), false);

    long seconds = gate.state().pausedFor().toSeconds();
    assertTrue(seconds >= 20 && seconds <= 30, "" + seconds);
  }

  @Test
  void aPauseEnds() throws SQLException {
    UpstreamGate gate = gate(0);
    gate.heard(tooMany(Duration.ofSeconds(100)), true);
    execute("update upstream set paused_until = now() - interval '1 second'");

    assertEquals(new UpstreamGate.State(Duration.ZERO, false), gate.state());
    assertEquals(Duration.ZERO, gate.reserve(1, Duration.ZERO).orElseThrow());
  }

  // --- breaker ---

  @Test
  void aRefusedClientStopsAllReplicasButForOneProbeAtATime() throws SQLException {
    UpstreamGate one = gate(0);
    UpstreamGate other = gate(0);
    one.heard(rejected(OAuthError.INVALID_CLIENT), true);

    assertTrue(other.state().clientRefused());
    assertFalse(one.mayProbe());
    assertFalse(other.mayProbe());

    execute("update upstream set next_probe_at = now() - interval '1 second'");
    assertTrue(other.mayProbe());
    assertFalse(one.mayProbe(), "the other does");
  }

  @Test
  void anyOtherAnswerClosesTheBreaker() {
    for (TokenReply reply : List.of(issued(), rejected(OAuthError.INVALID_GRANT))) {
      UpstreamGate gate = gate(0);
      gate.heard(rejected(OAuthError.INVALID_CLIENT), true);

      gate.heard(reply, true);

      assertFalse(gate.state().clientRefused());
      assertFalse(gate.mayProbe(), "there is nothing to probe");
    }
  }

  @Test
  void anotherReplicasProbeClosesTheBreakerForAll() {
    UpstreamGate one = gate(0);
    UpstreamGate other = gate(0);
    one.heard(rejected(OAuthError.INVALID_CLIENT), true);
    other.state();

    other.heard(issued(), true);

    assertFalse(one.state().clientRefused());
  }

  @Test
  void whatSaysNothingOfTheClientLeavesTheBreakerAsItIs() {
    UpstreamGate gate = gate(0);
    gate.heard(rejected(OAuthError.INVALID_CLIENT), false);
    assertFalse(gate.state().clientRefused(), "a personal grant is presented without it");

    gate.heard(rejected(OAuthError.INVALID_CLIENT), true);
    gate.heard(new TokenReply.Unavailable(Unavailability.TIMEOUT, null), true);
    gate.heard(issued(), false);
    assertTrue(gate.state().clientRefused());
  }
}
