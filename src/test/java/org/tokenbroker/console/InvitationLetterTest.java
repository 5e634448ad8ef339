package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class InvitationLetterTest {

  private static final String LINK = "https://broker.example/connect/abc";

  private static String letter(@Nullable String contact) {
    return InvitationLetter.address("A & B FD", contact, LINK, "Alert Boards Inc.");
  }

  @Test
  void itHoldsTheLinkAndWhoAsks() {
    String letter = letter("chief@a.example");

    assertTrue(letter.startsWith("mailto:chief%40a.example?subject="), letter);
    assertFalse(letter.contains("+"), letter);
    String text = URLDecoder.decode(letter, StandardCharsets.UTF_8);
    assertTrue(text.contains(LINK), text);
    assertTrue(text.contains("please allow Alert Boards Inc. to work"), text);
    assertEquals(1, letter.chars().filter(character -> character == '&').count());
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"the chief, by phone", "a@b.example?bcc=c@d.example", "a@b, c@d"})
  void onlyOneAddressIsTakenOver(@Nullable String contact) {
    assertTrue(letter(contact).startsWith("mailto:?subject="), letter(contact));
  }
}
