package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@NullMarked
class AgencyFormTest {

  @ParameterizedTest
  @CsvSource({
    "Springfield FD, springfield-fd",
    "  St. Mary's / Köln (2), st-mary-s-koln-2",
    "Ærø Brandvæsen, r-brandv-sen",
    "-- 7 --, 7",
    "消防署, ''"
  })
  void theShortNameIsMadeFromTheName(String name, String slug) {
    assertEquals(slug, AgencyForm.sent(name, null, null, null, null).suggestedSlug());
  }

  @Test
  void aLongNameMakesAShortNameThatIsStillOne() {
    String name = "a".repeat(62) + " fire department";

    assertEquals("a".repeat(62), AgencyForm.sent(name, null, null, null, null).suggestedSlug());
  }

  @Test
  void readAgencyIsAlwaysAskedFor() {
    assertEquals(
        Set.of("read_agency", "read_alert"),
        AgencyForm.sent("x", "x", List.of("read_alert"), null, null).scope());
  }
}
