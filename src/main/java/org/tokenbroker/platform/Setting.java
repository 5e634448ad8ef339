package org.tokenbroker.platform;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One key of the configuration that the broker knows.
 *
 * @param key the environment variable's name, by which it is spoken of
 * @param property the configuration property that it sets
 * @param required whether there is no start without it
 * @param defaultValue what holds where it is not set, if anything
 * @param secret whether it may come from a file instead, named in {@code <key>_FILE}
 * @param expectation what it must be
 */
record Setting(
    String key,
    String property,
    boolean required,
    @Nullable String defaultValue,
    boolean secret,
    Expectation expectation) {

  private static final String NEXT_KEY_SUFFIX = "_NEXT";
  private static final String FILE_KEY_SUFFIX = "_FILE";
  private static final String FILE_PROPERTY_SUFFIX = "-file";

  /** Whether it is valid beside another one only for as long as that is rolled. */
  boolean isNext() {
    return key.endsWith(NEXT_KEY_SUFFIX);
  }

  static final Setting PUBLIC_URL =
      required("BROKER_PUBLIC_URL", "broker.public-url", Expectation.webAddress());
  static final Setting REFRESH_LEASE =
      optional(
          "BROKER_REFRESH_LEASE", "broker.refresh.lease", "60s", Expectation.duration("5s", "1h"));
  static final Setting ACTIVE911_TIMEOUT =
      optional(
          "ACTIVE911_TIMEOUT", "active911.timeout", "10s", Expectation.duration("100ms", "2m"));
  static final Setting AUDIT_RETENTION =
      optional(
          "BROKER_AUDIT_RETENTION",
          "broker.audit-retention",
          "400d",
          Expectation.duration("1d", "36500d"));
  static final Setting APPLICATION_ROLE =
      optional(
          "BROKER_DATABASE_APPLICATION_ROLE",
          "broker.database-application-role",
          null,
          Expectation.text());
  static final Setting HTTP_PORT =
      optional("QUARKUS_HTTP_PORT", "quarkus.http.port", "8080", Expectation.integer(1, 65535));
  static final Setting MANAGEMENT_PORT =
      optional(
          "QUARKUS_MANAGEMENT_PORT",
          "quarkus.management.port",
          "9000",
          Expectation.integer(1, 65535));

  static final Setting OIDC_ISSUERS =
      optional("BROKER_OIDC_ISSUERS", "broker.oidc.issuers", null, Expectation.webAddresses());
  static final Setting KUBERNETES_ISSUER =
      optional(
          "BROKER_OIDC_KUBERNETES_ISSUER",
          "broker.oidc.kubernetes.issuer",
          null,
          Expectation.webAddress());
  static final Setting KUBERNETES_TOKEN_PATH =
      optional(
          "BROKER_OIDC_KUBERNETES_TOKEN_PATH",
          "broker.oidc.kubernetes.token-path",
          "/var/run/secrets/kubernetes.io/serviceaccount/token",
          Expectation.text());
  static final Setting KUBERNETES_CA_PATH =
      optional(
          "BROKER_OIDC_KUBERNETES_CA_PATH",
          "broker.oidc.kubernetes.ca-path",
          "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
          Expectation.text());
  static final Setting CONSOLE_ISSUER =
      optional(
          "BROKER_OIDC_CONSOLE_ISSUER",
          "broker.oidc.console.issuer",
          null,
          Expectation.webAddress());
  static final Setting CONSOLE_CLIENT_ID =
      optional(
          "BROKER_OIDC_CONSOLE_CLIENT_ID",
          "broker.oidc.console.client-id",
          null,
          Expectation.text());
  static final Setting CONSOLE_CLIENT_SECRET =
      optionalSecret(
          "BROKER_OIDC_CONSOLE_CLIENT_SECRET",
          "broker.oidc.console.client-secret",
          Expectation.secretText());

  static final Setting NOTIFY_WEBHOOK =
      // Its path may let whoever knows it post there.
      optionalSecret("BROKER_NOTIFY_WEBHOOK", "broker.notify.webhook", Expectation.webhook());
  static final Setting NOTIFY_WEBHOOK_SECRET =
      optionalSecret(
          "BROKER_NOTIFY_WEBHOOK_SECRET",
          "broker.notify.webhook-secret",
          Expectation.webhookSecret());
  static final Setting NOTIFY_WEBHOOK_SECRET_NEXT =
      optionalSecret(
          "BROKER_NOTIFY_WEBHOOK_SECRET_NEXT",
          "broker.notify.webhook-secret-next",
          Expectation.webhookSecret());
  static final Setting NOTIFY_MAIL =
      optional("BROKER_NOTIFY_MAIL", "broker.notify.mail", null, Expectation.mailAddresses());
  static final Setting NOTIFY_CONTACT =
      optional("BROKER_NOTIFY_CONTACT", "broker.notify.contact", "false", Expectation.flag());
  static final Setting MAILER_FROM =
      optional("QUARKUS_MAILER_FROM", "quarkus.mailer.from", null, Expectation.text());
  static final Setting MAILER_HOST =
      optional("QUARKUS_MAILER_HOST", "quarkus.mailer.host", null, Expectation.text());

  /** What is needed to reach the database, and nothing else. */
  static final List<Setting> DATABASE =
      List.of(
          required(
              "QUARKUS_DATASOURCE_JDBC_URL",
              "quarkus.datasource.jdbc.url",
              Expectation.postgresqlUrl()),
          required(
              "QUARKUS_DATASOURCE_USERNAME", "quarkus.datasource.username", Expectation.text()),
          requiredSecret(
              "QUARKUS_DATASOURCE_PASSWORD",
              "quarkus.datasource.password",
              Expectation.secretText()));

  private static final List<Setting> BROKER =
      List.of(
          PUBLIC_URL,
          // None: officers read of the company that sent them the link.
          optional("BROKER_ORGANISATION", "broker.organisation", null, Expectation.text()),
          requiredSecret("BROKER_ADMIN_KEY", "broker.admin-key", Expectation.key(32)),
          optionalSecret("BROKER_ADMIN_KEY_NEXT", "broker.admin-key-next", Expectation.key(32)),
          requiredSecret(
              "BROKER_ENCRYPTION_KEYSET", "broker.encryption-keyset", Expectation.keyset()),
          optional("BROKER_JOURNAL_DIR", "broker.journal-dir", "journal", Expectation.directory()),
          optional("BROKER_MIGRATE", "broker.migrate", "true", Expectation.flag()),
          optional(
              "BROKER_REFRESH_INTERVAL",
              "broker.refresh.interval",
              "10s",
              Expectation.duration("1s", "1h")),
          optional(
              "BROKER_REFRESH_CONCURRENCY",
              "broker.refresh.concurrency",
              "16",
              Expectation.integer(1, 1000)),
          REFRESH_LEASE,
          optional(
              "BROKER_REFRESH_RATE", "broker.refresh.rate", "10", Expectation.integer(0, 10_000)),
          optional(
              "BROKER_REFRESH_SHUTDOWN_GRACE",
              "broker.refresh.shutdown-grace",
              "30s",
              Expectation.duration("0s", "10m")),
          optional(
              "BROKER_OFFLINE_GRACE",
              "broker.offline-grace",
              "24h",
              Expectation.duration("0s", "365d")),
          optional(
              "BROKER_CACHE_MAX", "broker.cache-max", "200000", Expectation.integer(1, 10_000_000)),
          // Its default is the datasource's, which is no fixed text.
          optional(
              "BROKER_FEED_JDBC_URL", "broker.feed-jdbc-url", null, Expectation.postgresqlUrl()),
          AUDIT_RETENTION,
          APPLICATION_ROLE);

  private static final List<Setting> CALLERS =
      List.of(
          // None: off.
          optional(
              "BROKER_CALLER_RATE", "broker.caller-rate", null, Expectation.integer(1, 1_000_000)),
          optional(
              "BROKER_FAILED_AUTHENTICATION_RATE",
              "broker.failed-authentication-rate",
              "30",
              Expectation.integer(1, 1_000_000)),
          optional(
              "BROKER_TRUSTED_PROXIES", "broker.trusted-proxies", null, Expectation.networks()),
          OIDC_ISSUERS,
          optional(
              "BROKER_OIDC_AUDIENCE", "broker.oidc.audience", "token-broker", Expectation.text()),
          KUBERNETES_ISSUER,
          optional(
              "BROKER_OIDC_KUBERNETES_URL",
              "broker.oidc.kubernetes.url",
              "https://kubernetes.default.svc",
              Expectation.webAddress()),
          KUBERNETES_TOKEN_PATH,
          KUBERNETES_CA_PATH,
          CONSOLE_ISSUER,
          CONSOLE_CLIENT_ID,
          CONSOLE_CLIENT_SECRET,
          optional(
              "BROKER_OIDC_CONSOLE_ROLE_CLAIM",
              "broker.oidc.console.role-claim",
              "roles",
              Expectation.text()),
          optional(
              "BROKER_OIDC_CONSOLE_ROLE_PREFIX",
              "broker.oidc.console.role-prefix",
              "token-broker-",
              Expectation.text()));

  private static final List<Setting> NOTICES =
      List.of(
          NOTIFY_WEBHOOK,
          NOTIFY_WEBHOOK_SECRET,
          NOTIFY_WEBHOOK_SECRET_NEXT,
          NOTIFY_MAIL,
          NOTIFY_CONTACT,
          // None: all.
          optional("BROKER_NOTIFY_KINDS", "broker.notify.kinds", null, Expectation.noticeKinds()),
          MAILER_FROM,
          MAILER_HOST,
          // Its default depends on whether the connection begins with TLS.
          optional(
              "QUARKUS_MAILER_PORT", "quarkus.mailer.port", null, Expectation.integer(1, 65535)),
          optional("QUARKUS_MAILER_USERNAME", "quarkus.mailer.username", null, Expectation.text()),
          optionalSecret(
              "QUARKUS_MAILER_PASSWORD", "quarkus.mailer.password", Expectation.secretText()));

  private static final List<Setting> ACTIVE911 =
      List.of(
          required("ACTIVE911_CLIENT_ID", "active911.client-id", Expectation.text()),
          requiredSecret(
              "ACTIVE911_CLIENT_SECRET", "active911.client-secret", Expectation.secretText()),
          optionalSecret(
              "ACTIVE911_CLIENT_SECRET_NEXT",
              "active911.client-secret-next",
              Expectation.secretText()),
          optional("ACTIVE911_SCOPE", "active911.scope", "read_agency", Expectation.scope()),
          optional(
              "ACTIVE911_AUTHORIZE_URL",
              "active911.authorize-url",
              "https://access.active911.com/interface/open_api/authorize_agency.php",
              Expectation.endpoint()),
          optional(
              "ACTIVE911_TOKEN_URL",
              "active911.token-url",
              "https://access.active911.com/interface/open_api/token.php",
              Expectation.endpoint()),
          optional(
              "ACTIVE911_API_URL",
              "active911.api-url",
              "https://access.active911.com/interface/open_api/api/",
              Expectation.endpoint()),
          optional(
              "ACTIVE911_PERSONAL_TOKEN_URL",
              "active911.personal-token-url",
              "https://console.active911.com/interface/dev/api_access.php",
              Expectation.endpoint()),
          optional(
              "ACTIVE911_REDIRECT_PARAMETERS",
              "active911.redirect-parameters",
              "redirect_uri,redirection_uri",
              Expectation.parameterNames()),
          optional(
              "ACTIVE911_REDIRECT_IN_EXCHANGE",
              "active911.redirect-in-exchange",
              "true",
              Expectation.flag()),
          ACTIVE911_TIMEOUT);

  /** Every key, in the order of the documentation. */
  static final List<Setting> ALL =
      List.of(BROKER, CALLERS, NOTICES, ACTIVE911, DATABASE, List.of(HTTP_PORT, MANAGEMENT_PORT))
          .stream()
          .flatMap(List::stream)
          .toList();

  private static final Map<String, Setting> BY_PROPERTY =
      ALL.stream().collect(Collectors.toUnmodifiableMap(Setting::property, Function.identity()));

  static Optional<Setting> ofProperty(String property) {
    return Optional.ofNullable(BY_PROPERTY.get(property));
  }

  private static Setting required(String key, String property, Expectation expectation) {
    return new Setting(key, property, true, null, false, expectation);
  }

  private static Setting requiredSecret(String key, String property, Expectation expectation) {
    return new Setting(key, property, true, null, true, expectation);
  }

  private static Setting optionalSecret(String key, String property, Expectation expectation) {
    return new Setting(key, property, false, null, true, expectation);
  }

  private static Setting optional(
      String key, String property, @Nullable String defaultValue, Expectation expectation) {
    return new Setting(key, property, false, defaultValue, false, expectation);
  }

  /** The key that names the file the value may come from, where it is a secret. */
  String fileKey() {
    return key + FILE_KEY_SUFFIX;
  }

  String fileProperty() {
    return property + FILE_PROPERTY_SUFFIX;
  }
}
