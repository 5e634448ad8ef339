package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.caller.OidcConfig;
import org.tokenbroker.refresh.RefreshConfig;

@NullMarked
class SettingTest {

  static final List<Setting> ALL = Setting.ALL;

  @ParameterizedTest
  @FieldSource("ALL")
  void aKeyIsTheEnvironmentsNameOfItsProperty(Setting setting) {
    String value = setting.secret() || setting.required() ? "some value" : "7";
    SmallRyeConfig config = Configurations.of(Map.of(setting.key(), value));

    assertEquals(value, config.getValue(setting.property(), String.class));
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void aDefaultMeetsItsExpectation(Setting setting) {
    String value = setting.defaultValue();

    assertTrue(value == null || setting.expectation().isMetBy(value));
  }

  @ParameterizedTest
  @ValueSource(classes = {Active911Config.class, OidcConfig.class, RefreshConfig.class})
  void theDefaultsAreThoseThatTheRoomsDeclare(Class<?> mapping) {
    String prefix = mapping.getAnnotation(ConfigMapping.class).prefix() + ".";
    SmallRyeConfigBuilder builder =
        new SmallRyeConfigBuilder().addDiscoveredConverters().withMapping(mapping);
    // Building fills in the defaults; the keys without one are given a value, so that it succeeds.
    for (Setting setting : Setting.ALL) {
      if (setting.required()) {
        builder.withDefaultValue(setting.property(), "required");
      }
    }
    SmallRyeConfig config = builder.build();

    for (Setting setting : Setting.ALL) {
      if (setting.property().startsWith(prefix) && !setting.required()) {
        assertEquals(
            setting.defaultValue(),
            config.getConfigValue(setting.property()).getValue(),
            setting::key);
      }
    }
    for (String property : config.getPropertyNames()) {
      assertTrue(
          !property.startsWith(prefix) || Setting.ofProperty(property).isPresent(), property);
    }
  }
}
