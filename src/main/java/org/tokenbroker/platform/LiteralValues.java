package org.tokenbroker.platform;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.Expressions;
import io.smallrye.config.Priorities;
import jakarta.annotation.Priority;
import org.jspecify.annotations.Nullable;

/**
 * Takes the environment's values, and those of secret files, as they are: a password with {@code
 * ${}} in it is that password. The configuration library would otherwise replace what looks like an
 * expression. An empty value counts as none.
 */
@Priority(Priorities.LIBRARY + 900) // outside all that rewrites values
public final class LiteralValues implements ConfigSourceInterceptor {

  private static final long serialVersionUID = 1;

  @Override
  public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
    ConfigValue raw = Expressions.withoutExpansion(() -> context.proceed(name));
    if (raw == null || !isLiteral(raw)) {
      return context.proceed(name);
    }
    if (raw.getValue() != null && !raw.getValue().isEmpty()) {
      return raw;
    }
    Setting setting = Setting.ofProperty(name).orElse(null);
    if (setting == null) {
      return raw;
    }
    return setting.defaultValue() == null ? null : raw.withValue(setting.defaultValue());
  }

  private static boolean isLiteral(ConfigValue value) {
    String source = value.getConfigSourceName();
    // The environment's source and that of a .env file, which adds the file's name.
    return source != null
        && (source.startsWith("EnvConfigSource") || source.equals(SecretFiles.NAME));
  }
}
