package org.tokenbroker.platform;

import io.quarkus.arc.Unremovable;
import io.quarkus.credentials.CredentialsProvider;
import io.smallrye.mutiny.Uni;
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

  /** At once: by default a worker thread is asked, and all of them may wait for a connection. */
  @Override
  public Uni<Map<String, String>> getCredentialsAsync(String name) {
    return Uni.createFrom()
        .item(Map.of(PASSWORD_PROPERTY_NAME, secrets.get("quarkus.datasource.password").value()));
  }
}
