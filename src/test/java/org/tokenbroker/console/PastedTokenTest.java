package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.agency.GrantKind;

@NullMarked
class PastedTokenTest {

  private static final String TOKEN = "9fe142d40e52465f5e71532a4587d5a6b5847859";

  static Stream<Arguments> surroundings() {
    return Stream.of(
        Arguments.of("%s", ""),
        Arguments.of("\n  %s \u00a0\n", "spaces"),
        Arguments.of("\ufeff%s\u200b", "spaces"),
        Arguments.of("\"%s\"", "quotes"),
        Arguments.of("“%s”", "quotes"),
        Arguments.of(" '%s', ", "quotes spaces"),
        Arguments.of("refresh_token=%s", "label"),
        Arguments.of("Refresh token: %s", "label"),
        Arguments.of("grant_type=refresh_token&refresh_token=%s&client_id=x", "label"),
        Arguments.of("access_token: abc\nrefresh_token: %s\n", "label spaces"),
        Arguments.of("  \"refresh_token\": \"%s\",", "label spaces"),
        Arguments.of("{\"refresh_token\":\"%s\"}", "json"));
  }

  @ParameterizedTest
  @MethodSource("surroundings")
  void aTokenIsTakenOutOfWhatSurroundsIt(String around, String findings) {
    PastedToken.Recognised recognised =
        assertInstanceOf(PastedToken.Recognised.class, PastedToken.read(around.formatted(TOKEN)));

    assertEquals(TOKEN, recognised.token().value());
    assertEquals(
        findings,
        recognised.findings().stream()
            .map(PastedToken.Finding::code)
            .sorted()
            .collect(Collectors.joining(" ")));
  }

  @Test
  void anApplicationsAnswerIsRecognised() {
    PastedToken.Recognised recognised =
        assertInstanceOf(
            PastedToken.Recognised.class,
            PastedToken.read(
                """
                {"access_token":"a","token_type":"Bearer","expires_in":"86400",
                 "refresh_token":"%s","scope":"read_agency"}
                """
                    .formatted(TOKEN)));

    assertEquals(GrantKind.APPLICATION, recognised.kind());
    assertEquals(
        Set.of(
            PastedToken.Finding.SPACES, PastedToken.Finding.JSON, PastedToken.Finding.APPLICATION),
        recognised.findings());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " \n ",
        "''",
        "{\"access_token\":\"" + TOKEN + "\",\"expiration\":1764081529}",
        "{\"refresh_token\":\"\"}",
        "{\"refresh_token\":\"" + TOKEN,
        "{}",
        "access_token=" + TOKEN,
        "Bearer " + TOKEN,
        "Authorization: Bearer " + TOKEN,
        "https://broker.example/callback?code=" + TOKEN + "&state=x",
        "tbk_" + TOKEN,
        TOKEN + " " + TOKEN,
        TOKEN + "\n" + TOKEN,
      })
  void whatIsNoRefreshTokenIsSaidToBeNone(String pasted) {
    PastedToken.Faulty faulty =
        assertInstanceOf(PastedToken.Faulty.class, PastedToken.read(pasted));

    assertFalse(faulty.fault().isBlank());
    assertFalse(faulty.fault().contains(TOKEN), faulty.fault());
  }

  @Test
  void onlyKnownFindingsAreSpokenOf() {
    assertEquals(List.of(), PastedToken.Finding.sentences("<b>-nothing"));
    assertEquals(2, PastedToken.Finding.sentences("json-spaces").size());
  }
}
