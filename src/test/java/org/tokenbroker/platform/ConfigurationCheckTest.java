package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@NullMarked
class ConfigurationCheckTest {

  @TempDir Path directory;

  @Test
  void givenEveryRequiredKeyThenNothingIsAtFault() {
    assertEquals(
        new ConfigurationCheck(List.of(), List.of()), check(Configurations.validEnvironment()));
  }

  @Test
  void givenNothingThenEveryRequiredKeyIsNamedAtOnce() {
    List<String> faults = check(Map.of()).faults();

    assertEquals(
        List.of(
            "BROKER_PUBLIC_URL",
            "BROKER_ADMIN_KEY",
            "BROKER_ENCRYPTION_KEYSET",
            "ACTIVE911_CLIENT_ID",
            "ACTIVE911_CLIENT_SECRET",
            "QUARKUS_DATASOURCE_JDBC_URL",
            "QUARKUS_DATASOURCE_USERNAME",
            "QUARKUS_DATASOURCE_PASSWORD"),
        faults.stream().map(fault -> fault.substring(0, fault.indexOf(" is missing"))).toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BROKER_PUBLIC_URL              | tokens.example.org",
        "BROKER_PUBLIC_URL              | ftp://tokens.example.org",
        "BROKER_PUBLIC_URL              | https://me@tokens.example.org",
        "BROKER_PUBLIC_URL              | https://tokens.example.org/#top",
        "BROKER_PUBLIC_URL              | https://tokens.example.org/?a=b",
        "BROKER_PUBLIC_URL              | https:///path",
        "BROKER_PUBLIC_URL              | https://tokens example.org",
        "BROKER_ADMIN_KEY               | 0123456789abcdef0123456789abcde",
        "BROKER_ADMIN_KEY               | 0123456789abcdef 0123456789abcdef",
        "BROKER_ADMIN_KEY               | 0123456789abcdef0123456789abcdéf",
        "BROKER_ADMIN_KEY_NEXT          | short",
        "BROKER_ENCRYPTION_KEYSET       | {}",
        "BROKER_ENCRYPTION_KEYSET       | a keyset",
        "BROKER_JOURNAL_DIR             | /dev/null/journal",
        "BROKER_MIGRATE                 | no",
        "BROKER_REFRESH_INTERVAL        | 999ms",
        "BROKER_REFRESH_INTERVAL        | soon",
        "BROKER_REFRESH_CONCURRENCY     | -16",
        "BROKER_REFRESH_CONCURRENCY     | many",
        "BROKER_REFRESH_LEASE           | 2h",
        "BROKER_REFRESH_RATE            | 2.5",
        "BROKER_OFFLINE_GRACE           | -1s",
        "BROKER_CACHE_MAX               | 99999999999",
        "BROKER_FEED_JDBC_URL           | jdbc:mysql://db/broker",
        "BROKER_CALLER_RATE             | many",
        "BROKER_FAILED_AUTHENTICATION_RATE | none",
        "BROKER_TRUSTED_PROXIES         | proxy.example.org",
        "BROKER_TRUSTED_PROXIES         | 10.0.0.0/33",
        "BROKER_TRUSTED_PROXIES         | 10.0.0.0/8,",
        "BROKER_OIDC_ISSUERS            | https://id.example.org,id.example.org",
        "BROKER_OIDC_ISSUERS            | https://id.example.org,https://id.example.org",
        "BROKER_OIDC_KUBERNETES_URL     | kubernetes.default.svc",
        "BROKER_NOTIFY_WEBHOOK          | http://hooks.example.org/",
        "BROKER_NOTIFY_WEBHOOK          | hooks.example.org",
        "BROKER_NOTIFY_WEBHOOK_SECRET   | whsec_c2hvcnQ=",
        "BROKER_NOTIFY_WEBHOOK_SECRET_NEXT | MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "BROKER_NOTIFY_MAIL             | a@example.org,,b@example.org",
        "BROKER_NOTIFY_MAIL             | Chief <a@example.org>",
        "BROKER_NOTIFY_CONTACT          | yes",
        "BROKER_NOTIFY_KINDS            | failing,unwell",
        "QUARKUS_MAILER_PORT            | smtp",
        "BROKER_AUDIT_RETENTION         | 1h",
        "BROKER_AUDIT_RETENTION         | a year",
        "ACTIVE911_SCOPE                | read_alert",
        "ACTIVE911_SCOPE                | read_agency read\"alert",
        "ACTIVE911_AUTHORIZE_URL        | /authorize_agency.php",
        "ACTIVE911_TOKEN_URL            | https://example.org/token.php#here",
        "ACTIVE911_API_URL              | mailto:api@example.org",
        "ACTIVE911_PERSONAL_TOKEN_URL   | https://me:secret@example.org/",
        "ACTIVE911_REDIRECT_PARAMETERS  | redirect_uri,,redirection_uri",
        "ACTIVE911_REDIRECT_PARAMETERS  | redirect_uri,redirect_uri",
        "ACTIVE911_REDIRECT_PARAMETERS  | redirect-uri",
        "ACTIVE911_REDIRECT_IN_EXCHANGE | yes",
        "ACTIVE911_TIMEOUT              | 10 minutes",
        "QUARKUS_DATASOURCE_JDBC_URL    | postgresql://db/broker",
        "QUARKUS_DATASOURCE_JDBC_URL    | jdbc:postgresql://db:port/broker",
        "QUARKUS_HTTP_PORT              | 65536",
        "QUARKUS_MANAGEMENT_PORT        | http",
      })
  void givenAWrongValueThenItsKeyIsNamedAndTheValueIsNot(String key, String value) {
    List<String> faults = check(Configurations.validEnvironmentWith(key, value)).faults();

    assertEquals(1, faults.size(), faults::toString);
    assertTrue(faults.getFirst().startsWith(key + " must be "), faults::toString);
    assertFalse(faults.getFirst().contains(value), faults::toString);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BROKER_NOTIFY_WEBHOOK | https://hooks.example.org/ | BROKER_NOTIFY_WEBHOOK_SECRET",
        "BROKER_NOTIFY_WEBHOOK_SECRET | whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw | BROKER_NOTIFY_WEBHOOK",
        "BROKER_NOTIFY_WEBHOOK_SECRET_NEXT | whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw | BROKER_NOTIFY_WEBHOOK_SECRET",
        "BROKER_NOTIFY_MAIL | a@example.org, b@example.org | QUARKUS_MAILER_FROM QUARKUS_MAILER_HOST",
        "BROKER_NOTIFY_CONTACT | true | QUARKUS_MAILER_FROM QUARKUS_MAILER_HOST",
      })
  void givenHalfOfANoticesWayThenTheOtherHalfIsNamed(String key, String value, String missing) {
    List<String> faults = check(Configurations.validEnvironmentWith(key, value)).faults();

    assertEquals(
        List.of(missing.split(" ", -1)).stream()
            .map(other -> other + " is missing: " + key + " needs it")
            .toList(),
        faults);
  }

  @Test
  void givenHalfOfTheConsolesSignInThenTheOtherHalfIsNamed() {
    List<String> faults =
        check(
                Configurations.validEnvironmentWith(
                    "BROKER_OIDC_CONSOLE_CLIENT_ID", "broker-at-the-provider"))
            .faults();

    assertEquals(2, faults.size(), faults::toString);
    assertTrue(faults.get(0).startsWith("BROKER_OIDC_CONSOLE_ISSUER is missing"), faults::toString);
    assertTrue(
        faults.get(1).startsWith("BROKER_OIDC_CONSOLE_CLIENT_SECRET is missing"), faults::toString);
  }

  @Test
  void givenAClusterButNotItsFilesThenBothAreNamed() {
    Map<String, String> environment =
        Configurations.validEnvironmentWith("BROKER_OIDC_KUBERNETES_ISSUER", "https://cluster");
    environment.put("BROKER_OIDC_KUBERNETES_TOKEN_PATH", "/nonexistent/token");
    environment.put("BROKER_OIDC_KUBERNETES_CA_PATH", "/nonexistent/ca.crt");
    environment.put("BROKER_OIDC_ISSUERS", "https://elsewhere, https://cluster");

    List<String> faults = check(environment).faults();

    assertEquals(3, faults.size(), faults::toString);
    assertTrue(faults.get(0).startsWith("BROKER_OIDC_KUBERNETES_TOKEN_PATH must be a file"));
    assertTrue(faults.get(1).startsWith("BROKER_OIDC_KUBERNETES_CA_PATH must be a file"));
    assertTrue(faults.get(2).startsWith("BROKER_OIDC_KUBERNETES_ISSUER must not be among"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "BROKER_PUBLIC_URL             | https://tokens.example.org:8443/broker/",
        "BROKER_ADMIN_KEY              | $${x}\\0123456789abcdef0123456789abcdef",
        "BROKER_REFRESH_INTERVAL       | PT30S",
        "BROKER_REFRESH_LEASE          | 90",
        "BROKER_OFFLINE_GRACE          | 0s",
        "BROKER_AUDIT_RETENTION        | P1000D",
        "BROKER_DATABASE_APPLICATION_ROLE | broker",
        "BROKER_FEED_JDBC_URL          | jdbc:postgresql://db1:5432,db2:5432/broker?sslmode=require",
        "BROKER_TRUSTED_PROXIES        | '10.0.0.0/8, 192.0.2.7,fd00::/8, ::1'",
        "BROKER_OIDC_ISSUERS           | 'https://id.example.org/realms/a, https://id.example.org/b'",
        "ACTIVE911_SCOPE               | read_agency read_alert write_mapdata",
        "ACTIVE911_TOKEN_URL           | https://example.org/?endpoint=token",
        "ACTIVE911_REDIRECT_PARAMETERS | 'redirection_uri, redirect_uri'",
        "ACTIVE911_TIMEOUT             | 2500ms",
      })
  void givenARightValueThenNothingIsAtFault(String key, String value) {
    assertEquals(List.of(), check(Configurations.validEnvironmentWith(key, value)).faults());
  }

  @ParameterizedTest
  @ValueSource(strings = {"BROKER_ADMIN_KEY", "QUARKUS_DATASOURCE_PASSWORD"})
  void givenAnEmptyValueThenARequiredKeyIsMissing(String key) {
    List<String> faults = check(Configurations.validEnvironmentWith(key, "")).faults();

    assertEquals(1, faults.size(), faults::toString);
    assertTrue(faults.getFirst().startsWith(key + " is missing"), faults::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"BROKER_MIGRATE", "ACTIVE911_SCOPE", "BROKER_ADMIN_KEY_NEXT"})
  void givenAnEmptyValueThenAnOptionalKeyIsAsIfNotSet(String key) {
    assertEquals(List.of(), check(Configurations.validEnvironmentWith(key, "")).faults());
  }

  @Test
  void givenALeaseThatARefreshMayOutliveThenItIsAtFault() {
    Map<String, String> environment =
        Configurations.validEnvironmentWith("ACTIVE911_TIMEOUT", "26s");

    List<String> faults = check(environment).faults();

    assertEquals(
        List.of(
            "BROKER_REFRESH_LEASE must be at least three times ACTIVE911_TIMEOUT and 10 s more"),
        faults);
  }

  @Test
  void givenOnePortForBothThenItIsAtFault() {
    Map<String, String> environment =
        Configurations.validEnvironmentWith("QUARKUS_HTTP_PORT", "9000");

    List<String> faults = check(environment).faults();

    assertEquals(
        List.of("QUARKUS_HTTP_PORT and QUARKUS_MANAGEMENT_PORT must not be the same"), faults);
  }

  @ParameterizedTest
  @ValueSource(strings = {"BROKER_ADMINKEY", "ACTIVE911_SCOP", "BROKER_PUBLIC_URL_FILE"})
  void givenAnUnknownKeyThenItIsWarnedOf(String key) {
    List<String> warnings = check(Configurations.validEnvironmentWith(key, "x")).warnings();

    assertEquals(List.of(key + " is set, but no such key is known: is it misspelled?"), warnings);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BROKER_SERVICE_HOST",
        "BROKER_SERVICE_PORT_HTTP",
        "BROKER_PORT",
        "BROKER_PORT_8080_TCP_ADDR",
        "PATH"
      })
  void givenAVariableThatOthersSetThenNothingIsWarnedOf(String name) {
    assertEquals(List.of(), check(Configurations.validEnvironmentWith(name, "x")).warnings());
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://tokens.example.org", "http://10.1.2.3:8080"})
  void givenAPublicUrlInTheClearThenItIsWarnedOf(String url) {
    List<String> warnings =
        check(Configurations.validEnvironmentWith("BROKER_PUBLIC_URL", url)).warnings();

    assertEquals(1, warnings.size(), warnings::toString);
    assertTrue(
        warnings.getFirst().startsWith("BROKER_PUBLIC_URL is not https"), warnings::toString);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080", "https://a.org"})
  void givenAPublicUrlThatNobodyCanListenToThenNothingIsWarnedOf(String url) {
    assertEquals(
        List.of(), check(Configurations.validEnvironmentWith("BROKER_PUBLIC_URL", url)).warnings());
  }

  static Stream<Arguments> secrets() {
    return Setting.ALL.stream()
        .filter(Setting::secret)
        .map(setting -> Arguments.of(setting.key(), setting.property()));
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void givenASecretInAFileThenItIsTakenWithoutItsLastLineBreak(String key, String property)
      throws IOException {
    Map<String, String> environment = Configurations.validEnvironment();
    String secret =
        key.contains("KEYSET")
            ? environment.getOrDefault(key, "")
            : " ${x}$0123456789abcdef01234567";
    environment.remove(key);
    environment.put(key + "_FILE", file(secret + "\n"));

    assertEquals(secret, Configurations.of(environment).getValue(property, String.class));
  }

  @Test
  void givenBothTheSecretAndItsFileThenTheyAreAtFault() throws IOException {
    Map<String, String> environment =
        Configurations.validEnvironmentWith("ACTIVE911_CLIENT_SECRET_FILE", file("secret"));

    assertEquals(
        List.of(
            "ACTIVE911_CLIENT_SECRET and ACTIVE911_CLIENT_SECRET_FILE are both set: only one may be"),
        check(environment).faults());
  }

  @Test
  void givenAFileThatIsNotThereThenItsKeyIsNamed() {
    assertEquals(
        List.of("BROKER_ADMIN_KEY_FILE names a file that does not exist"),
        check(adminKeyFrom(directory.resolve("absent").toString())).faults());
  }

  @Test
  void givenADirectoryInPlaceOfAFileThenItsKeyIsNamed() {
    assertEquals(
        List.of("BROKER_ADMIN_KEY_FILE names a file that is a directory"),
        check(adminKeyFrom(directory.toString())).faults());
  }

  @Test
  void givenAFileThatIsNoTextThenItsKeyIsNamed() throws IOException {
    Path file = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xFF, 0, 1});

    assertEquals(
        List.of("BROKER_ADMIN_KEY_FILE names a file that is not UTF-8 text"),
        check(adminKeyFrom(file.toString())).faults());
  }

  @Test
  void givenAnEmptyFileThenTheSecretIsMissing() throws IOException {
    List<String> faults = check(adminKeyFrom(file("\n"))).faults();

    assertEquals(1, faults.size(), faults::toString);
    assertTrue(faults.getFirst().startsWith("BROKER_ADMIN_KEY is missing"), faults::toString);
  }

  @Test
  void givenOnlyTheDatabasesKeysThenNothingIsAtFaultForMigrating() {
    Map<String, String> environment = Configurations.validEnvironment();
    environment.keySet().removeIf(key -> !key.startsWith("QUARKUS_DATASOURCE_"));

    assertEquals(
        List.of(), ConfigurationCheck.ofMigrating(Configurations.of(environment)).faults());
  }

  @Test
  void givenARetentionThatIsNoneThenItIsAtFaultForPurging() {
    Map<String, String> environment =
        Configurations.validEnvironmentWith("BROKER_AUDIT_RETENTION", "long");
    environment.keySet().removeIf(key -> !key.matches("QUARKUS_DATASOURCE_.*|BROKER_AUDIT_.*"));

    List<String> faults = ConfigurationCheck.ofPurging(Configurations.of(environment)).faults();

    assertEquals(1, faults.size(), faults::toString);
    assertTrue(faults.getFirst().startsWith("BROKER_AUDIT_RETENTION must be "), faults::toString);
  }

  private static ConfigurationCheck check(Map<String, String> environment) {
    return ConfigurationCheck.ofServing(Configurations.of(environment), environment.keySet());
  }

  private static Map<String, String> adminKeyFrom(String file) {
    Map<String, String> environment = Configurations.validEnvironmentWith("BROKER_ADMIN_KEY", null);
    environment.put("BROKER_ADMIN_KEY_FILE", file);
    return environment;
  }

  private String file(String content) throws IOException {
    return Files.writeString(directory.resolve("secret"), content).toString();
  }
}
