package org.tokenbroker.handout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.HandoutState;
import org.tokenbroker.agency.HandoutState.CurrentToken;
import org.tokenbroker.agency.HandoutState.Version;
import org.tokenbroker.handout.MemoryMetrics.Sample;
import org.tokenbroker.handout.MemoryMetrics.TokenState;
import org.tokenbroker.oauth.Secret;

/** What one look at memory finds. */
@NullMarked
class MemoryMetricsTest {

  private static final Instant ISSUED = Instant.parse("2026-11-24T12:00:00Z");
  private static final Duration LIFE = Duration.ofHours(10);

  private static Handout agency(
      ConnectionState state, boolean paused, @Nullable CurrentToken token) {
    return Handout.of(
        new HandoutState(1, "springfield-fd", paused, state, token, new Version(1, 1)));
  }

  /** Lives for ten hours, and is due after seven and a half. */
  private static CurrentToken token(Instant issued) {
    return new CurrentToken(
        Secret.of("access"),
        "read_agency",
        1,
        issued,
        issued.plus(LIFE),
        issued.plus(Duration.ofMinutes(450)));
  }

  private static Sample sample(Instant now, Handout... all) {
    return Sample.of(action -> List.of(all).forEach(action), now);
  }

  private static TokenState after(Duration lived) {
    return TokenState.of(token(ISSUED), ISSUED.plus(lived));
  }

  @Test
  void aTokenIsLateOnceNineTenthsOfItsLifeAreOver() {
    assertEquals(TokenState.FRESH, after(Duration.ofMinutes(449)));
    assertEquals(TokenState.DUE, after(Duration.ofMinutes(450)));
    assertEquals(TokenState.DUE, after(Duration.ofMinutes(539)));
    assertEquals(TokenState.LATE, after(Duration.ofHours(9)));
    assertEquals(TokenState.LATE, after(LIFE.minusSeconds(1)));
    assertEquals(TokenState.EXPIRED, after(LIFE));
  }

  @Test
  void agenciesAreCountedByStateAndTokensOfConnectedOnesOnly() {
    Sample found =
        sample(
            ISSUED.plusSeconds(60),
            agency(ConnectionState.PENDING, false, null),
            agency(ConnectionState.CONNECTED, false, token(ISSUED)),
            agency(ConnectionState.CONNECTED, true, token(ISSUED.plusSeconds(30))),
            agency(ConnectionState.NEEDS_CONSENT, false, token(ISSUED.minus(LIFE))));

    assertEquals(1, found.agencies(ConnectionState.PENDING));
    assertEquals(2, found.agencies(ConnectionState.CONNECTED));
    assertEquals(1, found.agencies(ConnectionState.NEEDS_CONSENT));
    assertEquals(1, found.paused());
    assertEquals(2, found.tokens(TokenState.FRESH));
    assertEquals(0, found.tokens(TokenState.EXPIRED));
    assertEquals(35_940.0, found.earliestExpiry());
  }

  @Test
  void anExpiredTokenOfAConnectedAgencyShowsAsATimeThatIsOver() {
    Sample found =
        sample(
            ISSUED.plus(LIFE).plusSeconds(5),
            agency(ConnectionState.CONNECTED, false, token(ISSUED)));

    assertEquals(1, found.tokens(TokenState.EXPIRED));
    assertEquals(-5, found.earliestExpiry());
  }

  @Test
  void withoutAnyTokenThereIsNoExpiry() {
    assertTrue(Double.isNaN(sample(ISSUED).earliestExpiry()));
  }
}
