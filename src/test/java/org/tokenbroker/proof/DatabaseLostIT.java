package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tokenbroker.proof.Fleet.Life;
import org.tokenbroker.proof.Proof.Need;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.PostgresServer;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.Tmpfs;

/**
 * PostgreSQL dies while Active911 is answering refreshes, and the old refresh tokens are dead:
 * every answer is stored in the end, from memory, or from the journal, or both. And where it only
 * does not give one row, all others are stored at once.
 */
@ExtendWith(Ledger.class)
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled by each test
class DatabaseLostIT {

  private static final int AGENCIES = 20;
  private static final Duration LATENCY = Duration.ofSeconds(3);
  private static final Duration OUTAGE = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path directory;

  private final List<AutoCloseable> resources = new ArrayList<>();
  private PostgresServer postgres;
  private Fleet fleet;
  private List<Subject> subjects;

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable resource : resources.reversed()) {
      resource.close();
    }
  }

  private void start(Path data, Map<String, String> configuration) throws IOException {
    postgres = PostgresServer.at(data, configuration).start();
    resources.add(postgres);
    start(postgres.database(), Map.of());
  }

  private void start(TestDatabase database, Map<String, String> own) throws IOException {
    fleet = new Fleet(Files.createDirectory(directory.resolve("fleet")), database);
    resources.add(fleet);
    subjects = fleet.connect(AGENCIES, Life.whole());
    fleet.add(own);
    fleet.start();
  }

  /** Has all agencies refreshed at the replica, and something happen when Active911 has decided. */
  private void refreshAll(Runnable whenDecided) {
    fleet
        .active911()
        .inject(
            FaultRule.of(new Fault.Latency(LATENCY, LATENCY, Moment.AFTER)).on(CallKind.REFRESH));
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      subjects.forEach(subject -> threads.execute(() -> fleet.refresh(fleet.replica(0), subject)));
      Eventually.isTrue(
          "Active911 has decided on all",
          () -> subjects.stream().allMatch(subject -> fleet.issued(subject) == 1),
          fleet::logs);
      whenDecided.run();
    }
    fleet.active911().clearFaults();
  }

  private Map<String, String> tags() {
    Map<String, String> tags = new HashMap<>();
    for (Subject subject : subjects) {
      Read read = fleet.read(fleet.replica(0), subject);
      assertTrue(read.isOk(), read::describe);
      tags.put(subject.slug(), read.etag());
    }
    return tags;
  }

  private void assertAllNew(Map<String, String> before, Map<String, String> after) {
    before.forEach((slug, tag) -> assertNotEquals(tag, after.get(slug)));
  }

  private void awaitStored() {
    Eventually.isTrue(
        "all is stored",
        PATIENCE,
        () ->
            fleet.replica(0).journaled().isEmpty()
                && fleet.grants().rows().values().stream().allMatch(DatabaseLostIT::isStored),
        fleet::logs);
  }

  private void assertNothingWasLost(String check, long kills, long reads) {
    fleet.refreshBySchedule(subjects);
    assertEquals(Set.of(), fleet.needingConsent(), fleet::logs);
    assertEquals(List.of(), fleet.active911().deadTokens());
    fleet.awaitWorkingTokens(subjects);
    Ledger.enter(new Ledger.Row(check, subjects.size(), fleet.refreshes(), kills, reads, 0, 0, 0));
  }

  @Test
  void whatItMissedIsStoredFromMemoryWhenItIsBack() throws Exception {
    start(directory.resolve("data"), Map.of());
    Map<String, String> before = tags();

    refreshAll(postgres::crash);

    assertEquals(AGENCIES, fleet.replica(0).journaled().size());
    Map<String, String> during = tags();
    assertAllNew(before, during);
    Load load =
        new Load(fleet, subjects, fleet::replicas, new SplittableRandom(Proof.seed()))
            .reading(50)
            .lasting(OUTAGE);
    assertEquals(List.of(), load.failures());
    postgres.start();
    awaitStored();
    assertEquals(during, tags());
    assertNothingWasLost("PostgreSQL crashes after the rotation, back after 20 s", 1, load.reads());
  }

  @Test
  void whatItMissedIsStoredFromTheJournalIfTheProcessIsKilledMeanwhile() throws Exception {
    start(directory.resolve("data"), Map.of());
    Map<String, String> before = tags();

    refreshAll(postgres::crash);
    fleet.replica(0).kill();
    postgres.start();
    fleet.replica(0).start();

    awaitStored();
    assertAllNew(before, tags());
    assertNothingWasLost("PostgreSQL crashes, the process is killed meanwhile", 2, AGENCIES);
  }

  /** What is wrong with the directory of the journal. */
  private enum Journal {
    /** Its disk is full. */
    FULL,
    /** Its disk is read-only. */
    READ_ONLY,
    /** It has gone, and something else stands in its place. */
    MISSING
  }

  @ParameterizedTest
  @EnumSource
  void aJournalThatCannotBeWrittenIsAnAlarmAndCostsNothing(Journal journal) throws Exception {
    Path place = Files.createDirectory(directory.resolve("journal"));
    if (journal == Journal.MISSING) {
      startWithJournal(place);
      Files.deleteIfExists(place);
      Files.writeString(place, "not a directory");
    } else {
      Tmpfs disk = Tmpfs.mount(place, 1).orElse(null);
      if (disk == null) {
        Proof.leaveOut("journal " + journal, Need.MOUNT);
        return;
      }
      resources.add(disk);
      startWithJournal(place);
      if (journal == Journal.FULL) {
        disk.fill();
      } else {
        disk.makeReadOnly();
      }
    }

    Map<String, String> before = tags();
    refreshAll(postgres::crash);

    assertEquals(1, fleet.replica(0).logged("BROKER_JOURNAL_DIR cannot be written"), fleet::logs);
    Map<String, String> during = tags();
    assertAllNew(before, during);
    postgres.start();
    Eventually.isTrue(
        "all is stored",
        PATIENCE,
        () -> fleet.grants().rows().values().stream().allMatch(DatabaseLostIT::isStored),
        fleet::logs);
    assertEquals(during, tags());
    assertNothingWasLost(
        "PostgreSQL crashes, the journal is %s".formatted(journal), 1, 2L * AGENCIES);
  }

  private void startWithJournal(Path place) throws IOException {
    postgres = PostgresServer.at(directory.resolve("data"), Map.of()).start();
    resources.add(postgres);
    start(postgres.database(), Map.of("BROKER_JOURNAL_DIR", place.toString()));
  }

  @Test
  void aStandbyTakesOver() throws Exception {
    postgres = PostgresServer.at(directory.resolve("data"), Map.of()).start();
    resources.add(postgres);
    postgres.stop();
    PostgresServer standby = postgres.standby(directory.resolve("standby"), "standby");
    postgres.start();
    execute(postgres, "alter system set synchronous_standby_names = 'standby'");
    execute(postgres, "select pg_reload_conf()");
    resources.add(standby.start());
    Eventually.isTrue(
        "the standby follows",
        () -> "sync".equals(value(postgres, "select max(sync_state) from pg_stat_replication")),
        () -> "");
    start(
        new TestDatabase(
            "jdbc:postgresql://127.0.0.1:%d,127.0.0.1:%d/postgres?targetServerType=primary&connectTimeout=2"
                .formatted(postgres.port(), standby.port()),
            postgres.database().user(),
            postgres.database().password()),
        Map.of());
    Map<String, String> before = tags();

    refreshAll(postgres::crash);
    Map<String, String> during = tags();
    assertAllNew(before, during);
    execute(standby, "select pg_promote()");

    awaitStored();
    assertEquals(during, tags());
    assertNothingWasLost("PostgreSQL fails over to a synchronous standby", 1, 2L * AGENCIES);
  }

  @Test
  void itsDiskIsFull() throws Exception {
    Path mountPoint = Files.createDirectory(directory.resolve("disk"));
    Tmpfs disk = Tmpfs.mount(mountPoint, 256).orElse(null);
    if (disk == null) {
      Proof.leaveOut("PostgreSQL's disk is full", Need.MOUNT);
      return;
    }
    resources.add(disk);
    start(mountPoint.resolve("data"), Map.of("max_wal_size", "32MB", "min_wal_size", "32MB"));
    Map<String, String> before = tags();

    refreshAll(
        () -> {
          disk.fill();
          writeUntilItFails();
        });
    Map<String, String> during = tags();
    assertAllNew(before, during);
    disk.clear();
    // It gave up when it could not even recover.
    postgres.stop();
    postgres.start();

    awaitStored();
    assertEquals(during, tags());
    assertNothingWasLost("PostgreSQL's disk is full", 1, 2L * AGENCIES);
  }

  @Test
  void aRowThatSomebodyHasLockedHoldsUpNoOther() throws Exception {
    start(directory.resolve("data"), Map.of());
    Map<String, String> before = tags();
    String locked = subjects.getFirst().slug();

    try (Connection somebody = postgres.database().dataSource().getConnection();
        Statement statement = somebody.createStatement()) {
      somebody.setAutoCommit(false);
      refreshAll(
          () -> {
            lock(statement, locked);
            Eventually.isTrue(
                "all others are stored",
                () ->
                    fleet.grants().rows().entrySet().stream()
                        .allMatch(row -> row.getKey().equals(locked) || isStored(row.getValue())),
                fleet::logs);
            Grants.Row row = Objects.requireNonNull(fleet.grants().rows().get(locked));
            assertFalse(isStored(row));
            assertTrue(fleet.replica(0).journaled().contains(row.agencyId()));
            unlock(somebody);
          });
    }

    awaitStored();
    assertAllNew(before, tags());
    assertNothingWasLost("somebody has locked a row while 20 answers come", 0, AGENCIES);
  }

  private static boolean isStored(Grants.Row row) {
    return row.generation() == 2;
  }

  private static void lock(Statement statement, String slug) {
    try {
      statement.execute(
          "select 1 from agency_grant g join agency a on a.id = g.agency_id where a.slug = '%s' for update of g"
              .formatted(slug));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void unlock(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Uses up the space that PostgreSQL has set aside for its log. */
  private void writeUntilItFails() {
    Eventually.isTrue(
        "PostgreSQL has noticed",
        () -> {
          try {
            execute(postgres, "create table filler as select 1");
            execute(postgres, "drop table filler");
            execute(postgres, "select pg_switch_wal()");
            return false;
          } catch (IllegalStateException e) {
            return true;
          }
        },
        () -> "");
  }

  private static void execute(PostgresServer server, String statement) {
    try (Connection connection = server.database().dataSource().getConnection();
        Statement execution = connection.createStatement()) {
      execution.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String value(PostgresServer server, String query) {
    try (Connection connection = server.database().dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return String.valueOf(row.getString(1));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
