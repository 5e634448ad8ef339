package org.tokenbroker.platform;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeyStatus;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.AeadKey;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.List;
import java.util.OptionalLong;

/**
 * Makes and changes encryption keysets. A key is rolled in three steps, each deployed everywhere
 * before the next: {@code add}, so that every replica can read what the new key will write; {@code
 * promote}, so that it writes; and, when nothing that the old key wrote is left, {@code remove}.
 *
 * <p>Standard output gets a keyset and nothing else; no message holds key material.
 */
final class KeysetCommand {

  private static final int SIZE_LIMIT = 1 << 20;

  private KeysetCommand() {}

  /**
   * Runs one of the keyset commands.
   *
   * @param arguments what follows {@code keyset}
   * @param stored what is asked before a key is removed
   * @param in the old keyset, for the commands that take one
   * @return the exit code
   */
  static int run(
      List<String> arguments,
      StoredTokens stored,
      InputStream in,
      PrintStream out,
      PrintStream err) {
    try {
      AeadConfig.register();
      String command = arguments.isEmpty() ? "" : arguments.getFirst();
      if (arguments.size() != (command.equals("remove") ? 2 : 1)) {
        return Broker.usage(err);
      }
      KeysetHandle result;
      switch (command) {
        case "create" -> result = create();
        case "add" -> result = add(read(in));
        case "promote" -> result = promote(read(in));
        case "remove" -> {
          result = remove(arguments.getLast(), read(in));
          requireUnused(arguments.getLast(), stored, err);
        }
        default -> {
          return Broker.usage(err);
        }
      }
      out.println(
          TinkJsonProtoKeysetFormat.serializeKeyset(result, InsecureSecretKeyAccess.get()).strip());
      return Broker.OK;
    } catch (RefusedException e) {
      err.println(e.getMessage());
      return Broker.FAILED;
    } catch (GeneralSecurityException e) {
      // Its message may quote what it could not take.
      err.println("The keyset could not be made.");
      return Broker.FAILED;
    }
  }

  private static KeysetHandle create() throws GeneralSecurityException {
    return KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM);
  }

  private static KeysetHandle add(KeysetHandle old) throws GeneralSecurityException {
    return KeysetHandle.newBuilder(old)
        .addEntry(
            KeysetHandle.generateEntryFromParameters(PredefinedAeadParameters.AES256_GCM)
                .withRandomId())
        .build();
  }

  private static KeysetHandle promote(KeysetHandle old)
      throws GeneralSecurityException, RefusedException {
    // New keys are added at the end.
    for (int index = old.size() - 1; index >= 0; index--) {
      KeysetHandle.Entry entry = old.getAt(index);
      if (!entry.isPrimary() && entry.getStatus() == KeyStatus.ENABLED) {
        KeysetHandle.Builder builder = KeysetHandle.newBuilder(old);
        builder.getAt(index).makePrimary();
        return builder.build();
      }
    }
    throw new RefusedException("The keyset has no other key to promote: add one first.");
  }

  private static KeysetHandle remove(String keyId, KeysetHandle old)
      throws GeneralSecurityException, RefusedException {
    for (int index = 0; index < old.size(); index++) {
      KeysetHandle.Entry entry = old.getAt(index);
      if (Integer.toUnsignedString(entry.getId()).equals(keyId)) {
        if (entry.isPrimary()) {
          throw new RefusedException(
              "This key encrypts: promote another first, and encrypt anew what this one wrote.");
        }
        return KeysetHandle.newBuilder(old).deleteAt(index).build();
      }
    }
    throw new RefusedException("The keyset has no key of this id.");
  }

  private static void requireUnused(String keyId, StoredTokens stored, PrintStream err)
      throws RefusedException {
    try {
      OptionalLong values = stored.encryptedBy(Long.parseLong(keyId));
      if (values.isEmpty()) {
        err.println(
            "Not checked whether the key is still in use: QUARKUS_DATASOURCE_JDBC_URL names no"
                + " database. A broker with this keyset does not start while it is.");
      } else if (values.getAsLong() > 0) {
        throw new RefusedException(
            "This key still decrypts "
                + values.getAsLong()
                + " stored tokens: wait until they are encrypted anew with the promoted key.");
      }
    } catch (SQLException e) {
      throw new RefusedException(
          "Whether the key is still in use could not be asked: SQL state " + e.getSQLState());
    }
  }

  /** What the database says of a key. */
  @FunctionalInterface
  interface StoredTokens {
    /** How many stored values the key has encrypted; empty where no database is configured. */
    OptionalLong encryptedBy(long keyId) throws SQLException;
  }

  private static KeysetHandle read(InputStream in) throws RefusedException {
    try {
      byte[] text = in.readNBytes(SIZE_LIMIT + 1);
      if (text.length > SIZE_LIMIT) {
        throw new RefusedException("Standard input is too long for a keyset.");
      }
      KeysetHandle keyset =
          TinkJsonProtoKeysetFormat.parseKeyset(
              new String(text, StandardCharsets.UTF_8).strip(), InsecureSecretKeyAccess.get());
      if (keyset.getPrimary().getKey() instanceof AeadKey) {
        return keyset;
      }
    } catch (IOException | GeneralSecurityException e) {
      // Said below; the exception's message may quote key material.
    }
    throw new RefusedException("Standard input is not a Tink keyset of AEAD keys in JSON.");
  }

  /** A request that a message of ours answers. */
  private static final class RefusedException extends Exception {
    RefusedException(String message) {
      super(message);
    }
  }
}
