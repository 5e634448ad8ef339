package org.tokenbroker.caller;

import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.tokenbroker.oauth.Secret;

/** The admin keys of the configuration: the present one, and the next one while it is rolled. */
@ApplicationScoped
public class AdminKeys {

  private final List<byte[]> hashes = new ArrayList<>();

  AdminKeys(
      @ConfigProperty(name = "broker.admin-key") String key,
      @ConfigProperty(name = "broker.admin-key-next") Optional<String> next) {
    hashes.add(hash(key));
    next.ifPresent(another -> hashes.add(hash(another)));
  }

  /** The admin whose key this is; compares in constant time. */
  public Optional<Admin> authenticate(String key) {
    return isValid(hash(key)) ? Optional.of(Admin.BOOTSTRAP) : Optional.empty();
  }

  /** Whether a key of which only the hash is left is still valid, for sessions begun with it. */
  public boolean isValid(byte[] hash) {
    boolean valid = false;
    for (byte[] known : hashes) {
      valid |= MessageDigest.isEqual(known, hash);
    }
    return valid;
  }

  /** What a session keeps of the key that it was begun with. */
  public static byte[] hash(String key) {
    return Secret.sha256(key.getBytes(StandardCharsets.UTF_8));
  }
}
