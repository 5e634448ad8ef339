package org.tokenbroker.caller;

import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;
import org.tokenbroker.oauth.ConfiguredSecrets;
import org.tokenbroker.oauth.Secret;

/**
 * Which admin a key belongs to: those of the configuration, the present one and the next one while
 * it is rolled, to the bootstrap admin; all others to the named admins. Answered from memory.
 */
@ApplicationScoped
public class AdminKeys {

  private static final List<String> CONFIGURED =
      List.of("broker.admin-key", "broker.admin-key-next");

  private final ConfiguredSecrets secrets;
  private final CallerKeys directory;

  AdminKeys(ConfiguredSecrets secrets, CallerKeys directory) {
    this.secrets = secrets;
    this.directory = directory;
  }

  /** The admin whose key this is; compares in constant time. */
  public Optional<Admin> authenticate(String key) {
    if (isConfigured(hash(key))) {
      return Optional.of(Admin.BOOTSTRAP);
    }
    return ApiKey.parse(key).flatMap(directory::authenticateAdmin);
  }

  /**
   * The admin with a key of which only the hash is left, for sessions begun with it; empty if the
   * key is not valid any more.
   */
  public Optional<Admin> ofHash(byte[] hash) {
    return isConfigured(hash) ? Optional.of(Admin.BOOTSTRAP) : directory.adminByHash(hash);
  }

  private boolean isConfigured(byte[] hash) {
    boolean valid = false;
    for (String property : CONFIGURED) {
      Optional<Secret> known = secrets.find(property);
      valid |= known.isPresent() && MessageDigest.isEqual(known.get().sha256(), hash);
    }
    return valid;
  }

  /** What a session keeps of the key that it was begun with. */
  public static byte[] hash(String key) {
    return Secret.sha256(key.getBytes(StandardCharsets.UTF_8));
  }
}
