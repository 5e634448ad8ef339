package org.tokenbroker.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tokenbroker.bench.Benchmark.Extent;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;

/**
 * The constants of the sizing model: what one agency, one grant to a caller, one refresh and one
 * row of the audit trail take, in memory and in PostgreSQL. None of it depends on how fast the
 * machine is, so that each is measured once.
 */
final class Sizing {

  private static final int FEW = 100;
  private static final int MANY = 100_000;
  private static final int CALLERS = 20;
  private static final int GRANTS = 2_000;
  private static final int REFRESHED = MANY / 10;
  private static final int READ = 5_000;
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** How often every agency is refreshed until the tables' sizes have settled. */
  private static final int CYCLES = 3;

  private static final Pattern LIVE = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");

  /** What of a table a row is spread over, in bytes. */
  private record Size(String name, double bytes) {}

  private Sizing() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    List<Result> results = new ArrayList<>();
    try (Ground ground = new Ground(directory, MANY)) {
      ground.with("BROKER_REFRESH_INTERVAL", "1s").with("BROKER_REFRESH_CONCURRENCY", "64");
      List<String> agencies = new ArrayList<>(ground.connect(FEW, DAY, DAY));
      double fewLive;
      try (BrokerProcess broker = ground.broker()) {
        fewLive = live(broker);
      }
      agencies.addAll(ground.connect(MANY - FEW, DAY, DAY));
      results.addAll(memory(ground, agencies, fewLive));
      results.addAll(disk(ground, "new, on disk"));
      results.addAll(refreshes(ground));
      results.addAll(handOuts(ground, agencies));
      settle(ground);
      results.addAll(disk(ground, "refreshed, on disk"));
    }
    return results;
  }

  private static List<Result> memory(Ground ground, List<String> agencies, double fewLive)
      throws IOException, InterruptedException {
    try (BrokerProcess broker = ground.broker()) {
      double manyLive = live(broker);
      double resident = Machine.residentMegabytes(broker.pid());
      BrokerClient admin = new BrokerClient(broker.origin().toString(), BrokerProcess.ADMIN_KEY);
      for (int i = 0; i < CALLERS; i++) {
        admin.createCaller("caller-" + i, agencies.subList(0, GRANTS).toArray(String[]::new));
      }
      double granted = live(broker);
      return List.of(
          Result.of("heap in use with 100 agencies", fewLive / 1e6, "MB"),
          Result.of(
              "heap in use for each agency more", (manyLive - fewLive) / (MANY - FEW), "B of heap"),
          Result.of(
              "heap in use for each agency that is granted to a caller one by one",
              (granted - manyLive) / (CALLERS * GRANTS),
              "B of heap"),
          Result.of("resident memory with 100,000 agencies, never read", resident, "MB"));
    }
  }

  /** The bytes of the objects that are reachable; has the others collected first. */
  private static double live(BrokerProcess broker) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(broker.pid()),
                "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String out = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Matcher total = LIVE.matcher(out);
    if (jcmd.waitFor() != 0 || !total.find()) {
      throw new IllegalStateException("jcmd said something else:\n" + out);
    }
    return Double.parseDouble(total.group(1));
  }

  /** Each table and each index of what there is one row of for each agency. */
  private static List<Result> disk(Ground ground, String where) {
    List<Result> results = new ArrayList<>();
    for (String table : List.of("agency", "agency_grant")) {
      List<Size> sizes = new ArrayList<>();
      sizes.add(
          new Size(table, ground.number("select pg_table_size('%s')".formatted(table)) / MANY));
      for (String index :
          ground.strings(
              "select indexrelid::regclass::text from pg_index where indrelid = '%s'::regclass order by 1"
                  .formatted(table))) {
        sizes.add(
            new Size(
                "index " + index,
                ground.number("select pg_relation_size('%s')".formatted(index)) / MANY));
      }
      sizes.forEach(size -> results.add(Result.of(where + ": " + size.name(), size.bytes(), "B")));
    }
    return results;
  }

  /**
   * What a tenth of all agencies costs the database, spread over all pages as those are that are
   * due at a time: once right after a checkpoint, when each page is written to the log whole at its
   * first change, and once when it has been.
   */
  private static List<Result> refreshes(Ground ground) {
    List<Result> results = new ArrayList<>();
    double audited = ground.number("select count(*) from audit_event");
    double auditBytes = bytesOf(ground, "audit_event");
    for (boolean first : List.of(true, false)) {
      long generation = (long) ground.number("select max(generation) from agency_grant");
      ground.execute("update agency_grant set next_refresh_at = now() where agency_id % 10 = 0");
      if (first) {
        ground.execute("checkpoint");
      }
      double log = ground.number("select pg_current_wal_lsn() - '0/0'::pg_lsn");
      double commits = commits(ground);
      double syncs = syncs(ground);
      BrokerProcess broker = ground.broker();
      Eventually.isTrue(
          "all are refreshed",
          PATIENCE,
          () ->
              ground.number("select count(*) from agency_grant where generation > " + generation)
                  >= REFRESHED,
          broker::log);
      broker.stop(); // it writes what it has to write, and PostgreSQL's processes what they counted
      String when = first ? "right after a checkpoint" : "later";
      results.add(
          Result.of(
              "log (WAL) for each refresh, " + when,
              (ground.number("select pg_current_wal_lsn() - '0/0'::pg_lsn") - log) / REFRESHED,
              "B of log"));
      if (!first) {
        results.add(
            Result.of(
                "commits for each refresh, of agencies that are all due at once",
                (commits(ground) - commits) / REFRESHED,
                "commits"));
        results.add(
            Result.of(
                "syncs of the log for each refresh, likewise",
                (syncs(ground) - syncs) / REFRESHED,
                "syncs"));
      }
    }
    double rows = ground.number("select count(*) from audit_event") - audited;
    results.add(
        Result.of("rows of the audit trail for each refresh", rows / (2 * REFRESHED), "rows"));
    results.add(
        Result.of(
            "a row of the audit trail, with its indexes",
            (bytesOf(ground, "audit_event") - auditBytes) / rows,
            "B of audit trail"));
    return results;
  }

  private static double commits(Ground ground) {
    return ground.number(
        "select xact_commit from pg_stat_database where datname = current_database()");
  }

  private static double syncs(Ground ground) {
    return ground.number("select sum(fsyncs) from pg_stat_io where object = 'wal'");
  }

  /** What counts of hand-outs take: of one token of each of so many agencies, to one caller. */
  private static List<Result> handOuts(Ground ground, List<String> agencies) {
    double before = bytesOf(ground, "handout_count");
    BrokerProcess broker = ground.broker();
    String key =
        new BrokerClient(broker.origin().toString(), BrokerProcess.ADMIN_KEY)
            .createCaller("dispatch-board", "*");
    Calls calls = new Calls(broker.origin(), key);
    agencies.subList(0, READ).forEach(agency -> calls.get("/tokens/" + agency));
    broker.stop();
    return List.of(
        Result.of(
            "a row of counted hand-outs, with its indexes",
            (bytesOf(ground, "handout_count") - before)
                / ground.number("select count(*) from handout_count"),
            "B of audit trail"));
  }

  /** Of all months of a table, with their indexes. */
  private static double bytesOf(Ground ground, String table) {
    return ground.number(
        "select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = '%s'::regclass"
            .formatted(table));
  }

  /**
   * Changes every row as its refreshes do, a tenth at a time, with the vacuum that comes by itself
   * when a fifth has changed.
   */
  private static void settle(Ground ground) {
    for (int i = 0; i < 10 * CYCLES; i++) {
      ground.execute(
          """
          update agency_grant set lease_owner = 'replica-0123456789', lease_until = now(),
              lease_generation = lease_generation + 1, presented_hash = refresh_token_hash,
              presented_at = now(), presented_by = 'replica-0123456789'
            where agency_id %% 10 = %d
          """
              .formatted(i % 10));
      ground.execute(
          """
          update agency_grant set lease_owner = null, lease_until = null, presented_hash = null,
              presented_at = null, presented_by = null, previous_refresh_token = refresh_token,
              refresh_token_hash = sha256(refresh_token_hash), generation = generation + 1,
              access_token_expires_at = now() + interval '1 day', last_refreshed_at = now(),
              next_refresh_at = now() + interval '1 day' * (0.7 + random() / 10)
            where agency_id %% 10 = %d
          """
              .formatted(i % 10));
      if (i % 2 == 1) {
        ground.execute("vacuum agency_grant");
      }
    }
  }
}
