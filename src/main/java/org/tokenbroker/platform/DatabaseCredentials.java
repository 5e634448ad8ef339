package org.tokenbroker.platform;

import io.quarkus.arc.Unremovable;
import io.quarkus.credentials.CredentialsProvider;
import jakarta.inject.Singleton;
import java.util.Map;
import org.tokenbroker.oauth.ConfiguredSecrets;

/** The database's password as it is now; the pool asks for each connection that it opens. */
@Singleton
@Unremovable
class DatabaseCredentials implements CredentialsProvider {

  private final ConfiguredSecrets secrets;

  DatabaseCredentials(ConfiguredSecrets secrets) {
    this.secrets = secrets;
  }

  @Override
  public Map<String, String> getCredentials(String name) {
    return Map.of(PASSWORD_PROPERTY_NAME, secrets.get("quarkus.datasource.password").value());
  }
}
