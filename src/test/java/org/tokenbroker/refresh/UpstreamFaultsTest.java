package org.tokenbroker.refresh;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import jakarta.inject.Inject;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Body;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.simulator.Rotation;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** What each failure of Active911 does to an agency: nothing that does not pass. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class UpstreamFaultsTest {

  Simulator active911;
  @Inject DataSource dataSource;
  private BrokerClient broker;
  private String active911Id;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
    active911Id = active911.agencies().get(90).id();
  }

  @AfterEach
  void makeActive911WellAgain() throws SQLException {
    active911.clearFaults();
    // What is remembered for the fleet would reach into the next test.
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("update upstream set paused_until = null, client_refused_at = null");
    }
  }

  private void connected(String agency) {
    // A fault that comes after the decision must not cost the consent here.
    active911.setRotation(active911Id, Rotation.SAME);
    broker.createAgency(agency);
    broker.connect(agency, active911Id).then().statusCode(303);
  }

  static Stream<Arguments> passing() {
    return Stream.of(
        arguments("http-500", answer(500, "invalid_grant", Body.OAUTH), "upstream_server_error"),
        arguments("http-503-html", answer(503, "x", Body.HTML), "upstream_server_error"),
        arguments("html-200", answer(200, "x", Body.HTML), "upstream_unintelligible"),
        arguments("html-400", answer(400, "x", Body.HTML), "upstream_unintelligible"),
        arguments("empty-200", answer(200, "x", Body.EMPTY), "upstream_unintelligible"),
        arguments(
            "not-utf-8",
            answer(400, "invalid_grant", Body.INVALID_UTF8),
            "upstream_unintelligible"),
        arguments("ten-mb", answer(400, "invalid_grant", Body.HUGE), "upstream_unintelligible"),
        arguments(
            "redirect",
            new Fault.Redirect(302, URI.create("http://127.0.0.1:1/")),
            "upstream_unintelligible"),
        arguments("reset-before", new Fault.Reset(Moment.BEFORE), "upstream_unreachable"),
        arguments("reset-after", new Fault.Reset(Moment.AFTER), "upstream_unreachable"),
        arguments("cut", new Fault.CutBody(10), "upstream_unreachable"),
        arguments(
            "rate",
            new Fault.ErrorAnswer(
                429, "x", Body.EMPTY, Duration.ofSeconds(1), false, Moment.BEFORE),
            "upstream_rate_limited"),
        arguments("scope", answer(400, "invalid_scope", Body.OAUTH), "invalid_scope"),
        arguments("request", answer(400, "invalid_request", Body.OAUTH_AS_HTML), "oauth_error"),
        arguments("too-long", new Fault.TokenLength(4097), "upstream_unintelligible"));
  }

  private static Fault answer(int status, String error, Body body) {
    return new Fault.ErrorAnswer(status, error, body, null, false, Moment.BEFORE);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("passing")
  void aFailureThatProvesNothingLeavesTheConsentAsItIs(String name, Fault fault, String error) {
    String agency = "fault-" + name;
    connected(agency);
    String key = broker.createCaller(agency, agency);
    active911.inject(FaultRule.of(fault).forAgency(active911Id).on(CallKind.REFRESH));

    broker
        .admin()
        .post("/agencies/" + agency + "/refresh")
        .then()
        .statusCode(503)
        .header("Retry-After", notNullValue())
        .body("type", equalTo("urn:token-broker:problem:upstream-unavailable"));

    broker
        .admin()
        .get("/agencies/" + agency)
        .then()
        .body("state", equalTo("CONNECTED"))
        .body("last_error.type", equalTo(error))
        .body("consecutive_failures", equalTo(1));
    broker.bearer(key).get("/tokens/" + agency).then().statusCode(200);

    active911.clearFaults();
    active911.setRotation(active911Id, Rotation.SAME);
    broker
        .admin()
        .post("/agencies/" + agency + "/refresh")
        .then()
        .statusCode(200)
        .body("last_error", nullValue());
  }

  static Stream<Arguments> slow() {
    return Stream.of(
        arguments("silence", new Fault.Silence(Moment.BEFORE), "upstream_timeout"),
        arguments("drip", new Fault.Drip(Duration.ofSeconds(2)), "upstream_timeout"));
  }

  /** The same for those that take all the time that a call may take. */
  @Tag("full")
  @ParameterizedTest(name = "{0}")
  @MethodSource("slow")
  void noAnswerInTimeLeavesTheConsentAsItIs(String name, Fault fault, String error) {
    aFailureThatProvesNothingLeavesTheConsentAsItIs(name, fault, error);
  }

  static List<Fault> refusals() {
    return List.of(
        answer(400, "invalid_grant", Body.OAUTH),
        answer(400, "invalid_grant", Body.OAUTH_AS_HTML),
        answer(200, "invalid_grant", Body.OAUTH));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void aRefusalIsReadByItsBody(Fault fault) {
    String agency = "refusal-" + Integer.toHexString(fault.hashCode());
    connected(agency);
    active911.inject(FaultRule.of(fault).forAgency(active911Id).on(CallKind.REFRESH));

    broker.admin().post("/agencies/" + agency + "/refresh").then().statusCode(409);

    broker.admin().get("/agencies/" + agency).then().body("state", equalTo("NEEDS_CONSENT"));
    active911.clearFaults();
    active911.setRotation(active911Id, Rotation.SAME);
    broker
        .admin()
        .post("/agencies/" + agency + "/refresh")
        .then()
        .statusCode(200)
        .body("state", equalTo("CONNECTED"));
  }

  @Test
  void aRefusedClientIsNotTheAgencysFailure() {
    connected("fault-client");
    active911.inject(
        FaultRule.of(answer(400, "invalid_client", Body.OAUTH))
            .forAgency(active911Id)
            .on(CallKind.REFRESH));

    broker.admin().post("/agencies/fault-client/refresh").then().statusCode(503);

    broker
        .admin()
        .get("/agencies/fault-client")
        .then()
        .body("state", equalTo("CONNECTED"))
        .body("consecutive_failures", equalTo(0))
        .body("last_error", nullValue());
  }

  @Test
  void aSilentApiKeepsTheConsentAsACandidate() {
    broker.createAgency("fault-api");
    active911.inject(FaultRule.of(new Fault.ApiError()).forAgency(active911Id));

    broker.connect("fault-api", active911Id).then().statusCode(303);

    broker
        .admin()
        .get("/agencies/fault-api")
        .then()
        .body("state", equalTo("PENDING"))
        .body("candidate.reason", equalTo("IDENTITY_UNKNOWN"))
        .body("candidate.active911_agency", nullValue());
  }

  @Test
  void manyDevicesAndIdsAsNumbersDoNoHarm() {
    broker.createAgency("fault-devices");
    active911.inject(FaultRule.of(new Fault.NumericIds()).forAgency(active911Id));
    active911.inject(FaultRule.of(new Fault.Devices(5000)).forAgency(active911Id));

    broker.connect("fault-devices", active911Id).then().statusCode(303);

    broker
        .admin()
        .get("/agencies/fault-devices")
        .then()
        .body("state", equalTo("CONNECTED"))
        .body("active911_agency.id", equalTo(active911Id));
  }

  @Test
  void aMissingLifetimeCountsAsAnHour() {
    connected("fault-lifetime");
    active911.inject(
        FaultRule.of(new Fault.ExpiresIn(Fault.Notation.MISSING)).forAgency(active911Id));
    String key = broker.createCaller("fault-lifetime", "fault-lifetime");

    broker.admin().post("/agencies/fault-lifetime/refresh").then().statusCode(200);

    int seconds = broker.bearer(key).get("/tokens/fault-lifetime").path("expires_in");
    assertTrue(seconds > 3500 && seconds <= 3600, "" + seconds);
  }
}
