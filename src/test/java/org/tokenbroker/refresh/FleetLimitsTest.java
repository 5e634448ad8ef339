package org.tokenbroker.refresh;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Body;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** What one agency's answer means for all the others. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class FleetLimitsTest {

  private static final AtomicInteger NUMBER = new AtomicInteger();

  Simulator active911;
  @Inject DataSource dataSource;
  @Inject UpstreamGate gate;
  private BrokerClient broker;
  private String one;
  private String other;
  private String oneId;
  private String otherId;

  @BeforeEach
  void twoConnectedAgencies() {
    broker = BrokerClient.ofTheTest();
    oneId = active911.agencies().get(91).id();
    otherId = active911.agencies().get(92).id();
    int number = NUMBER.incrementAndGet();
    one = "limit-one-" + number;
    other = "limit-other-" + number;
    connected(one, oneId);
    connected(other, otherId);
  }

  private void connected(String agency, String active911Id) {
    broker.createAgency(agency);
    broker.connect(agency, active911Id).then().statusCode(303);
  }

  @AfterEach
  void letEverybodyCallAgain() throws SQLException {
    active911.clearFaults();
    execute("update upstream set paused_until = null, client_refused_at = null");
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void answer(CallKind kind, int status, String error, Duration retryAfter) {
    active911.inject(
        FaultRule.of(
                new Fault.ErrorAnswer(status, error, Body.OAUTH, retryAfter, false, Moment.BEFORE))
            .on(kind));
  }

  private void refuseTheClient(CallKind kind) {
    active911.inject(
        FaultRule.of(
                new Fault.ErrorAnswer(
                    400, "invalid_client", Body.OAUTH, null, false, Moment.BEFORE))
            .on(kind));
  }

  private io.restassured.response.Response refresh(String agency) {
    return broker.admin().post("/agencies/" + agency + "/refresh");
  }

  @Test
  void aRefusedClientStopsTheCallsForAllAndTouchesNone() throws SQLException {
    String key = broker.createCaller("limits", one, other);
    refuseTheClient(CallKind.REFRESH);
    refresh(one).then().statusCode(503).body("detail", containsString("invalid_client"));
    active911.clearFaults();
    long calls = active911.calls(CallKind.REFRESH, otherId);

    refresh(other)
        .then()
        .statusCode(503)
        .body("type", equalTo("urn:token-broker:problem:upstream-unavailable"))
        .body("detail", containsString("invalid_client"));

    assertEquals(calls, active911.calls(CallKind.REFRESH, otherId), "it was not even asked");
    for (String agency : new String[] {one, other}) {
      broker
          .admin()
          .get("/agencies/" + agency)
          .then()
          .body("state", equalTo("CONNECTED"))
          .body("consecutive_failures", equalTo(0))
          .body("last_error", nullValue());
      broker.bearer(key).get("/tokens/" + agency).then().statusCode(200);
    }

    execute("update upstream set next_probe_at = clock_timestamp()");
    refresh(other).then().statusCode(200);
    refresh(one).then().statusCode(200);
    assertFalse(gate.state().clientRefused());
  }

  @Test
  void aPersonalGrantDoesNotCareWhetherTheClientIsRefused() {
    refuseTheClient(CallKind.REFRESH);
    refresh(one).then().statusCode(503);
    active911.clearFaults();
    String token = active911.personalGrant(oneId, Set.of("read_agency")).refreshToken();

    broker
        .admin()
        .contentType(ContentType.JSON)
        .body(Map.of("kind", "personal", "refresh_token", token))
        .post("/agencies/" + one + "/import")
        .then()
        .statusCode(200)
        .body("kind", equalTo("personal"));
    refresh(one).then().statusCode(200);
    assertTrue(gate.state().clientRefused());
  }

  @Test
  void anExchangeShowsAsWellWhetherTheClientIsTaken() {
    refuseTheClient(CallKind.EXCHANGE);
    broker.connect(one, oneId).then().statusCode(303);
    assertTrue(gate.state().clientRefused());

    active911.clearFaults();
    broker.connect(one, oneId).then().statusCode(303);
    assertFalse(gate.state().clientRefused());
  }

  @Test
  void a429PausesTheWholeFleetForAsLongAsItSays() {
    answer(CallKind.REFRESH, 429, "slow_down", Duration.ofSeconds(100));
    refresh(one).then().statusCode(503);
    active911.clearFaults();
    long calls = active911.calls(CallKind.REFRESH);
    long personal = active911.calls(CallKind.PERSONAL_REFRESH);

    int retryAfter =
        Integer.parseInt(refresh(other).then().statusCode(503).extract().header("Retry-After"));
    broker
        .admin()
        .contentType(ContentType.JSON)
        .body(Map.of("kind", "personal", "refresh_token", "0".repeat(40)))
        .post("/agencies/" + one + "/import")
        .then()
        .statusCode(503)
        .header("Retry-After", Integer::parseInt, greaterThan(50))
        .body("detail", containsString("the token was not used"));

    assertTrue(retryAfter > 50 && retryAfter <= 101, "" + retryAfter);
    assertEquals(calls, active911.calls(CallKind.REFRESH));
    assertEquals(personal, active911.calls(CallKind.PERSONAL_REFRESH));
  }
}
