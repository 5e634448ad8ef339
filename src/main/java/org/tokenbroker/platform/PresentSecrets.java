package org.tokenbroker.platform;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.tokenbroker.oauth.ConfiguredSecrets;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.SecretCheck;

/**
 * The secrets of the configuration. Those that come from files are read again every two seconds: by
 * content, so that it makes no difference whether a file is written or, as Kubernetes does it, a
 * link on the way to it is turned to another directory.
 */
@Singleton
class PresentSecrets implements ConfiguredSecrets {

  private final Map<String, Supplier<Optional<Secret>>> byProperty = new HashMap<>();
  private final List<SecretFile> files = new ArrayList<>();

  PresentSecrets(Config config, Instance<SecretCheck> checks) {
    SmallRyeConfig values = config.unwrap(SmallRyeConfig.class);
    // The database's first: what checks another one may have to ask it.
    List<Setting> settings =
        Stream.concat(Setting.DATABASE.stream(), Setting.ALL.stream())
            .filter(Setting::secret)
            .distinct()
            .toList();
    for (Setting setting : settings) {
      ConfigValue value = values.getConfigValue(setting.property());
      String path = values.getConfigValue(setting.fileProperty()).getValue();
      boolean isFile = path != null && !path.isEmpty();
      boolean isSet = value.getValue() != null && !value.getValue().isEmpty();
      if (!isSet && !(isFile && setting.isNext())) {
        continue;
      }
      Secret secret = isSet ? Secret.of(value.getValue()) : null;
      if (isFile) { // then the value is the file's: both may not be set
        SecretFile file =
            new SecretFile(setting, path, secret, changed -> refusal(checks, setting, changed));
        files.add(file);
        byProperty.put(setting.property(), file::secret);
      } else {
        byProperty.put(setting.property(), () -> Optional.ofNullable(secret));
      }
    }
  }

  private static Optional<String> refusal(
      Instance<SecretCheck> checks, Setting setting, Secret changed) {
    return checks.stream()
        .filter(check -> check.property().equals(setting.property()))
        .flatMap(check -> check.refusal(changed).stream())
        .findFirst();
  }

  @Override
  public Optional<Secret> find(String property) {
    return byProperty.getOrDefault(property, Optional::empty).get();
  }

  @Scheduled(every = "2s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void look() {
    files.forEach(SecretFile::look);
  }
}
