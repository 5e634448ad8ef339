package org.tokenbroker.development;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.Supplier;
import org.tokenbroker.oauth.Secret;

/**
 * Where development keeps what outlives a run: the database, the simulator's consents, the keys.
 * Deleting the directory is how to start anew.
 *
 * @param path the directory
 */
record DevelopmentDirectory(Path path) {

  /** The one of this checkout. */
  static DevelopmentDirectory ofWorkingDirectory() {
    return new DevelopmentDirectory(Path.of(".dev").toAbsolutePath());
  }

  /** PostgreSQL's data directory. */
  Path postgres() {
    return path.resolve("postgres");
  }

  /** The simulator's consents. */
  Path simulator() {
    return path.resolve("simulator.json");
  }

  /** The refreshed tokens that the database does not hold yet. */
  Path journal() {
    return path.resolve("journal");
  }

  /** Locked by the one process that keeps PostgreSQL and the simulator. */
  Path lock() {
    return path.resolve("lock");
  }

  /** What that process has to say. */
  Path log() {
    return path.resolve("surroundings.log");
  }

  /** The id of the process that runs the broker. */
  Path brokerPid() {
    return path.resolve("broker.pid");
  }

  private Path sampleCallerKey() {
    return path.resolve("sample-caller-key");
  }

  /** The admin key, made when first asked for. */
  String adminKey() {
    return keptOrMade(
        path.resolve("admin-key"), () -> "dev-" + Secret.random(new SecureRandom()).value());
  }

  /** The encryption keyset, made when first asked for. */
  String keyset() {
    return keptOrMade(path.resolve("keyset.json"), DevelopmentDirectory::newKeyset);
  }

  private static String newKeyset() {
    try {
      AeadConfig.register();
      return TinkJsonProtoKeysetFormat.serializeKeyset(
          KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM),
          InsecureSecretKeyAccess.get());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Tink makes AES keys", e);
    }
  }

  /** The sample caller's key of an earlier run. */
  Optional<String> keptSampleCallerKey() {
    return kept(sampleCallerKey());
  }

  void keepSampleCallerKey(String key) {
    keep(sampleCallerKey(), key);
  }

  private static String keptOrMade(Path file, Supplier<String> maker) {
    return kept(file)
        .orElseGet(
            () -> {
              String made = maker.get().strip();
              keep(file, made);
              return made;
            });
  }

  static Optional<String> kept(Path file) {
    try {
      return Files.exists(file)
          ? Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty())
          : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whole or not at all: a run may be killed at any time. */
  static void keep(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Path draft = Files.writeString(file.resolveSibling(file.getFileName() + ".new"), text + "\n");
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
