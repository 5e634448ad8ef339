package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.agency.TokenCipher.Place;
import org.tokenbroker.agency.TokenCipher.UndecipherableException;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.testing.TestKeyset;

@NullMarked
class TokenCipherTest {

  private static final Place PLACE = Place.ofGrant(1, "access_token");
  private static final Secret TOKEN = Secret.of("a token");

  private final String first = TestKeyset.create();
  private String keyset = first;
  private final TokenCipher cipher =
      new TokenCipher(
          (String property) ->
              property.equals("broker.encryption-keyset")
                  ? Optional.of(Secret.of(keyset))
                  : Optional.empty());

  @Test
  void givenAnotherKeysetComesInForceThenItsPrimaryKeyEncryptsAndTheOldOneDecrypts() {
    byte[] before = cipher.encrypt(TOKEN, PLACE);

    keyset = TestKeyset.withNewPrimary(first);
    byte[] after = cipher.encrypt(TOKEN, PLACE);

    assertNotEquals(TestKeyset.primaryOf(first), cipher.encryptingKeyId());
    assertEquals(TestKeyset.primaryOf(keyset), cipher.encryptingKeyId());
    assertArrayEquals(cipher.prefix(), Arrays.copyOf(after, cipher.prefix().length));
    assertEquals(TOKEN, cipher.decrypt(before, PLACE));
    assertEquals(TOKEN, cipher.decrypt(after, PLACE));
    assertThrows(UndecipherableException.class, () -> new TokenCipher(first).decrypt(after, PLACE));
  }
}
