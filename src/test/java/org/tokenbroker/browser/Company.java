package org.tokenbroker.browser;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tokenbroker.simulator.SimulatedAgency;
import org.tokenbroker.testing.BrokerClient;

/**
 * A company that has used the broker for a month: agencies that are well and some that are not,
 * callers, admins, and what happened meanwhile.
 */
final class Company {

  private static final String ALERTS = "read_agency read_alert read_response";

  /** By their short names, what they are called. The n-th is the n-th agency at Active911. */
  private static final List<Map.Entry<String, String>> AGENCIES =
      List.of(
          Map.entry("springfield-fire", "Springfield Fire"),
          Map.entry("shelbyville-rescue", "Shelbyville Rescue"),
          Map.entry("ogdenville-ambulance", "Ogdenville Ambulance"),
          Map.entry("brockway-fire", "Brockway Fire"),
          Map.entry("haverbrook-fire", "Haverbrook Fire"),
          Map.entry("cypress-creek-fire", "Cypress Creek Fire"),
          Map.entry("capital-city-sar", "Capital City Search and Rescue"),
          Map.entry("guernsey-county-ems", "Guernsey County EMS"),
          Map.entry("little-pwagmattasquarmsettport", "Little Pwagmattasquarmsettport Volunteers"));

  private static final String NEVER_CONNECTED = "north-haverbrook";

  private final Scene scene;
  private final BrokerClient client;

  Company(Scene scene) {
    this.scene = scene;
    this.client = scene.client();
  }

  /** Their short names. */
  List<String> agencies() {
    return AGENCIES.stream().map(Map.Entry::getKey).toList();
  }

  /** Brings all of it about. */
  void appears() throws SQLException {
    List<SimulatedAgency> atActive911 = scene.active911().agencies();
    scene
        .active911()
        .setGrantedScopes(atActive911.get(3).id(), Set.of("read_agency", "read_alert"));
    for (int i = 0; i < AGENCIES.size(); i++) {
      String slug = AGENCIES.get(i).getKey();
      create(slug, AGENCIES.get(i).getValue());
      client.connect(slug, atActive911.get(i).id()).then().statusCode(303);
    }
    create(NEVER_CONNECTED, "North Haverbrook Volunteer Fire Company");
    client.connect("haverbrook-fire", atActive911.get(12).id()).then().statusCode(303);
    client.admin().post("/agencies/cypress-creek-fire/pause").then().statusCode(200);
    client.createCaller("dispatch-board", "*");
    client.createCaller("wall-display", "springfield-fire", "shelbyville-rescue");
    client
        .admin()
        .body("{\"agencies\":[\"guernsey-county-ems\"],\"certificate_subject\":\"CN=mapping\"}")
        .put("/callers/mapping")
        .then()
        .statusCode(201);
    client.createAdmin("alice", "operator");
    scene.database().execute(TIMES);
    scene.database().execute(HISTORY);
  }

  private void create(String slug, String name) {
    client
        .admin()
        .body(
            "{\"name\":\"%s\",\"scope\":\"%s\",\"contact\":\"chief@%s.example\"}"
                .formatted(name, ALERTS, slug))
        .put("/agencies/" + slug)
        .then()
        .statusCode(201);
  }

  /** As if each had been refreshed by the schedule, at some hour of its own. */
  private static final String TIMES =
      """
      update agency_grant g
         set last_refreshed_at = clock_timestamp() - h.ago,
             access_token_expires_at = clock_timestamp() + interval '24 hours' - h.ago,
             next_refresh_at = clock_timestamp() + interval '18 hours' - h.ago,
             refresh_token_expires_at = clock_timestamp() + interval '332 days' - h.ago * 20
        from (select id, (id * 7 % 17 + 0.4) * interval '1 hour' as ago from agency) h
       where h.id = g.agency_id;

      update agency_grant
         set refresh_token_expires_at = clock_timestamp() + interval '12 days 5 hours'
       where agency_id = (select id from agency where slug = 'shelbyville-rescue');

      update agency_grant
         set state = 'NEEDS_CONSENT', last_error = 'invalid_grant',
             last_error_at = clock_timestamp() - interval '3 hours'
       where agency_id = (select id from agency where slug = 'ogdenville-ambulance');

      update agency_grant
         set consecutive_failures = 3, last_error = 'upstream_timeout',
             last_error_at = clock_timestamp() - interval '4 minutes',
             next_refresh_at = clock_timestamp() + interval '9 minutes'
       where agency_id = (select id from agency where slug = 'capital-city-sar');
      """;

  /** A refresh every 18 hours for a month, with one bad day; and who read the tokens. */
  private static final String HISTORY =
      """
      insert into audit_event (occurred_at, event, actor_kind, agency, details)
      select clock_timestamp() - n * interval '18 hours',
             case when n in (11, 12) then 'refresh_failed' else 'token_refreshed' end,
             'broker', 'springfield-fire',
             case when n in (11, 12) then '{"error": "upstream_timeout"}'::jsonb else '{}' end
        from generate_series(1, 38) as n;

      insert into handout_count (first_at, last_at, agency, caller, generation, hand_outs)
      select t, t, 'springfield-fire', caller, n, often
        from generate_series(0, 6) as n,
             (values ('dispatch-board', 1440), ('wall-display', 96)) as c (caller, often),
             lateral (select clock_timestamp() - n * interval '1 day' - interval '3 minutes' as t) x;
      """;

  /** Shows an admin a new invitation's link. */
  void invites(Visitor admin) {
    admin.opens("/console/agencies/" + NEVER_CONNECTED);
    admin.presses("Invite an officer");
  }

  /** The address of an invitation that nobody has used. */
  String openLink() {
    return client
        .admin()
        .body("{}")
        .post("/agencies/" + NEVER_CONNECTED + "/invitations")
        .then()
        .statusCode(201)
        .extract()
        .path("url");
  }
}
