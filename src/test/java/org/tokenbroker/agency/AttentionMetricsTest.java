package org.tokenbroker.agency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.ds.PGSimpleDataSource;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.MigratedDatabase;
import org.tokenbroker.testing.TestKeyset;

/** What of the database is to be looked at. */
@NullMarked
class AttentionMetricsTest {

  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  @RegisterExtension final MigratedDatabase database = new MigratedDatabase();

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private double value(String name) {
    return registry.get(name).gauge().value();
  }

  @Test
  void failingAgenciesAndConsentsThatWaitAreCounted() throws Exception {
    PreparedGrants grants = new PreparedGrants(database.dataSource(), TestKeyset.create());
    for (int number = 1; number <= 3; number++) {
      grants.connect(
          "a-" + number,
          new Active911Agency("" + number, "x"),
          new TokenSet(
              Secret.of("access-" + number),
              NOW.plusSeconds(60),
              Secret.of("refresh-" + number),
              NOW.plus(Duration.ofDays(365)),
              Scope.parse("read_agency")),
          NOW,
          NOW);
    }
    database
        .database()
        .execute(
            """
            update agency_grant set consecutive_failures = 2, next_refresh_at = now() + interval '1 hour'
             where active911_id = '2';
            insert into candidate (id, agency_id, kind, reason, any_agency, scope_granted, refresh_token,
                access_token, access_token_expires_at, refresh_token_expires_at, created_at, expires_at)
            select number::text, g.agency_id, g.kind, 'OTHER_AGENCY', false, g.scope_granted,
                   g.refresh_token, g.access_token, now(), now(), now(),
                   now() + (number - 1.5) * interval '1 hour'
              from agency_grant g, generate_series(1, 3) number where g.active911_id = '1'
            """);
    AttentionMetrics metrics = new AttentionMetrics(database.dataSource(), registry);

    metrics.look();

    assertEquals(1, value("token.broker.agencies.failing"));
    assertEquals(2, value("token.broker.candidates"), "one has expired");
  }

  @Test
  void withoutTheDatabaseNothingIsKnown() {
    PGSimpleDataSource nowhere = new PGSimpleDataSource();
    nowhere.setUrl("jdbc:postgresql://127.0.0.1:" + FreePort.find() + "/none");

    new AttentionMetrics(nowhere, registry).look();

    assertTrue(Double.isNaN(value("token.broker.candidates")));
    assertTrue(Double.isNaN(value("token.broker.agencies.failing")));
  }
}
