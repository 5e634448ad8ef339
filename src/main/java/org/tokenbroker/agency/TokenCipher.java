package org.tokenbroker.agency;

import com.google.crypto.tink.Aead;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.RegistryConfiguration;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.AeadKey;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.tokenbroker.oauth.ConfiguredSecrets;
import org.tokenbroker.oauth.Secret;

/**
 * Encrypts tokens for the database with an AEAD of Tink. The associated data binds each ciphertext
 * to the row and column it was made for, so that a value copied to another place does not decrypt.
 */
@Singleton
public final class TokenCipher {

  static final String KEYSET = "broker.encryption-keyset";

  /**
   * For virtual threads, of which each refresh has its own: the library keeps a cipher and a source
   * of randomness for each thread, and making these takes ten times as long as encrypting.
   */
  private static final ExecutorService LASTING_THREADS =
      Executors.newFixedThreadPool(
          Runtime.getRuntime().availableProcessors(),
          Thread.ofPlatform().daemon().name("token-cipher-", 0).factory());

  private final Supplier<Secret> keyset;
  private volatile Keys keys;

  /**
   * What a keyset holds.
   *
   * @param prefix how its ciphertexts begin
   * @param ids of its keys
   * @param primaryId of the key that encrypts
   */
  @SuppressWarnings("ArrayRecordComponent") // two of them are never compared
  private record Keys(Secret keyset, Aead aead, byte[] prefix, Set<Long> ids, long primaryId) {

    static Keys of(Secret keyset) {
      try {
        AeadConfig.register();
        KeysetHandle handle =
            TinkJsonProtoKeysetFormat.parseKeyset(keyset.value(), InsecureSecretKeyAccess.get());
        return new Keys(
            keyset,
            handle.getPrimitive(RegistryConfiguration.get(), Aead.class),
            handle.getPrimary().getKey() instanceof AeadKey key
                ? key.getOutputPrefix().toByteArray()
                : new byte[0],
            IntStream.range(0, handle.size())
                .mapToObj(index -> Integer.toUnsignedLong(handle.getAt(index).getId()))
                .collect(Collectors.toUnmodifiableSet()),
            Integer.toUnsignedLong(handle.getPrimary().getId()));
      } catch (GeneralSecurityException e) {
        // The cause is left out: a parser's message may quote the key material that it could not
        // read.
        throw new IllegalArgumentException("not a Tink keyset of AEAD keys in JSON");
      }
    }
  }

  /** With the configured keyset; with another one as soon as that is in force. */
  @Inject
  TokenCipher(ConfiguredSecrets secrets) {
    this(() -> secrets.get(KEYSET));
  }

  /**
   * Reads a keyset, which stays.
   *
   * @param keyset a Tink keyset in JSON whose primary key is an AEAD
   * @throws IllegalArgumentException if it is not one
   */
  public TokenCipher(String keyset) {
    this(always(Secret.of(keyset)));
  }

  private TokenCipher(Supplier<Secret> keyset) {
    this.keyset = keyset;
    this.keys = Keys.of(keyset.get());
  }

  private static Supplier<Secret> always(Secret secret) {
    return () -> secret;
  }

  private Keys keys() {
    Secret present = keyset.get();
    Keys known = keys;
    if (known.keyset().equals(present)) {
      return known;
    }
    Keys changed = Keys.of(present);
    keys = changed;
    return changed;
  }

  /**
   * How every ciphertext begins that this cipher makes: it names the primary key. Empty if the key
   * was made, elsewhere, to leave that out; then nothing tells by which key a ciphertext was made.
   */
  byte[] prefix() {
    return keys().prefix().clone();
  }

  /** The id of the key that encrypts; empty if nothing tells by which key a ciphertext was made. */
  public OptionalLong primaryKeyId() {
    Keys present = keys();
    return present.prefix().length == 0
        ? OptionalLong.empty()
        : OptionalLong.of(present.primaryId());
  }

  /** The ids of the keys that this cipher decrypts with. */
  public Set<Long> keyIds() {
    return keys().ids();
  }

  /** The id of the key that encrypts, also where its ciphertexts do not tell. */
  long encryptingKeyId() {
    return keys().primaryId();
  }

  /**
   * Encrypts a text for one place.
   *
   * @param place the row and column, or the file, that the ciphertext is for
   */
  public byte[] encrypt(Secret token, Place place) {
    Aead aead = keys().aead();
    return Thread.currentThread().isVirtual()
        // Not to be interrupted: what is encrypted may be the only copy of a live token.
        ? CompletableFuture.supplyAsync(() -> encrypt(aead, token, place), LASTING_THREADS).join()
        : encrypt(aead, token, place);
  }

  private static byte[] encrypt(Aead aead, Secret token, Place place) {
    try {
      return aead.encrypt(token.value().getBytes(StandardCharsets.UTF_8), place.associatedData());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a checked keyset encrypts", e);
    }
  }

  /**
   * Decrypts what was encrypted for this place.
   *
   * @throws UndecipherableException if no key of the keyset made it for this place
   */
  public Secret decrypt(byte[] ciphertext, Place place) {
    try {
      return Secret.of(
          new String(
              keys().aead().decrypt(ciphertext, place.associatedData()), StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new UndecipherableException(place);
    }
  }

  /**
   * Where a ciphertext belongs.
   *
   * @param table the table's name
   * @param row the row's primary key: an id that is never given to another agency, not the slug
   * @param column the column's name
   */
  public record Place(String table, String row, String column) {

    static Place ofGrant(long agencyId, String column) {
      return new Place("agency_grant", Long.toString(agencyId), column);
    }

    static Place ofCandidate(String id, String column) {
      return new Place("candidate", id, column);
    }

    /** An entry of a journal, by the name of its file. */
    public static Place ofJournal(String file) {
      return new Place("journal", file, "answer");
    }

    byte[] associatedData() {
      return (table + '/' + row + '/' + column).getBytes(StandardCharsets.UTF_8);
    }
  }

  /** A stored value that the configured keyset cannot read: a wrong keyset, or a moved value. */
  public static final class UndecipherableException extends RuntimeException {
    UndecipherableException(Place place) {
      super("cannot decrypt " + place.column() + " of " + place.table() + " " + place.row());
    }
  }
}
