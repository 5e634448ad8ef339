package org.tokenbroker.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@NullMarked
class AudienceTest {

  @ParameterizedTest
  @CsvSource({
    "/tokens, CALLERS",
    "/tokens/springfield-fd, CALLERS",
    "/tokens/springfield-fd/refresh, CALLERS",
    "/tokens2, ADMINS",
    "/tokens;x=1/springfield-fd, ADMINS",
    "/, BROWSERS",
    "/console, BROWSERS",
    "/console/agencies/x, BROWSERS",
    "/consoles, ADMINS",
    "/callback, BROWSERS",
    "/callback/result/x, BROWSERS",
    "/callbacks, ADMINS",
    "/connect/x, BROWSERS",
    "/agencies, ADMINS",
    "/agencies/console, ADMINS",
    "/anything, ADMINS",
    "'', ADMINS",
  })
  void anAddressThatIsNotKnownToBeForOthersIsForAdmins(String path, Audience audience) {
    assertEquals(audience, Audience.of(path));
  }
}
