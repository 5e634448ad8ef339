package org.tokenbroker.caller;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.util.Optional;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class ApiKeyTest {

  private final SecureRandom random = new SecureRandom();

  @Test
  void aNewKeyHasTheDocumentedForm() {
    assertTrue(
        ApiKey.generate(ApiKey.Kind.CALLER, random)
            .text()
            .value()
            .matches("tbk_[0-9A-Za-z]{12}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}"));
    assertTrue(ApiKey.generate(ApiKey.Kind.ADMIN, random).text().value().startsWith("tba_"));
  }

  @Test
  void aKeyIsReadBack() {
    ApiKey key = ApiKey.generate(ApiKey.Kind.CALLER, random);

    assertEquals(Optional.of(key), ApiKey.parse(key.text().value()));
  }

  @Test
  void theChecksumIsThatOfTheTextBeforeIt() {
    // crc32("tbk_a_b") = 0xa49bfa2e, in base62 with six digits
    assertEquals("a", ApiKey.parse("tbk_a_b_" + base62(crc("tbk_a_b"))).orElseThrow().id());
  }

  private static long crc(String text) {
    var crc = new java.util.zip.CRC32();
    crc.update(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return crc.getValue();
  }

  private static String base62(long value) {
    String digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    StringBuilder text = new StringBuilder();
    for (long rest = value; text.length() < 6; rest /= 62) {
      text.insert(0, digits.charAt((int) (rest % 62)));
    }
    return text.toString();
  }

  @Test
  void aTypoIsNoKey() {
    String key = ApiKey.generate(ApiKey.Kind.CALLER, random).text().value();
    for (int i = 4; i < key.length(); i++) {
      char other = key.charAt(i) == 'x' ? 'y' : 'x';
      String typo = key.substring(0, i) + other + key.substring(i + 1);
      assertFalse(ApiKey.parse(typo).isPresent(), typo);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "tbk_", "tbk__", "tbk___", "tbk_a", "tbk_a_b", "sk_a_b_c", "tbk_a_000000"})
  void anythingElseIsNoKey(String text) {
    assertEquals(Optional.empty(), ApiKey.parse(text));
  }

  @Test
  void aKeyDoesNotPrintItself() {
    ApiKey key = ApiKey.generate(ApiKey.Kind.CALLER, random);

    assertFalse(key.toString().contains(key.text().value()));
  }

  @Test
  void twoKeysDiffer() {
    assertNotEquals(
        ApiKey.generate(ApiKey.Kind.CALLER, random), ApiKey.generate(ApiKey.Kind.CALLER, random));
  }
}
