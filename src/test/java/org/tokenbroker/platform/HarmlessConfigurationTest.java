package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.tokenbroker.console.ShownConfiguration.Entry;

@NullMarked
class HarmlessConfigurationTest {

  private static Entry entry(String key, Map<String, String> properties) {
    return new HarmlessConfiguration(
            new SmallRyeConfigBuilder()
                .withSources(new PropertiesConfigSource(properties, "test", 100))
                .build())
        .entries().stream().filter(one -> one.key().equals(key)).findFirst().orElseThrow();
  }

  @Test
  void ofASecretOnlyThatItIsSetIsShown() {
    assertEquals(
        new Entry("ACTIVE911_CLIENT_SECRET", "set", false),
        entry("ACTIVE911_CLIENT_SECRET", Map.of("active911.client-secret", "do not show")));
    assertEquals(
        new Entry("ACTIVE911_CLIENT_SECRET", null, true),
        entry("ACTIVE911_CLIENT_SECRET", Map.of()));
  }

  @Test
  void anAddressLosesWhatCouldHoldAPassword() {
    assertEquals(
        new Entry(
            "QUARKUS_DATASOURCE_JDBC_URL", "jdbc:postgresql://…@db.example.com/broker?…", false),
        entry(
            "QUARKUS_DATASOURCE_JDBC_URL",
            Map.of(
                "quarkus.datasource.jdbc.url",
                "jdbc:postgresql://me:hidden@db.example.com/broker?password=hidden&ssl=true")));
  }

  @Test
  void whatIsNotSetIsTheDefault() {
    assertEquals(
        new Entry("BROKER_REFRESH_RATE", "10", true), entry("BROKER_REFRESH_RATE", Map.of()));
    assertEquals(
        new Entry("BROKER_REFRESH_RATE", "3", false),
        entry("BROKER_REFRESH_RATE", Map.of("broker.refresh.rate", "3")));
    assertEquals(
        new Entry("BROKER_CALLER_RATE", null, true), entry("BROKER_CALLER_RATE", Map.of()));
  }
}
