package org.tokenbroker.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class DistinguishedNameTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CN=board,O=Example            | CN=board, O=Example",
        "CN=board,O=Example            | cn=BOARD,o=example",
        "CN=board,O=Example            | CN=\"board\",O=Example",
        "CN=board,O=Example            | 2.5.4.3=board,2.5.4.10=Example",
        "CN=a\\,b,O=Example            | CN=\"a,b\",O=Example",
        "CN=board + OU=x,O=Example     | OU=x + CN=board,O=Example",
      })
  void twoSpellingsAreOneName(String one, String other) {
    assertEquals(DistinguishedName.parse(one), DistinguishedName.parse(other));
    assertTrue(DistinguishedName.parse(one).isPresent());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "CN=board,O=Example | O=Example,CN=board",
        "CN=board,O=Example | CN=board",
        "CN=board,O=Example | CN=board,O=Example,C=US",
        "CN=board,O=Example | CN=board2,O=Example",
        "CN=a\\,O\\=b       | CN=a,O=b",
      })
  void twoNamesAreNotOne(String one, String other) {
    assertNotEquals(DistinguishedName.parse(one), DistinguishedName.parse(other));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "board", "CN", "CN=a,,O=b", "=board"})
  void whatIsNoNameIsNone(String text) {
    assertTrue(DistinguishedName.parse(text).isEmpty());
  }
}
