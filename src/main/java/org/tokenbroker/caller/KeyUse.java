package org.tokenbroker.caller;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import javax.sql.DataSource;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * When each key was last used. Kept in memory and stored in batches, so that no request waits for
 * it; what was not stored yet when a process is killed is lost, and only that.
 */
@Singleton
class KeyUse {

  private static final Logger LOG = Logger.getLogger(KeyUse.class);

  /** Finer than this, uses are not told apart. */
  private static final Duration GRAIN = Duration.ofSeconds(1);

  private final DataSource dataSource;

  /** What is not stored yet, by key id. */
  private final Map<ApiKey.Kind, ConcurrentMap<String, Instant>> uses =
      new EnumMap<>(
          Map.of(
              ApiKey.Kind.CALLER, new ConcurrentHashMap<>(),
              ApiKey.Kind.ADMIN, new ConcurrentHashMap<>()));

  KeyUse(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  private ConcurrentMap<String, Instant> of(ApiKey.Kind kind) {
    ConcurrentMap<String, Instant> ofKind = uses.get(kind);
    if (ofKind == null) {
      throw new IllegalStateException("no such kind");
    }
    return ofKind;
  }

  /** Takes note that a valid key was presented; does not block. */
  void note(ApiKey key, Instant now) {
    ConcurrentMap<String, Instant> ofKind = of(key.kind());
    Instant last = ofKind.get(key.id());
    if (last == null || !now.isBefore(last.plus(GRAIN))) {
      ofKind.put(key.id(), now);
    }
  }

  /** The last use that the database does not know of yet, if there is one. */
  @Nullable Instant notYetStored(ApiKey.Kind kind, String keyId) {
    return of(kind).get(keyId);
  }

  /** Stores what there is. If the database is away it waits for the next time. */
  @Scheduled(every = "30s", concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void store() {
    for (ApiKey.Kind kind : ApiKey.Kind.values()) {
      // In the same order everywhere, so that two replicas cannot wait for each other.
      SortedMap<String, Instant> batch = new TreeMap<>(of(kind));
      if (batch.isEmpty()) {
        continue;
      }
      try {
        store(statement(kind), batch);
        batch.forEach(of(kind)::remove);
      } catch (SQLException e) {
        LOG.debugf("The uses of %d keys are stored later: %s", batch.size(), e.getSQLState());
      }
    }
  }

  void stop(@Observes ShutdownEvent event) {
    store();
  }

  private static String statement(ApiKey.Kind kind) {
    return switch (kind) {
      case CALLER ->
          "update caller_key set last_used_at = greatest(last_used_at, ?) where key_id = ?";
      case ADMIN ->
          "update admin_key set last_used_at = greatest(last_used_at, ?) where key_id = ?";
    };
  }

  private void store(String update, SortedMap<String, Instant> batch) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(update)) {
      for (Map.Entry<String, Instant> use : batch.entrySet()) {
        statement.setTimestamp(1, Timestamp.from(use.getValue()));
        statement.setString(2, use.getKey());
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }
}
