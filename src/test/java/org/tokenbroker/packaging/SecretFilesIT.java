package org.tokenbroker.packaging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.agency.EncryptionKeyUse;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.simulator.SimulatorOptions;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestKeyset;

/** Every secret is changed in its file, as Kubernetes does it, while one broker runs. */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before each test
class SecretFilesIT {

  private static final String ADMIN_KEY = "BROKER_ADMIN_KEY";
  private static final String KEYSET = "BROKER_ENCRYPTION_KEYSET";
  private static final String CLIENT_SECRET = "ACTIVE911_CLIENT_SECRET";
  private static final String PASSWORD = "QUARKUS_DATASOURCE_PASSWORD";
  private static final List<String> SECRETS = List.of(ADMIN_KEY, KEYSET, CLIENT_SECRET, PASSWORD);

  @TempDir Path directory;

  private final Map<String, String> secrets = new HashMap<>();
  private TestDatabase database;
  private Simulator active911;
  private BrokerProcess process;
  private int version;

  @BeforeEach
  void start() throws IOException {
    database = TestDatabase.createWithPassword("password-before");
    Map<String, String> environment = BrokerProcess.environment(database);
    active911 =
        Simulator.start(
            SimulatorOptions.defaults()
                .withClient("client-of-the-tests", "client-secret-before")
                .withRedirectAddresses(
                    List.of(URI.create(environment.get("BROKER_PUBLIC_URL") + "/callback"))));
    BrokerProcess.connect(environment, active911);
    environment.put("ACTIVE911_CLIENT_ID", "client-of-the-tests");
    environment.put(CLIENT_SECRET, "client-secret-before");
    for (String key : SECRETS) {
      secrets.put(key, environment.getOrDefault(key, ""));
      environment.remove(key);
      Path file = directory.resolve(key);
      Files.createSymbolicLink(file, Path.of("..data", key));
      environment.put(key + "_FILE", file.toString());
    }
    project();
    process = BrokerProcess.serve(directory, environment);
  }

  @AfterEach
  void stop() {
    process.close();
    active911.close();
  }

  /** Replaces all files at once, as the kubelet does. */
  private void project() throws IOException {
    Path data = Files.createDirectory(directory.resolve("..version-" + ++version));
    for (String key : SECRETS) {
      Files.writeString(data.resolve(key), secret(key));
    }
    Path link = directory.resolve("..data_tmp");
    Files.createSymbolicLink(link, data.getFileName());
    Files.move(link, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
  }

  private String secret(String key) {
    return secrets.getOrDefault(key, "");
  }

  private BrokerClient client(String adminKey) {
    return new BrokerClient(process.origin().toString(), adminKey);
  }

  private Map<Long, Long> keysInUse() {
    try (Connection connection =
        new TestDatabase(database.jdbcUrl(), database.user(), secret(PASSWORD))
            .dataSource()
            .getConnection()) {
      return EncryptionKeyUse.count(connection);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatChangesInTheFilesIsInForceWithoutARestart() throws Exception {
    String agency = active911.agencies().getFirst().id();
    BrokerClient before = client(secret(ADMIN_KEY));
    before.createAgency("springfield-fd");
    before.connect("springfield-fd", agency).then().statusCode(303);
    String oldKeyset = secret(KEYSET);
    active911.changeClientSecret("client-secret-after");
    database.execute(
        "alter role %s password 'password-after'; select pg_terminate_backend(pid)"
                .formatted(database.user())
            + " from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()");

    secrets.put(ADMIN_KEY, "admin-key-after-0123456789abcdef0123");
    secrets.put(CLIENT_SECRET, "client-secret-after");
    secrets.put(PASSWORD, "password-after");
    secrets.put(KEYSET, TestKeyset.withNewPrimary(oldKeyset));
    project();

    BrokerClient after = client(secret(ADMIN_KEY));
    Eventually.isTrue(
        "the new admin key is taken",
        () -> after.admin().get("/agencies").statusCode() == 200,
        process::log);
    before.admin().get("/agencies").then().statusCode(401);
    Eventually.isTrue(
        "the new client secret was read",
        () -> process.log().contains(CLIENT_SECRET + " was read anew"),
        process::log);
    long newKey = TestKeyset.primaryOf(secret(KEYSET));
    Eventually.isTrue(
        "a refresh works with the new client secret and is encrypted with the new key",
        () ->
            after.admin().post("/agencies/springfield-fd/refresh").statusCode() == 200
                && keysInUse().containsKey(newKey),
        process::log);

    secrets.put(KEYSET, TestKeyset.create());
    project();

    Eventually.isTrue(
        "a keyset without the keys in use is refused",
        () -> process.log().contains("What the file of BROKER_ENCRYPTION_KEYSET holds now is not"),
        process::log);
    String log = process.log();
    for (String key : SECRETS) {
      assertTrue(log.contains(key + " was read anew from its file"), log);
    }
    assertEquals(
        200, after.admin().get("/agencies/springfield-fd").statusCode(), "the old one stays");
    for (String value : List.of("client-secret-", "password-before", "password-after")) {
      assertFalse(log.contains(value), log);
    }
  }
}
