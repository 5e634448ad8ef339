package org.tokenbroker.bench;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import org.tokenbroker.agency.PreparedGrants;
import org.tokenbroker.bench.Benchmark.Extent;

/** What a tick of the schedule costs that finds nothing due, by the number of agencies. */
final class IdleTick {

  private static final List<Integer> ROWS = List.of(100, 100_000, 1_000_000);
  private static final int QUERIES = 2_000;
  private static final double NANOS_PER_MICRO = 1e3;

  private IdleTick() {}

  static List<Result> run(Path directory, Extent extent) throws Exception {
    try (Ground ground = new Ground(directory, 1)) {
      List<Figure> figures = new ArrayList<>();
      int rows = 0;
      for (int wanted : ROWS) {
        fill(ground, rows, wanted);
        rows = wanted;
        figures.add(measure(ground, Report.number(wanted) + " rows", extent));
      }
      return List.of(
          Result.atMost(
              1.5,
              "a tick with nothing due: a million rows against a hundred",
              figures.getLast().median() / figures.getFirst().median(),
              "×",
              figures.toArray(Figure[]::new)));
    }
  }

  /** Rows as a broker writes them, but that their tokens are of no key. */
  private static void fill(Ground ground, int from, int to) {
    ground.execute(
        """
        insert into agency (id, slug, name, scope_requested)
        select i, 'agency-' || i, 'Agency ' || i, 'read_agency' from generate_series(%1$d, %2$d) i
        """
            .formatted(from + 1, to));
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
          from generate_series(%1$d, %2$d) i
        """
            .formatted(from + 1, to));
    // Or it does both by itself, while something is measured.
    ground.execute("vacuum analyze");
    ground.execute("checkpoint");
  }

  private static Figure measure(Ground ground, String name, Extent extent) throws Exception {
    List<Double> micros = new ArrayList<>();
    try (Connection connection = ground.connection();
        PreparedStatement query = connection.prepareStatement(PreparedGrants.IS_ANY_DUE)) {
      for (int round = -1; round < extent.rounds(); round++) {
        long before = System.nanoTime();
        for (int i = 0; i < QUERIES; i++) {
          try (ResultSet row = query.executeQuery()) {
            row.next();
            if (row.getBoolean(1)) {
              throw new IllegalStateException("something is due");
            }
          }
        }
        if (round >= 0) { // the first is for plan and compiler
          micros.add((System.nanoTime() - before) / NANOS_PER_MICRO / QUERIES);
        }
      }
    }
    return new Figure(name, "µs", micros);
  }
}
