package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class LiteralValuesTest {

  @ParameterizedTest
  @ValueSource(
      strings = {"pa$$w${x}rd\\$", "${", "$$", "${broker.public-url}", " spaces ", "a,b\\,c"})
  void givenAValueInTheEnvironmentThenItIsTakenAsItIs(String value) {
    SmallRyeConfig config = environment(Map.of("QUARKUS_DATASOURCE_PASSWORD", value));

    assertEquals(value, config.getValue("quarkus.datasource.password", String.class));
  }

  @Test
  void givenAnExpressionOfOursThenItTakesTheEnvironmentsValueAsItIs() {
    SmallRyeConfig config =
        new SmallRyeConfigBuilder()
            .addDefaultInterceptors()
            .withInterceptors(new LiteralValues())
            .withSources(new EnvConfigSource(Map.of("BROKER_MIGRATE", "false"), 300))
            .withSources(
                new PropertiesConfigSource(
                    Map.of("quarkus.flyway.migrate-at-start", "${broker.migrate:true}"),
                    "application.properties",
                    250))
            .build();

    assertEquals(false, config.getValue("quarkus.flyway.migrate-at-start", Boolean.class));
  }

  @Test
  void givenAnEmptyValueThenTheDefaultHolds() {
    SmallRyeConfig config = environment(Map.of("ACTIVE911_REDIRECT_PARAMETERS", ""));

    assertEquals(
        List.of("redirect_uri", "redirection_uri"),
        config.getValues("active911.redirect-parameters", String.class));
  }

  @Test
  void givenAnEmptyValueAndNoDefaultThenThereIsNone() {
    SmallRyeConfig config = environment(Map.of("BROKER_FEED_JDBC_URL", ""));

    assertEquals(Optional.empty(), config.getOptionalValue("broker.feed-jdbc-url", String.class));
  }

  private static SmallRyeConfig environment(Map<String, String> environment) {
    return Configurations.of(environment);
  }
}
