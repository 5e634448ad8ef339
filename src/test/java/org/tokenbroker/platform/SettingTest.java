package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.tokenbroker.active911.Active911Config;

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

  @Test
  void theDefaultsAreThoseThatTheRoomsDeclare() {
    Map<String, String> declared =
        new TreeMap<>(
            new SmallRyeConfigBuilder()
                .withMapping(Active911Config.class)
                .withDefaultValue("active911.client-id", "")
                .getDefaultValues());
    declared.keySet().removeIf(property -> !property.startsWith("active911."));
    declared.remove("active911.client-id");

    Map<String, String> known = new TreeMap<>();
    for (Setting setting : Setting.ALL) {
      if (setting.property().startsWith("active911.") && setting.defaultValue() != null) {
        known.put(setting.property(), setting.defaultValue());
      }
    }

    assertEquals(declared, known);
  }
}
