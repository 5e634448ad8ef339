package org.tokenbroker.notice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.PreparedGrants;
import org.tokenbroker.oauth.ConfiguredSecrets;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.DatabaseTime;
import org.tokenbroker.testing.MigratedDatabase;
import org.tokenbroker.testing.TestKeyset;

/** What is said, when, and how often. */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class WatchTest {

  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** A webhook is configured, and nothing else. */
  private static final ConfiguredSecrets WEBHOOK =
      property ->
          Optional.ofNullable(
                  Map.of(NoticeSettings.WEBHOOK, "https://hooks.example.com").get(property))
              .map(Secret::of);

  @RegisterExtension static final MigratedDatabase database = new MigratedDatabase();

  private DatabaseTime time;
  private PreparedGrants grants;

  @BeforeEach
  void nothingIsSaidYet() throws Exception {
    database
        .database()
        .execute(
            "truncate agency, notice, notice_said cascade;"
                + " update upstream set client_refused_at = null");
    time = DatabaseTime.of(database.database(), NOW);
    grants = new PreparedGrants(time.dataSource(), TestKeyset.create());
  }

  private Watch watch(Set<NoticeKind> kinds) {
    return new Watch(
        time.dataSource(),
        new NoticeSettings(WEBHOOK, kinds, List.of("dispatch@example.com"), false),
        time::now,
        new SecureRandom(),
        URI.create("https://broker.example.com"));
  }

  private void look() throws Exception {
    var _ = watch(EnumSet.allOf(NoticeKind.class)).look();
  }

  private void connect(String agency, Duration consent) {
    grants.connect(
        agency,
        new Active911Agency("9-" + agency, "Fire \"&\" EMS"),
        new TokenSet(
            Secret.of("access-" + agency),
            time.now().plus(Duration.ofDays(1)),
            Secret.of("refresh-" + agency),
            time.now().plus(consent),
            Scope.parse("read_agency")),
        time.now(),
        time.now().plus(Duration.ofMinutes(1)));
  }

  private void connect(String agency) {
    connect(agency, Duration.ofDays(365));
  }

  private int execute(String sql, Object... arguments) throws Exception {
    try (Connection connection = time.dataSource().getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < arguments.length; i++) {
        statement.setObject(i + 1, arguments[i]);
      }
      return statement.executeUpdate();
    }
  }

  private void change(String agency, String what) throws Exception {
    assertEquals(
        1,
        execute(
            "update agency_grant set "
                + what
                + " where agency_id = (select id from agency where slug = ?)",
            agency));
  }

  private void loseConsent(String agency) throws Exception {
    change(
        agency,
        "state = 'NEEDS_CONSENT', consecutive_failures = consecutive_failures + 1,"
            + " last_error = 'invalid_grant', last_error_at = clock_timestamp()");
  }

  private void fail(String agency) throws Exception {
    change(
        agency,
        "consecutive_failures = consecutive_failures + 1, last_error = 'upstream_timeout',"
            + " last_error_at = clock_timestamp(),"
            + " next_refresh_at = clock_timestamp() + interval '1 hour'");
  }

  private void succeed(String agency) throws Exception {
    change(agency, "state = 'CONNECTED', consecutive_failures = 0, last_error = null");
  }

  /** As many agencies at once, each with a number and the consent of a template, which is gone. */
  private void loseConsents(int from, int until) throws Exception {
    connect("template-" + from);
    execute(
        """
        insert into agency (id, slug, name, scope_requested)
        select nextval('agency_seq'), 'agency-' || n, 'Agency ' || n, 'read_agency'
          from generate_series(?::int, ?::int - 1) n
        """,
        from,
        until);
    execute(
        """
        insert into agency_grant (agency_id, connection_id, kind, state, active911_id, active911_name,
            scope_granted, refresh_token, refresh_token_hash, access_token, generation,
            access_token_expires_at, refresh_token_expires_at, connected_at, last_refreshed_at,
            next_refresh_at, last_error, last_error_at)
        select a.id, gen_random_uuid(), g.kind, 'NEEDS_CONSENT', a.id::text, a.name, g.scope_granted,
               g.refresh_token, decode(md5(a.slug), 'hex'), g.access_token, 1,
               g.access_token_expires_at, g.refresh_token_expires_at, g.connected_at,
               g.last_refreshed_at, g.next_refresh_at, 'invalid_grant', clock_timestamp()
          from agency_grant g join agency t on t.id = g.agency_id and t.slug = 'template-' || ?::int,
               agency a left join agency_grant other on other.agency_id = a.id
         where other.agency_id is null
        """,
        from);
  }

  /** All bodies that were not looked at before, in the order in which they were written. */
  private List<JsonNode> said() throws Exception {
    List<JsonNode> said = new ArrayList<>();
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select body from notice order by ctid")) {
      while (row.next()) {
        said.add(JSON.readTree(row.getString(1)));
      }
    }
    List<JsonNode> fresh = said.subList(Math.min(looked, said.size()), said.size());
    looked = said.size();
    return fresh;
  }

  private int looked;

  private List<String> kindsSaid() throws Exception {
    return said().stream()
        .map(body -> body.path("type").asText() + " " + body.at("/data/agency").asText())
        .toList();
  }

  @Test
  void aConsentThatIsGoneIsSaidOnce() throws Exception {
    connect("springfield-fd");
    loseConsent("springfield-fd");

    look();
    look();

    List<JsonNode> said = said();
    assertEquals(1, said.size(), said::toString);
    JsonNode body = said.getFirst();
    assertEquals("consent_gone", body.path("type").asText());
    assertEquals("2026-11-24T12:00:00Z", body.path("timestamp").asText());
    assertEquals(
        JSON.readTree(
            """
            {"agency":"springfield-fd","name":"springfield-fd",
             "console":"https://broker.example.com/console/agencies/springfield-fd",
             "error":"invalid_grant","since":"2026-11-24T12:00:00Z",
             "access_token_expires_at":"2026-11-25T12:00:00Z"}
            """),
        body.path("data"));
  }

  @Test
  void eachNoticeGoesEveryConfiguredWay() throws Exception {
    connect("springfield-fd");
    loseConsent("springfield-fd");

    look();

    assertEquals(
        1,
        database
            .database()
            .number(
                "select count(*) from notice_delivery where channel = 'webhook' and attempts = 0"));
    assertEquals(
        1,
        database.database().number("select count(*) from notice_delivery where channel = 'mail'"));
    assertEquals(2, database.database().number("select count(*) from notice_delivery"));
  }

  @Test
  void whatIsRightAgainIsSaidAndCanGoWrongAnew() throws Exception {
    connect("springfield-fd");
    loseConsent("springfield-fd");
    look();
    assertEquals(List.of("consent_gone springfield-fd"), kindsSaid());

    succeed("springfield-fd");
    look();
    look();
    List<JsonNode> recovered = said();
    assertEquals(1, recovered.size(), recovered::toString);
    assertEquals("recovered", recovered.getFirst().path("type").asText());
    assertEquals("consent_gone", recovered.getFirst().at("/data/after").asText());

    loseConsent("springfield-fd");
    look();
    assertEquals(List.of("consent_gone springfield-fd"), kindsSaid());
  }

  @Test
  void whatWasNotSaidDoesNotRecover() throws Exception {
    connect("springfield-fd");
    fail("springfield-fd");
    look();
    succeed("springfield-fd");
    look();

    assertEquals(List.of(), kindsSaid());
  }

  @Test
  void failingIsSaidAfterAnHourOfIt() throws Exception {
    connect("springfield-fd");
    fail("springfield-fd");
    time.pass(Duration.ofMinutes(59));
    fail("springfield-fd");
    look();
    assertEquals(List.of(), kindsSaid());

    time.pass(Duration.ofMinutes(1));
    look();
    List<JsonNode> said = said();
    assertEquals(1, said.size(), said::toString);
    assertEquals("failing", said.getFirst().path("type").asText());
    assertEquals("2026-11-24T12:00:00Z", said.getFirst().at("/data/since").asText());

    succeed("springfield-fd");
    look();
    assertEquals(List.of("recovered springfield-fd"), kindsSaid());
  }

  @Test
  void theHourBeginsAnewWithEachSuccess() throws Exception {
    connect("springfield-fd");
    fail("springfield-fd");
    time.pass(Duration.ofMinutes(40));
    succeed("springfield-fd");
    fail("springfield-fd");
    time.pass(Duration.ofMinutes(40));

    look();

    assertEquals(List.of(), kindsSaid());
  }

  @Test
  void oneThatFailedAndThenLostItsConsentRecoversOnce() throws Exception {
    connect("springfield-fd");
    fail("springfield-fd");
    time.pass(Duration.ofHours(1));
    look();
    loseConsent("springfield-fd");
    look();
    assertEquals(List.of("failing springfield-fd", "consent_gone springfield-fd"), kindsSaid());

    succeed("springfield-fd");
    look();
    look();

    List<JsonNode> said = said();
    assertEquals(1, said.size(), said::toString);
    assertEquals("consent_gone", said.getFirst().at("/data/after").asText());
  }

  private List<Integer> daysSaid() throws Exception {
    look();
    return said().stream().map(body -> body.at("/data/days").asInt()).toList();
  }

  @Test
  void theEndOfAConsentIsSaidAtEachThreshold() throws Exception {
    connect("springfield-fd", Duration.ofDays(31));
    assertEquals(List.of(), daysSaid());
    time.pass(Duration.ofDays(1));
    assertEquals(List.of(30), daysSaid());
    time.pass(Duration.ofDays(15));
    assertEquals(List.of(), daysSaid());
    time.pass(Duration.ofDays(1));
    assertEquals(List.of(14), daysSaid());
    time.pass(Duration.ofDays(7));
    assertEquals(List.of(7), daysSaid());
    time.pass(Duration.ofDays(6));
    assertEquals(List.of(1), daysSaid());
    time.pass(Duration.ofDays(1));
    assertEquals(List.of(), daysSaid(), "it has ended");
  }

  @Test
  void onlyTheNearestThresholdIsSaid() throws Exception {
    connect("springfield-fd", Duration.ofDays(5));

    assertEquals(List.of(7), daysSaid());
    assertEquals(List.of(), daysSaid());
  }

  @Test
  void anotherConsentIsCountedAnew() throws Exception {
    connect("springfield-fd", Duration.ofDays(10));
    assertEquals(List.of(14), daysSaid());

    change(
        "springfield-fd",
        "connection_id = gen_random_uuid(),"
            + " refresh_token_expires_at = clock_timestamp() + interval '13 days'");

    assertEquals(List.of(14), daysSaid());
  }

  private void candidate(String id, String agency, String reason, String active911Name)
      throws Exception {
    execute(
        """
        insert into candidate (id, agency_id, kind, reason, any_agency, active911_id, active911_name,
            scope_granted, refresh_token, access_token, access_token_expires_at,
            refresh_token_expires_at, created_at, expires_at)
        select ?, g.agency_id, g.kind, ?, false, nullif(?, '') , nullif(?, ''), g.scope_granted,
               g.refresh_token, g.access_token, clock_timestamp(), clock_timestamp(),
               clock_timestamp(), clock_timestamp() + interval '1 day'
          from agency_grant g join agency a on a.id = g.agency_id where a.slug = ?
        """,
        id,
        reason,
        active911Name.isEmpty() ? "" : "77",
        active911Name,
        agency);
  }

  @Test
  void aConsentThatWaitsForSomebodyIsSaidAtOnce() throws Exception {
    connect("springfield-fd");
    candidate("c1", "springfield-fd", "OTHER_AGENCY", "Fire \"A\"\n{}");

    look();
    look();

    List<JsonNode> said = said();
    assertEquals(1, said.size(), said::toString);
    assertEquals("candidate_waiting", said.getFirst().path("type").asText());
    assertEquals("c1", said.getFirst().at("/data/candidate").asText());
    assertEquals("other_agency", said.getFirst().at("/data/reason").asText());
    assertEquals("Fire \"A\"\n{}", said.getFirst().at("/data/active911_agency/name").asText());
    assertEquals("2026-11-25T12:00:00Z", said.getFirst().at("/data/expires_at").asText());
  }

  @Test
  void oneThatWaitsForActive911IsSaidIfThatTakesLong() throws Exception {
    connect("springfield-fd");
    candidate("c1", "springfield-fd", "IDENTITY_UNKNOWN", "");
    look();
    assertEquals(List.of(), kindsSaid());

    time.pass(Duration.ofMinutes(15));
    look();

    List<JsonNode> said = said();
    assertEquals(1, said.size(), said::toString);
    assertTrue(said.getFirst().at("/data/active911_agency").isNull());
  }

  @Test
  void aRefusedClientIsSaidOnceAndThatItIsTakenAgain() throws Exception {
    execute("update upstream set client_refused_at = clock_timestamp()");
    look();
    look();
    assertEquals(List.of("client_refused "), kindsSaid());

    execute("update upstream set client_refused_at = null");
    look();
    look();

    List<JsonNode> said = said();
    assertEquals(1, said.size(), said::toString);
    assertEquals("recovered", said.getFirst().path("type").asText());
    assertEquals("client_refused", said.getFirst().at("/data/after").asText());
  }

  @Test
  void aKindThatIsOffIsNotSaid() throws Exception {
    connect("springfield-fd");
    connect("shelbyville-fd", Duration.ofDays(5));
    loseConsent("springfield-fd");
    Watch watch = watch(EnumSet.of(NoticeKind.CONSENT_GONE));

    assertEquals(1, watch.look());
    succeed("springfield-fd");
    assertEquals(0, watch.look());
    loseConsent("springfield-fd");
    assertEquals(1, watch.look());

    assertEquals(
        List.of("consent_gone springfield-fd", "consent_gone springfield-fd"), kindsSaid());
  }

  @Test
  void withoutAWayToSendNothingIsSaid() throws Exception {
    connect("springfield-fd");
    loseConsent("springfield-fd");

    int made =
        new Watch(
                time.dataSource(),
                new NoticeSettings(
                    property -> Optional.empty(),
                    EnumSet.allOf(NoticeKind.class),
                    List.of(),
                    false),
                time::now,
                new SecureRandom(),
                URI.create("https://broker.example.com"))
            .look();

    assertEquals(0, made);
    assertEquals(0, database.database().number("select count(*) from notice_said"));
  }

  @Test
  void tooManyAreGatheredIntoOneAnHour() throws Exception {
    loseConsents(10, 40);
    look();
    List<JsonNode> said = said();
    assertEquals(1, said.size(), said::toString);
    assertEquals(30, said.getFirst().at("/data/count").asInt());
    assertEquals("agency-10", said.getFirst().at("/data/agencies/0").asText());
    assertEquals(30, said.getFirst().at("/data/agencies").size());
    assertEquals(
        "https://broker.example.com/console", said.getFirst().at("/data/console").asText());

    loseConsents(40, 70);
    look();
    assertEquals(List.of(), kindsSaid(), "not within the hour");
    time.pass(Duration.ofMinutes(61));
    look();
    assertEquals(30, said().getFirst().at("/data/count").asInt(), "those that are new");

    execute("update agency_grant set state = 'CONNECTED'");
    look();
    JsonNode recovered = said().getFirst();
    assertEquals("recovered", recovered.path("type").asText());
    assertEquals(60, recovered.at("/data/count").asInt());
  }

  @Test
  void aFewThatComeOneByOneAreGatheredToo() throws Exception {
    for (int number = 10; number < 10 + Watch.SINGLE; number += Watch.SINGLE / 4) {
      loseConsents(number, number + Watch.SINGLE / 4);
      look();
    }
    assertEquals(Watch.SINGLE, kindsSaid().size());
    connect("agency-last");
    loseConsent("agency-last");

    look();

    List<JsonNode> said = said();
    assertEquals(1, said.size(), said::toString);
    assertEquals(1, said.getFirst().at("/data/count").asInt());
  }

  @Test
  void manyThatLookAtOnceSayItOnce() throws Exception {
    int agencies = 15;
    loseConsents(10, 10 + agencies);
    List<Callable<Integer>> looks = new ArrayList<>();
    for (int replica = 0; replica < 8; replica++) {
      looks.add(watch(EnumSet.allOf(NoticeKind.class))::look);
    }

    int made = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Integer> look : threads.invokeAll(looks)) {
        made += look.get();
      }
    }

    assertEquals(agencies, made);
    assertEquals(agencies, kindsSaid().size());
  }

  @Test
  void whatIsDeletedIsForgotten() throws Exception {
    connect("springfield-fd");
    loseConsent("springfield-fd");
    look();

    execute("delete from agency where slug = 'springfield-fd'");

    assertEquals(0, database.database().number("select count(*) from notice_said"));
    look();
    assertEquals(List.of("consent_gone springfield-fd"), kindsSaid());
  }
}
