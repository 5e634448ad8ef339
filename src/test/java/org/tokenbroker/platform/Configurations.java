package org.tokenbroker.platform;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.testing.TestKeyset;

/** Configurations made of nothing but a made-up environment, read as the broker reads its own. */
@NullMarked
final class Configurations {

  private static final int ORDINAL_OF_THE_ENVIRONMENT = 300;

  private Configurations() {}

  /** An environment with every required key, and no other. */
  static Map<String, String> validEnvironment() {
    Map<String, String> environment = new HashMap<>();
    environment.put("BROKER_PUBLIC_URL", "https://tokens.example.org");
    environment.put("BROKER_ADMIN_KEY", "0123456789abcdef0123456789abcdef");
    environment.put("BROKER_ENCRYPTION_KEYSET", TestKeyset.create());
    environment.put("ACTIVE911_CLIENT_ID", "broker");
    environment.put("ACTIVE911_CLIENT_SECRET", "open sesame");
    environment.put("QUARKUS_DATASOURCE_JDBC_URL", "jdbc:postgresql://db.example.org/broker");
    environment.put("QUARKUS_DATASOURCE_USERNAME", "broker");
    environment.put("QUARKUS_DATASOURCE_PASSWORD", "secret");
    return environment;
  }

  /** The valid environment with one variable more, or other, or (null) less. */
  static Map<String, String> validEnvironmentWith(String key, @Nullable String value) {
    Map<String, String> environment = validEnvironment();
    if (value == null) {
      environment.remove(key);
    } else {
      environment.put(key, value);
    }
    return environment;
  }

  static SmallRyeConfig of(Map<String, String> environment) {
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .withInterceptors(new LiteralValues())
        .withSources(new EnvConfigSource(environment, ORDINAL_OF_THE_ENVIRONMENT))
        .withSources(new SecretFiles())
        .build();
  }
}
