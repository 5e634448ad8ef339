package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.agency.EncryptionKeyUse;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestDatabase;

/**
 * The encryption key is changed under load, by the commands and restarts that the operations manual
 * describes.
 */
@ExtendWith(Ledger.class)
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled by the test
class KeyRotationIT {

  private static final int AGENCIES = 300;
  private static final String KEYSET = "BROKER_ENCRYPTION_KEYSET";

  @TempDir Path directory;

  private Fleet fleet;
  private List<Replica> inService;

  @AfterEach
  void stop() {
    fleet.close();
  }

  private static long primaryOf(String keyset) throws GeneralSecurityException {
    AeadConfig.register();
    KeysetHandle handle =
        TinkJsonProtoKeysetFormat.parseKeyset(keyset, InsecureSecretKeyAccess.get());
    return Integer.toUnsignedLong(handle.getPrimary().getId());
  }

  private BrokerProcess.Outcome command(String keyset, String... arguments) {
    Map<String, String> environment = new HashMap<>();
    for (String key :
        List.of(
            "QUARKUS_DATASOURCE_JDBC_URL",
            "QUARKUS_DATASOURCE_USERNAME",
            "QUARKUS_DATASOURCE_PASSWORD")) {
      environment.put(key, fleet.setting(key));
    }
    List<String> all = new ArrayList<>(List.of("keyset"));
    all.addAll(List.of(arguments));
    return BrokerProcess.run(directory, environment, keyset, all.toArray(String[]::new));
  }

  private Map<Long, Long> use() {
    try (Connection connection = fleet.database().dataSource().getConnection()) {
      return EncryptionKeyUse.count(connection);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void rollOut(String keyset, Load load) {
    for (Replica replica : fleet.replicas()) {
      inService.remove(replica);
      Eventually.isTrue("its calls are over", () -> load.isDone(replica), replica::log);
      replica.stop();
      replica.with(KEYSET, keyset).start();
      inService.add(replica);
    }
  }

  @Test
  void noReadFailsFromTheOldKeyToTheNew() throws Exception {
    fleet = new Fleet(directory, TestDatabase.create());
    SplittableRandom random = new SplittableRandom(Proof.random("key rotation").nextLong());
    List<Subject> subjects = fleet.connect(AGENCIES, Life.whole());
    fleet.start(2);
    inService = new CopyOnWriteArrayList<>(fleet.replicas());
    String old = fleet.setting(KEYSET);
    long oldKey = primaryOf(old);
    long newKey;
    String last;

    Load load;
    try (Load running =
        new Load(fleet, subjects, () -> List.copyOf(inService), random).reading(80).forcing(2)) {
      load = running;
      String added = command(old, "add").out();
      rollOut(added, running);
      assertEquals(Set.of(oldKey), use().keySet(), "the new key only decrypts yet");

      String promoted = command(added, "promote").out();
      newKey = primaryOf(promoted);
      assertNotEquals(oldKey, newKey);
      BrokerProcess.Outcome tooEarly = command(promoted, "remove", Long.toString(oldKey));
      assertNotEquals(0, tooEarly.exitCode());
      assertTrue(tooEarly.err().contains("still decrypts"), tooEarly.err());
      rollOut(promoted, running);
      Eventually.isTrue(
          "everything is encrypted anew",
          Duration.ofMinutes(2),
          () -> !use().containsKey(oldKey),
          fleet::logs);

      last = command(promoted, "remove", Long.toString(oldKey)).out();
      rollOut(last, running);
    }

    assertEquals(Set.of(newKey), use().keySet());
    assertEquals(List.of(), load.failures(), fleet::logs);
    assertEquals(List.of(), load.expired());
    assertEquals(List.of(), load.refused());
    fleet.awaitWorkingTokens(subjects.subList(0, 20));
    Ledger.enter(
        new Ledger.Row(
            "the encryption key is changed under load, 2 replicas",
            3,
            fleet.refreshes(),
            6,
            load.reads(),
            load.failures().size(),
            0,
            0));
  }
}
