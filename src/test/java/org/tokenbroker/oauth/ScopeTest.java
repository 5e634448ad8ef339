package org.tokenbroker.oauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class ScopeTest {

  @Test
  void aListIsReadInItsOrderWithoutRepetition() {
    assertEquals(
        "read_alert read_agency", Scope.parse("  read_alert read_agency   read_alert ").toString());
  }

  @Test
  void itKnowsWhatItHolds() {
    Scope scope = Scope.parse("read_agency_details");

    assertTrue(scope.contains("read_agency_details"));
    assertFalse(scope.contains("read_agency"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "   ", "a\"b", "a\\b", "a\u00e9", "a\nb", "a\tb"})
  void whatTheStandardDoesNotAllowIsNoScope(String text) {
    assertThrows(IllegalArgumentException.class, () -> Scope.parse(text));
  }
}
