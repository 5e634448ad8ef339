package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.StartupEvent;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.MigratedDatabase;

/** From an old key to a new one, with more rows than one batch takes. */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class ReencryptionTest {

  private static final int AGENCIES = 25;
  private static final int BATCH = 10;
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  @RegisterExtension final MigratedDatabase database = new MigratedDatabase();

  private KeysetHandle old;
  private KeysetHandle both;
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

  @BeforeEach
  void agenciesEncryptedWithTheOldKey() throws Exception {
    AeadConfig.register();
    old = KeysetHandle.generateNew(PredefinedAeadParameters.AES256_GCM);
    both =
        KeysetHandle.newBuilder(old)
            .addEntry(
                KeysetHandle.generateEntryFromParameters(PredefinedAeadParameters.AES256_GCM)
                    .withRandomId()
                    .makePrimary())
            .build();
    execute(
        "insert into agency (id, slug, name, scope_requested)"
            + " select n, 'a-' || n, 'x', 'read_agency' from generate_series(1, %d) n"
                .formatted(AGENCIES));
    Grants grants = new Grants(database.dataSource(), cipher(old));
    for (long id = 1; id <= AGENCIES; id++) {
      grants.connect(
          id,
          new UUID(0, id),
          GrantKind.APPLICATION,
          new Active911Agency("1", "x"),
          new TokenSet(
              Secret.of("access-" + id),
              NOW.plusSeconds(60),
              Secret.of("refresh-" + id),
              NOW.plus(Duration.ofDays(365)),
              Scope.parse("read_agency")),
          NOW,
          NOW);
    }
  }

  private static TokenCipher cipher(KeysetHandle keyset) throws GeneralSecurityException {
    return new TokenCipher(
        TinkJsonProtoKeysetFormat.serializeKeyset(keyset, InsecureSecretKeyAccess.get()));
  }

  private Reencryption reencryption(KeysetHandle keyset) throws GeneralSecurityException {
    return new Reencryption(database.dataSource(), cipher(keyset), metrics, BATCH);
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private Map<Long, Long> use() throws SQLException {
    try (Connection connection = database.dataSource().getConnection()) {
      return EncryptionKeyUse.count(connection);
    }
  }

  private static long idOf(KeysetHandle keyset) {
    return Integer.toUnsignedLong(keyset.getPrimary().getId());
  }

  private KeysetHandle onlyTheNewKey() throws GeneralSecurityException {
    return KeysetHandle.newBuilder(both).deleteAt(0).build();
  }

  @Test
  void everyTokenIsEncryptedAnewAndCanStillBeRead() throws Exception {
    assertEquals(Map.of(idOf(old), 2L * AGENCIES), use());

    reencryption(both).encryptAnew();

    assertEquals(Map.of(idOf(both), 2L * AGENCIES), use());
    Grants grants = new Grants(database.dataSource(), cipher(onlyTheNewKey()));
    assertEquals(
        Secret.of("access-25"),
        Objects.requireNonNull(grants.handoutState("a-25").orElseThrow().token()).accessToken());
    assertEquals(
        2.0 * AGENCIES,
        metrics
            .get("token.broker.encrypted.values")
            .tag("key_id", Long.toString(idOf(both)))
            .gauge()
            .value());
  }

  @Test
  void whatTheNewKeyHasEncryptedIsLeftAlone() throws Exception {
    Reencryption reencryption = reencryption(both);
    reencryption.encryptAnew();

    assertEquals(0, reencryption.encryptAnew(EncryptedColumn.ALL.getFirst()));
  }

  @Test
  void aTokenThatWasMovedIsPassedOver() throws Exception {
    execute(
        "update agency_grant set access_token ="
            + " (select access_token from agency_grant where agency_id = 2) where agency_id = 1");

    reencryption(both).encryptAnew();

    assertEquals(Map.of(idOf(old), 1L, idOf(both), 2L * AGENCIES - 1), use());
  }

  @Test
  void withoutAKeyThatIsInUseNothingStarts() throws Exception {
    Reencryption tooEarly = reencryption(onlyTheNewKey());

    IllegalStateException refused =
        assertThrows(
            IllegalStateException.class, () -> tooEarly.requireEveryKeyInUse(new StartupEvent()));
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(idOf(old) + "=" + 2 * AGENCIES), message);

    reencryption(both).encryptAnew();
    assertDoesNotThrow(() -> tooEarly.requireEveryKeyInUse(new StartupEvent()));
  }

  @Test
  void rubbishInAColumnDoesNotPassForAKey() throws Exception {
    execute("update agency_grant set access_token = '\\x00' where agency_id = 1");
    execute("update agency_grant set access_token = '' where agency_id = 2");

    assertEquals(Map.of(idOf(old), 2L * AGENCIES - 2), use());
    assertDoesNotThrow(() -> reencryption(old).requireEveryKeyInUse(new StartupEvent()));
  }

  private static Secret written(KeysetHandle keyset) throws GeneralSecurityException {
    return Secret.of(
        TinkJsonProtoKeysetFormat.serializeKeyset(keyset, InsecureSecretKeyAccess.get()));
  }

  @Test
  void givenAChangedKeysetWithEveryKeyInUseThenItIsNotRefused() throws Exception {
    assertEquals(Optional.empty(), reencryption(old).refusal(written(both)));
  }

  @Test
  void givenAChangedKeysetWithoutTheKeyThatEncryptsThenItIsRefused() throws Exception {
    Optional<String> refusal = reencryption(old).refusal(written(onlyTheNewKey()));

    assertTrue(refusal.orElse("").contains(Long.toString(idOf(old))), refusal::toString);
  }

  @Test
  void givenAChangedKeysetWithoutAKeyInUseThenItIsRefused() throws Exception {
    Optional<String> refusal = reencryption(both).refusal(written(onlyTheNewKey()));

    assertTrue(refusal.orElse("").contains(Long.toString(idOf(old)) + "="), refusal::toString);
  }

  @Test
  void givenWhatIsNoKeysetThenItIsRefused() throws Exception {
    assertEquals(Optional.of("is no keyset"), reencryption(old).refusal(Secret.of("{}")));
  }
}
