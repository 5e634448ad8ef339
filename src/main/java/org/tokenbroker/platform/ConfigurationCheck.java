package org.tokenbroker.platform;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.platform.SecretFiles.UnreadableException;

/**
 * What is wrong with the configuration, all of it at once, found before anything is started with
 * it. Every finding names a key and what it must be, and never quotes a value.
 *
 * @param faults what the broker cannot start with, in the order of the settings
 * @param warnings what is probably not meant
 */
record ConfigurationCheck(List<String> faults, List<String> warnings) {

  /** Keys with these beginnings are ours; one that we do not know is probably misspelled. */
  private static final Pattern OURS = Pattern.compile("(BROKER|ACTIVE911)_.*");

  /** What Kubernetes sets in every container for a service that happens to be called broker. */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          "[A-Z0-9_]+_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_[0-9]+_(TCP|UDP|SCTP).*)");

  /**
   * A refresh may wait its turn for as long as a call may take, its answer is listened for twice as
   * long, and is then stored: the lease has to outlive that.
   */
  private static final Duration LEASE_MARGIN = Duration.ofSeconds(10);

  ConfigurationCheck {
    faults = List.copyOf(faults);
    warnings = List.copyOf(warnings);
  }

  /**
   * Looks through the configuration for serving.
   *
   * @param environment the names of the environment's variables
   */
  static ConfigurationCheck ofServing(SmallRyeConfig config, Set<String> environment) {
    Findings findings = new Findings(config);
    findings.check(Setting.ALL);
    findings.checkTogether();
    findings.checkNames(environment);
    return findings.toCheck();
  }

  /** Looks through what is needed to migrate the schema. */
  static ConfigurationCheck ofMigrating(SmallRyeConfig config) {
    return ofCommand(config, Setting.APPLICATION_ROLE);
  }

  /** Looks through what is needed to purge the audit trail. */
  static ConfigurationCheck ofPurging(SmallRyeConfig config) {
    return ofCommand(config, Setting.AUDIT_RETENTION);
  }

  /** What is needed to reach the database, and one setting more. */
  private static ConfigurationCheck ofCommand(SmallRyeConfig config, Setting setting) {
    Findings findings = new Findings(config);
    findings.check(Setting.DATABASE);
    findings.check(List.of(setting));
    return findings.toCheck();
  }

  private static final class Findings {
    private final SmallRyeConfig config;
    private final List<String> faults = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    /** The values that are as they must be. */
    private final Map<Setting, String> valid = new HashMap<>();

    Findings(SmallRyeConfig config) {
      this.config = config;
    }

    ConfigurationCheck toCheck() {
      return new ConfigurationCheck(faults, warnings);
    }

    void check(List<Setting> settings) {
      for (Setting setting : settings) {
        if (setting.secret() && fileIsAtFault(setting)) {
          continue;
        }
        String value = value(setting.property());
        if (value == null) {
          value = setting.defaultValue();
        }
        if (value == null) {
          if (setting.required()) {
            faults.add(setting.key() + " is missing: it must be " + described(setting));
          }
        } else if (setting.expectation().isMetBy(value)) {
          valid.put(setting, value);
        } else {
          faults.add(setting.key() + " must be " + described(setting));
        }
      }
    }

    private static String described(Setting setting) {
      return setting.expectation().description();
    }

    private boolean fileIsAtFault(Setting setting) {
      String file = value(setting.fileProperty());
      if (file == null) {
        return false;
      }
      ConfigValue value = config.getConfigValue(setting.property());
      if (value.getValue() != null && !SecretFiles.NAME.equals(value.getConfigSourceName())) {
        faults.add(setting.key() + " and " + setting.fileKey() + " are both set: only one may be");
        return true;
      }
      try {
        SecretFiles.read(file);
        return false;
      } catch (UnreadableException e) {
        faults.add(setting.fileKey() + " names a file that " + e.getMessage());
        return true;
      }
    }

    private @Nullable String value(String property) {
      ConfigValue value = config.getConfigValue(property);
      // A value with problems holds an expression that leads nowhere: no value, for our purpose.
      if (value.hasProblems() || value.getValue() == null || value.getValue().isEmpty()) {
        return null;
      }
      return value.getValue();
    }

    void checkTogether() {
      String lease = valid.get(Setting.REFRESH_LEASE);
      String timeout = valid.get(Setting.ACTIVE911_TIMEOUT);
      if (lease != null && timeout != null) {
        Duration least =
            DurationConverter.parseDuration(timeout).multipliedBy(3).plus(LEASE_MARGIN);
        if (DurationConverter.parseDuration(lease).compareTo(least) < 0) {
          faults.add(
              "%s must be at least three times %s and %d s more"
                  .formatted(
                      Setting.REFRESH_LEASE.key(),
                      Setting.ACTIVE911_TIMEOUT.key(),
                      LEASE_MARGIN.toSeconds()));
        }
      }
      String port = valid.get(Setting.HTTP_PORT);
      if (port != null && port.equals(valid.get(Setting.MANAGEMENT_PORT))) {
        faults.add(
            "%s and %s must not be the same"
                .formatted(Setting.HTTP_PORT.key(), Setting.MANAGEMENT_PORT.key()));
      }
      checkIssuers();
      checkNotices();
      String publicUrl = valid.get(Setting.PUBLIC_URL);
      if (publicUrl != null) {
        URI uri = URI.create(publicUrl);
        if ("http".equals(uri.getScheme()) && !Expectation.isLoopback(uri.getHost())) {
          warnings.add(
              Setting.PUBLIC_URL.key()
                  + " is not https: keys and consents cross the network in the clear");
        }
      }
    }

    private void checkIssuers() {
      String cluster = valid.get(Setting.KUBERNETES_ISSUER);
      if (cluster != null) {
        for (Setting path : List.of(Setting.KUBERNETES_TOKEN_PATH, Setting.KUBERNETES_CA_PATH)) {
          String file = valid.get(path);
          if (file != null && !Files.isReadable(Path.of(file))) {
            faults.add(
                "%s must be a file that can be read, as %s is set"
                    .formatted(path.key(), Setting.KUBERNETES_ISSUER.key()));
          }
        }
        String issuers = valid.get(Setting.OIDC_ISSUERS);
        if (issuers != null
            && Stream.of(issuers.split(",", -1)).map(String::strip).anyMatch(cluster::equals)) {
          faults.add(
              "%s must not be among %s"
                  .formatted(Setting.KUBERNETES_ISSUER.key(), Setting.OIDC_ISSUERS.key()));
        }
      }
      List<Setting> console =
          List.of(Setting.CONSOLE_ISSUER, Setting.CONSOLE_CLIENT_ID, Setting.CONSOLE_CLIENT_SECRET);
      if (console.stream().anyMatch(valid::containsKey)) {
        for (Setting setting : console) {
          if (value(setting.property()) == null) {
            faults.add(
                "%s is missing: the console's sign-in needs %s"
                    .formatted(
                        setting.key(),
                        console.stream().map(Setting::key).collect(Collectors.joining(", "))));
          }
        }
      }
    }

    private void checkNotices() {
      requireWith(Setting.NOTIFY_WEBHOOK, List.of(Setting.NOTIFY_WEBHOOK_SECRET));
      requireWith(Setting.NOTIFY_WEBHOOK_SECRET, List.of(Setting.NOTIFY_WEBHOOK));
      requireWith(Setting.NOTIFY_WEBHOOK_SECRET_NEXT, List.of(Setting.NOTIFY_WEBHOOK_SECRET));
      List<Setting> mailer = List.of(Setting.MAILER_FROM, Setting.MAILER_HOST);
      requireWith(Setting.NOTIFY_MAIL, mailer);
      if (!valid.containsKey(Setting.NOTIFY_MAIL)
          && "true".equals(valid.get(Setting.NOTIFY_CONTACT))) {
        requireWith(Setting.NOTIFY_CONTACT, mailer);
      }
    }

    private void requireWith(Setting setting, List<Setting> needed) {
      if (valid.containsKey(setting)) {
        for (Setting other : needed) {
          if (value(other.property()) == null) {
            faults.add("%s is missing: %s needs it".formatted(other.key(), setting.key()));
          }
        }
      }
    }

    void checkNames(Set<String> environment) {
      Set<String> known = new HashSet<>();
      for (Setting setting : Setting.ALL) {
        known.add(setting.key());
        if (setting.secret()) {
          known.add(setting.fileKey());
        }
      }
      for (String name : new TreeSet<>(environment)) {
        if (OURS.matcher(name).matches()
            && !known.contains(name)
            && !SERVICE_LINK.matcher(name).matches()) {
          warnings.add(name + " is set, but no such key is known: is it misspelled?");
        }
      }
    }
  }
}
