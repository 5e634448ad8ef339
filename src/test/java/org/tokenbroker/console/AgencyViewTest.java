package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tokenbroker.active911.Unavailability;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.GrantKind;

@NullMarked
class AgencyViewTest {

  private static final Instant NOW = Instant.parse("2026-11-24T17:58:49Z");

  private static AgencyView view(
      ConnectionState state, boolean paused, String granted, Duration tokenLife, int failures) {
    return AgencyView.of(
        new AgencyStatus(
            "a-fd",
            "A FD",
            state,
            paused,
            GrantKind.APPLICATION,
            "read_agency read_alert",
            granted,
            null,
            null,
            new Active911Agency("123", "A Fire"),
            null,
            NOW.plus(tokenLife),
            NOW.plus(Duration.ofDays(200)),
            NOW,
            NOW.plusSeconds(60),
            failures,
            null),
        NOW);
  }

  @Test
  void aNarrowedConsentNeedsAttention() {
    AgencyView view = view(ConnectionState.CONNECTED, false, "read_agency", Duration.ofHours(1), 0);

    assertEquals(List.of("Active911 granted less than was asked for"), view.attention());
    assertEquals(
        List.of(true, false, false, false, false, false),
        view.permissions().stream().map(Permission::granted).toList());
  }

  @Test
  void failingLooksWorseThanConnected() {
    AgencyView view =
        view(ConnectionState.CONNECTED, false, "read_agency read_alert", Duration.ofHours(1), 3);

    assertEquals("Connected, failing", view.state());
    assertEquals("warn", view.tone());
    assertEquals(List.of("The last 3 refreshes failed"), view.attention());
  }

  @Test
  void aConsentThatIsGoneHasNoEndAheadOfIt() {
    AgencyView view =
        view(ConnectionState.NEEDS_CONSENT, false, "read_agency", Duration.ofHours(1), 0);

    assertNull(view.consentEnds());
    assertEquals(List.of("The consent is gone: connect again"), view.attention());
    assertTrue(view.explanation().contains("still get the last token"), view.explanation());
  }

  @Test
  void onceTheLastTokenExpiredItSaysSo() {
    AgencyView view =
        view(ConnectionState.NEEDS_CONSENT, false, "read_agency", Duration.ofHours(-1), 0);

    assertTrue(view.explanation().contains("Services get no token."), view.explanation());
  }

  @Test
  void aPausedAgencyWithoutConsentSaysBoth() {
    AgencyView view =
        view(ConnectionState.NEEDS_CONSENT, true, "read_agency", Duration.ofHours(1), 0);

    assertEquals("Paused", view.state());
    assertEquals("bad", view.tone());
    assertTrue(view.explanation().contains("consent is gone as well"), view.explanation());
  }

  @ParameterizedTest
  @EnumSource
  void everyWayOfNotAnsweringHasWords(Unavailability unavailability) {
    String type = "upstream_" + unavailability.name().toLowerCase(Locale.ROOT);

    assertNotEquals(type, AgencyView.failure(type));
  }
}
