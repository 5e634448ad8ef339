package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.mac.MacConfig;
import com.google.crypto.tink.mac.PredefinedMacParameters;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class KeysetCommandTest {

  private static final byte[] TEXT = "a token".getBytes(StandardCharsets.UTF_8);
  private static final byte[] PLACE = "a place".getBytes(StandardCharsets.UTF_8);

  record Outcome(int exitCode, String out, String err) {}

  @Test
  void createPrintsOneLineThatIsAKeysetOfOneKey() throws GeneralSecurityException {
    Outcome outcome = keyset("", "create");

    assertEquals(Broker.OK, outcome.exitCode());
    assertEquals("", outcome.err());
    assertEquals(1, outcome.out().lines().count());
    assertEquals(1, parse(outcome.out()).size());
  }

  @Test
  void givenAnAddedKeyThenTheOldOneStillEncrypts() throws GeneralSecurityException {
    KeysetHandle old = parse(keyset("", "create").out());

    KeysetHandle added = parse(keyset(print(old), "add").out());

    assertEquals(2, added.size());
    assertEquals(old.getPrimary().getId(), added.getPrimary().getId());
  }

  @Test
  void givenAPromotedKeyThenItEncryptsAndTheOldOneStillDecrypts() throws GeneralSecurityException {
    KeysetHandle old = parse(keyset("", "create").out());
    byte[] ciphertext = aead(old).encrypt(TEXT, PLACE);

    KeysetHandle promoted = parse(keyset(keyset(print(old), "add").out(), "promote").out());

    assertFalse(old.getPrimary().getId() == promoted.getPrimary().getId());
    assertArrayEquals(TEXT, aead(promoted).decrypt(ciphertext, PLACE));
  }

  @Test
  void givenTheOldKeyRemovedThenTheNewOneIsLeft() throws GeneralSecurityException {
    String created = keyset("", "create").out();
    String promoted = keyset(keyset(created, "add").out(), "promote").out();

    KeysetHandle left = parse(keyset(promoted, "remove", primaryIdOf(created)).out());

    assertEquals(1, left.size());
    assertEquals(parse(promoted).getPrimary().getId(), left.getPrimary().getId());
  }

  @Test
  void givenTheKeyThatEncryptsThenItIsNotRemoved() throws GeneralSecurityException {
    String created = keyset("", "create").out();

    Outcome outcome = keyset(created, "remove", primaryIdOf(created));

    assertEquals(Broker.FAILED, outcome.exitCode());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains("promote another first"), outcome.err());
  }

  @Test
  void givenNoOtherKeyThenNoneIsPromoted() {
    Outcome outcome = keyset(keyset("", "create").out(), "promote");

    assertEquals(Broker.FAILED, outcome.exitCode());
    assertEquals("", outcome.out());
  }

  @Test
  void givenAnUnknownKeyIdThenNothingIsRemoved() {
    Outcome outcome = keyset(keyset("", "create").out(), "remove", "nonsense");

    assertEquals(new Outcome(Broker.FAILED, "", "The keyset has no key of this id.\n"), outcome);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "nonsense", "{\"primaryKeyId\":1,\"key\":[{\"secret\":\"nonsense\"}]}"})
  void givenNoKeysetThenTheMessageDoesNotRepeatIt(String input) {
    Outcome outcome = keyset(input, "add");

    assertEquals(
        new Outcome(
            Broker.FAILED, "", "Standard input is not a Tink keyset of AEAD keys in JSON.\n"),
        outcome);
  }

  @Test
  void givenAKeysetForSomethingElseThenItIsRefused() throws GeneralSecurityException {
    MacConfig.register();
    String macs = print(KeysetHandle.generateNew(PredefinedMacParameters.HMAC_SHA256_128BITTAG));

    Outcome outcome = keyset(macs, "add");

    assertEquals(Broker.FAILED, outcome.exitCode());
    assertEquals("", outcome.out());
  }

  @Test
  void givenAKeyThatIsStillInUseThenItIsNotRemoved() throws GeneralSecurityException {
    String old = keyset("", "create").out();
    String promoted = keyset(keyset(old, "add").out(), "promote").out();

    Outcome outcome =
        keyset(
            keyId -> OptionalLong.of(keyId == Long.parseLong(primaryOf(old)) ? 7 : 0),
            promoted,
            "remove",
            primaryOf(old));

    assertEquals(Broker.FAILED, outcome.exitCode());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().contains("still decrypts 7 stored tokens"), outcome.err());
  }

  @Test
  void givenNoDatabaseThenItIsSaidThatNothingWasChecked() throws GeneralSecurityException {
    String old = keyset("", "create").out();
    String promoted = keyset(keyset(old, "add").out(), "promote").out();

    Outcome outcome = keyset(keyId -> OptionalLong.empty(), promoted, "remove", primaryOf(old));

    assertEquals(Broker.OK, outcome.exitCode());
    assertEquals(1, parse(outcome.out()).size());
    assertTrue(outcome.err().contains("Not checked"), outcome.err());
  }

  private static String primaryOf(String keyset) {
    try {
      return primaryIdOf(keyset);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "destroy", "create now", "remove", "add 1"})
  void givenNoSuchCommandThenTheUsageIsPrintedAsAnError(String arguments) {
    Outcome outcome = keyset("", arguments.isEmpty() ? new String[0] : arguments.split(" ", -1));

    assertEquals(Broker.USAGE, outcome.exitCode());
    assertEquals("", outcome.out());
    assertTrue(outcome.err().startsWith("usage: "), outcome.err());
  }

  private static Outcome keyset(String input, String... arguments) {
    return keyset(keyId -> OptionalLong.of(0), input, arguments);
  }

  private static Outcome keyset(
      KeysetCommand.StoredTokens stored, String input, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int exitCode =
        KeysetCommand.run(
            List.of(arguments),
            stored,
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return new Outcome(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static String primaryIdOf(String keyset) throws GeneralSecurityException {
    return Integer.toUnsignedString(parse(keyset).getPrimary().getId());
  }

  private static KeysetHandle parse(String keyset) throws GeneralSecurityException {
    return TinkJsonProtoKeysetFormat.parseKeyset(keyset, InsecureSecretKeyAccess.get());
  }

  private static String print(KeysetHandle keyset) throws GeneralSecurityException {
    return TinkJsonProtoKeysetFormat.serializeKeyset(keyset, InsecureSecretKeyAccess.get());
  }

  private static Aead aead(KeysetHandle keyset) throws GeneralSecurityException {
    return keyset.getPrimitive(RegistryConfiguration.get(), Aead.class);
  }
}
