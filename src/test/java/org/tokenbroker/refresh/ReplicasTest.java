package org.tokenbroker.refresh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.quarkus.runtime.ShutdownEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.agency.TokenCipher;
import org.tokenbroker.refresh.Replicas.Replica;
import org.tokenbroker.testing.MigratedDatabase;
import org.tokenbroker.testing.TestKeyset;

/** Who is alive makes itself known, and nobody else is. */
@NullMarked
class ReplicasTest {

  @RegisterExtension final MigratedDatabase database = new MigratedDatabase();

  @TempDir Path journal;
  private final AtomicBoolean listening = new AtomicBoolean(true);

  private Replicas process(String id) {
    return new Replicas(
        database.dataSource(),
        new Journal(journal, new TokenCipher(TestKeyset.create()), new SecureRandom()),
        listening::get,
        id,
        "pod-of-" + id,
        "1.2.3");
  }

  private void seenBefore(String id, int seconds) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(
          "update replica set last_seen = clock_timestamp() - interval '%d seconds' where id = '%s'"
              .formatted(seconds, id));
    }
  }

  private static List<String> ids(Replicas process) {
    return process.alive().stream().map(Replica::id).toList();
  }

  @Test
  void aProcessSaysHowItIs() throws IOException {
    Replicas process = process("one");
    Files.createFile(journal.resolve("7-abc.answer"));
    Files.createFile(journal.resolve("7-abc.answer.new"));

    process.beat();

    Replica one = process.alive().getFirst();
    assertEquals("pod-of-one", one.host());
    assertEquals("1.2.3", one.version());
    assertEquals(1, one.journalEntries());
    assertTrue(one.listening());
    assertTrue(one.self());
    assertFalse(one.late());
  }

  @Test
  void whatChangesIsSaidAgainAndTheStartIsNot() {
    Replicas process = process("one");
    process.beat();
    Replica before = process.alive().getFirst();
    listening.set(false);

    process.beat();

    Replica after = process.alive().getFirst();
    assertFalse(after.listening());
    assertEquals(before.startedAt(), after.startedAt());
    assertFalse(after.lastSeen().isBefore(before.lastSeen()));
  }

  @Test
  void whoEndsIsGoneAtOnceAndDoesNotComeBack() {
    Replicas one = process("one");
    Replicas other = process("other");
    one.beat();
    other.beat();

    one.stop(new ShutdownEvent());
    one.beat();

    assertEquals(List.of("other"), ids(other));
  }

  @Test
  void whoIsNotHeardOfIsLateAndThenForgotten() throws SQLException {
    Replicas killed = process("killed");
    Replicas other = process("other");
    killed.beat();
    other.beat();

    seenBefore("killed", 30);
    assertTrue(other.alive().getFirst().late());

    seenBefore("killed", 61);
    assertEquals(List.of("other"), ids(other));
    other.beat();
    killed.beat();
    assertEquals(List.of("killed", "other"), ids(other), "it was only suspended, since before");
  }
}
