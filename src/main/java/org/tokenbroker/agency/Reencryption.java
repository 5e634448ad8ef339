package org.tokenbroker.agency;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.jboss.logging.Logger;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.TokenCipher.UndecipherableException;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.SecretCheck;

/**
 * Encrypts stored tokens anew that another key than the primary one has encrypted, so that an old
 * key can be removed. Any number of replicas may do so at once: a value is only replaced if it is
 * still the one that was read.
 *
 * <p>It sees to it that no key is missing: a keyset without a key that is still in use ends the
 * start, before anything of the replicas that run is replaced by what cannot read; and is not taken
 * where it takes the other's place in its file while the broker runs.
 */
@Singleton
class Reencryption implements SecretCheck {

  private static final Logger LOG = Logger.getLogger(Reencryption.class);
  private static final int BATCH = 200;

  /** Before anything reads tokens. */
  private static final int FIRST = 1;

  private final DataSource dataSource;
  private final TokenCipher cipher;
  private final int batch;
  private final MultiGauge values;

  @Inject
  Reencryption(DataSource dataSource, TokenCipher cipher, MeterRegistry metrics) {
    this(dataSource, cipher, metrics, BATCH);
  }

  Reencryption(DataSource dataSource, TokenCipher cipher, MeterRegistry metrics, int batch) {
    this.dataSource = dataSource;
    this.cipher = cipher;
    this.batch = batch;
    this.values =
        MultiGauge.builder("token.broker.encrypted.values")
            .description("Stored tokens by the id of the key that has encrypted them")
            .register(metrics);
  }

  /** A ciphertext as it was read. */
  @SuppressWarnings("ArrayRecordComponent") // two of them are never compared
  private record Stored(String row, byte[] ciphertext) {}

  void requireEveryKeyInUse(@Observes @Priority(FIRST) StartupEvent event) {
    SortedMap<Long, Long> missing = missing(cipher);
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "BROKER_ENCRYPTION_KEYSET lacks keys that stored tokens are encrypted with (key id and"
              + " number of values: "
              + missing
              + "): it is another database's, or a key was removed too early");
    }
  }

  /** The keys in use that a cipher lacks, and for how many values. */
  private SortedMap<Long, Long> missing(TokenCipher other) {
    SortedMap<Long, Long> missing = new TreeMap<>(count());
    missing.keySet().removeAll(other.keyIds());
    return missing;
  }

  @Override
  public String property() {
    return TokenCipher.KEYSET;
  }

  @Override
  public Optional<String> refusal(Secret keyset) {
    try {
      TokenCipher changed = new TokenCipher(keyset.value());
      if (!changed.keyIds().contains(cipher.encryptingKeyId())) {
        return Optional.of("lacks the key that encrypts now, " + cipher.encryptingKeyId());
      }
      SortedMap<Long, Long> missing = missing(changed);
      return missing.isEmpty()
          ? Optional.empty()
          : Optional.of(
              "lacks keys that stored tokens are encrypted with (key id and number of values: "
                  + missing
                  + ")");
    } catch (IllegalArgumentException e) {
      return Optional.of("is no keyset");
    } catch (DatabaseUnavailableException e) {
      return Optional.of("cannot be compared with what is stored: the database is away");
    }
  }

  @Scheduled(
      every = "10m",
      delayed = "20s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void encryptAnew() {
    try {
      long done = 0;
      for (EncryptedColumn column : EncryptedColumn.ALL) {
        done += encryptAnew(column);
      }
      if (done > 0) {
        LOG.infof("%d stored tokens were encrypted anew with the primary key", done);
      }
      count();
    } catch (DatabaseUnavailableException e) {
      LOG.debug("Nothing is encrypted anew now: the database cannot be reached");
    }
  }

  /** Encrypts all of a column anew that needs it; returns how many values that were. */
  long encryptAnew(EncryptedColumn column) {
    byte[] prefix = cipher.prefix();
    if (prefix.length == 0) {
      return 0; // nothing tells what is to be done
    }
    long done = 0;
    String after = column.before();
    while (true) {
      List<Stored> found = read(column, prefix, after);
      if (found.isEmpty()) {
        return done;
      }
      for (Stored stored : found) {
        done += encryptAnew(column, stored) ? 1 : 0;
        after = stored.row(); // also past what cannot be decrypted
      }
    }
  }

  private List<Stored> read(EncryptedColumn column, byte[] prefix, String after) {
    String sql =
        """
        select %2$s::text, %3$s from %1$s
         where %3$s is not null and substring(%3$s from 1 for ?) <> ? and %2$s > cast(? as %4$s)
         order by %1$s.%2$s limit ?
        """
            .formatted(column.table(), column.key(), column.column(), column.keyType());
    List<Stored> found = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, prefix.length);
      statement.setBytes(2, prefix);
      statement.setString(3, after);
      statement.setInt(4, batch);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(new Stored(row.getString(1), row.getBytes(2)));
        }
      }
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
    return found;
  }

  private boolean encryptAnew(EncryptedColumn column, Stored stored) {
    byte[] anew;
    try {
      anew =
          cipher.encrypt(
              cipher.decrypt(stored.ciphertext(), column.placeOf(stored.row())),
              column.placeOf(stored.row()));
    } catch (UndecipherableException e) {
      LOG.warnf("Not encrypted anew: %s", e.getMessage());
      return false;
    }
    String sql =
        "update %1$s set %3$s = ? where %2$s = cast(? as %4$s) and %3$s = ?"
            .formatted(column.table(), column.key(), column.column(), column.keyType());
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setBytes(1, anew);
      statement.setString(2, stored.row());
      statement.setBytes(3, stored.ciphertext());
      return statement.executeUpdate() > 0;
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }

  private Map<Long, Long> count() {
    try (Connection connection = dataSource.getConnection()) {
      SortedMap<Long, Long> counts = EncryptionKeyUse.count(connection);
      SortedMap<Long, Long> shown = new TreeMap<>(counts);
      cipher.primaryKeyId().ifPresent(id -> shown.putIfAbsent(id, 0L));
      values.register(
          shown.entrySet().stream()
              .map(entry -> Row.of(Tags.of("key_id", entry.getKey().toString()), entry.getValue()))
              .toList(),
          true);
      return counts;
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(e);
    }
  }
}
