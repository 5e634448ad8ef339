package org.tokenbroker.platform;

import io.smallrye.config.SmallRyeConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigValue;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.console.ShownConfiguration;

/** The configuration without its secrets, and without what addresses can hold of such. */
@Singleton
class HarmlessConfiguration implements ShownConfiguration {

  private static final String SET = "set";

  /** A password can stand before the host, and the driver takes one behind the question mark. */
  private static final Pattern BEFORE_HOST = Pattern.compile("//[^/@]*@");

  private static final Pattern QUERY = Pattern.compile("\\?.*");

  private final SmallRyeConfig config;

  @Inject
  HarmlessConfiguration(Config config) {
    this(config.unwrap(SmallRyeConfig.class));
  }

  HarmlessConfiguration(SmallRyeConfig config) {
    this.config = config;
  }

  @Override
  public List<Entry> entries() {
    return Setting.ALL.stream().map(this::entry).toList();
  }

  private Entry entry(Setting setting) {
    String value = value(setting.property());
    if (setting.secret()) {
      return new Entry(setting.key(), value == null ? null : SET, value == null);
    }
    return value == null
        ? new Entry(setting.key(), setting.defaultValue(), true)
        : new Entry(setting.key(), harmless(value), value.equals(setting.defaultValue()));
  }

  private @Nullable String value(String property) {
    ConfigValue value = config.getConfigValue(property);
    return value.getValue() == null || value.getValue().isEmpty() ? null : value.getValue();
  }

  private static String harmless(String value) {
    return QUERY.matcher(BEFORE_HOST.matcher(value).replaceAll("//…@")).replaceFirst("?…");
  }
}
