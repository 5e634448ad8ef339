package org.tokenbroker.onboarding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tokenbroker.onboarding.CallbackPage.Mood;

@NullMarked
class CallbackPageTest {

  private static CallbackPage page(CallbackOutcome outcome) {
    return page(outcome, false);
  }

  private static CallbackPage page(CallbackOutcome outcome, boolean byOfficer) {
    return CallbackPage.of(
        new CallbackResults.Result(outcome, "a-fd", "A FD", "Their name for it", byOfficer),
        new Organisation(Optional.of("Alert Boards Inc.")));
  }

  @ParameterizedTest
  @EnumSource
  void onlyAConnectionLooksLikeSuccess(CallbackOutcome outcome) {
    assertEquals(outcome == CallbackOutcome.CONNECTED, page(outcome).mood() == Mood.GOOD);
    assertEquals(outcome == CallbackOutcome.CONNECTED, page(outcome, true).mood() == Mood.GOOD);
  }

  @ParameterizedTest
  @EnumSource
  void whatIsKeptIsNotCalledLost(CallbackOutcome outcome) {
    Set<CallbackOutcome> kept =
        EnumSet.of(
            CallbackOutcome.OTHER_AGENCY,
            CallbackOutcome.TO_BE_CONFIRMED,
            CallbackOutcome.IDENTITY_UNKNOWN);

    assertEquals(kept.contains(outcome), page(outcome).mood() == Mood.WAITING);
    assertEquals(kept.contains(outcome), page(outcome, true).mood() == Mood.WAITING);
  }

  @Test
  void theAgencyIsNamedAsActive911DoesIt() {
    assertTrue(
        page(CallbackOutcome.OTHER_AGENCY).happened().contains("“Their name for it”"),
        page(CallbackOutcome.OTHER_AGENCY).happened());
  }

  @ParameterizedTest
  @EnumSource
  void anOfficerReadsNoWordOfTheTrade(CallbackOutcome outcome) {
    CallbackPage page = page(outcome, true);
    String all = page.title() + page.happened() + page.next();

    assertFalse(
        Pattern.compile("(?i)token|oauth|client|scope|console|admin|redirect|broker")
            .matcher(all)
            .find(),
        all);
  }

  @Test
  void anOfficerReadsWhoAskedAndHowToWithdraw() {
    CallbackPage page = page(CallbackOutcome.CONNECTED, true);

    assertTrue(page.happened().contains("Alert Boards Inc."), page.happened());
    assertTrue(page.next().contains("To withdraw the permission"), page.next());
  }
}
