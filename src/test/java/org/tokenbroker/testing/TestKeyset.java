package org.tokenbroker.testing;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import java.security.GeneralSecurityException;

/** A fresh encryption keyset: none is kept in the sources. */
public final class TestKeyset {

  private TestKeyset() {}

  /** A Tink keyset of one AES-256-GCM key, in JSON. */
  public static String create() {
    try {
      AeadConfig.register();
      return write(KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Tink cannot make a keyset", e);
    }
  }

  /** The keys of a keyset and a new one, which is the primary. */
  public static String withNewPrimary(String keyset) {
    try {
      return write(
          KeysetHandle.newBuilder(read(keyset))
              .addEntry(
                  KeysetHandle.generateEntryFromParameters(PredefinedAeadParameters.AES256_GCM)
                      .withRandomId()
                      .makePrimary())
              .build());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Tink cannot add a key", e);
    }
  }

  /** The id of the key that encrypts. */
  public static long primaryOf(String keyset) {
    try {
      return Integer.toUnsignedLong(read(keyset).getPrimary().getId());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("not a keyset", e);
    }
  }

  private static KeysetHandle read(String keyset) throws GeneralSecurityException {
    AeadConfig.register();
    return TinkJsonProtoKeysetFormat.parseKeyset(keyset, InsecureSecretKeyAccess.get());
  }

  private static String write(KeysetHandle keyset) throws GeneralSecurityException {
    return TinkJsonProtoKeysetFormat.serializeKeyset(keyset, InsecureSecretKeyAccess.get());
  }
}
