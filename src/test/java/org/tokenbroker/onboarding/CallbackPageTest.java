package org.tokenbroker.onboarding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tokenbroker.onboarding.CallbackPage.Mood;

@NullMarked
class CallbackPageTest {

  private static CallbackPage page(CallbackOutcome outcome) {
    return CallbackPage.of(
        new CallbackResults.Result(outcome, "a-fd", "A FD", "Their name for it"));
  }

  @ParameterizedTest
  @EnumSource
  void onlyAConnectionLooksLikeSuccess(CallbackOutcome outcome) {
    assertEquals(outcome == CallbackOutcome.CONNECTED, page(outcome).mood() == Mood.GOOD);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsKeptIsNotCalledLost(CallbackOutcome outcome) {
    Set<CallbackOutcome> kept =
        EnumSet.of(CallbackOutcome.OTHER_AGENCY, CallbackOutcome.IDENTITY_UNKNOWN);

    assertEquals(kept.contains(outcome), page(outcome).mood() == Mood.WAITING);
  }

  @Test
  void theAgencyIsNamedAsActive911DoesIt() {
    assertTrue(
        page(CallbackOutcome.OTHER_AGENCY).happened().contains("“Their name for it”"),
        page(CallbackOutcome.OTHER_AGENCY).happened());
  }
}
