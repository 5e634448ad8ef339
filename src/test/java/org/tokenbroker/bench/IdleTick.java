package org.tokenbroker.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tokenbroker.agency.PreparedGrants;
import org.tokenbroker.bench.Benchmark.Extent;

/** What a tick of the schedule costs that finds nothing due, by the number of agencies. */
final class IdleTick {

  private static final List<Integer> ROWS = List.of(100, 100_000, 1_000_000);
  private static final int QUERIES = 5_000;
  private static final double NANOS_PER_MICRO = 1e3;

  private IdleTick() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    Map<Integer, Ground> grounds = new LinkedHashMap<>();
    try {
      for (int rows : ROWS) {
        Path own = Files.createDirectory(directory.resolve(Integer.toString(rows)));
        Ground ground = new Ground(own, 1);
        grounds.put(rows, ground);
        fill(ground, rows);
      }
      List<Figure> figures = measure(grounds, extent);
      return List.of(
          Result.atMost(
              1.5,
              "a tick with nothing due: a million rows against a hundred",
              figures.getLast().median() / figures.getFirst().median(),
              "×",
              figures.toArray(Figure[]::new)));
    } finally {
      grounds.values().forEach(Ground::close);
    }
  }

  /** Rows as a broker writes them, but that their tokens are of no key. */
  private static void fill(Ground ground, int rows) {
    ground.execute(
        """
        insert into agency (id, slug, name, scope_requested)
        select i, 'agency-' || i, 'Agency ' || i, 'read_agency' from generate_series(1, %d) i
        """
            .formatted(rows));
    ground.execute(
        """
        insert into agency_grant (agency_id, connection_id, kind, state, active911_id, active911_name,
            scope_granted, refresh_token, refresh_token_hash, access_token, generation,
            access_token_expires_at, refresh_token_expires_at, last_refreshed_at, next_refresh_at,
            connected_at)
        select i, gen_random_uuid(), 'APPLICATION', 'CONNECTED', i::text, 'Agency', 'read_agency',
            sha256(i::text::bytea), sha256(i::text::bytea), sha256(i::text::bytea), 1,
            now() + interval '1 day', now() + interval '1 year', now(),
            now() + interval '12 hours' + random() * interval '6 hours', now()
          from generate_series(1, %d) i
        """
            .formatted(rows));
    // Or it does both by itself, while something is measured.
    ground.execute("vacuum analyze");
    ground.execute("checkpoint");
  }

  /** They take turns: what a question and its answer take on their way varies by the minute. */
  private static List<Figure> measure(Map<Integer, Ground> grounds, Extent extent)
      throws Exception {
    Map<Integer, List<Double>> micros = new LinkedHashMap<>();
    for (int round = -1; round < extent.rounds(); round++) {
      for (Map.Entry<Integer, Ground> each : grounds.entrySet()) {
        double one = tick(each.getValue());
        if (round >= 0) { // the first is for the compiler
          micros.computeIfAbsent(each.getKey(), rows -> new ArrayList<>()).add(one);
        }
      }
    }
    return micros.entrySet().stream()
        .map(each -> new Figure(Report.number(each.getKey()) + " rows", "µs", each.getValue()))
        .toList();
  }

  private static double tick(Ground ground) throws SQLException {
    try (Connection connection = ground.connection();
        PreparedStatement query = connection.prepareStatement(PreparedGrants.IS_ANY_DUE)) {
      long before = System.nanoTime();
      for (int i = 0; i < QUERIES; i++) {
        try (ResultSet row = query.executeQuery()) {
          row.next();
          if (row.getBoolean(1)) {
            throw new IllegalStateException("something is due");
          }
        }
      }
      return (System.nanoTime() - before) / NANOS_PER_MICRO / QUERIES;
    }
  }
}
