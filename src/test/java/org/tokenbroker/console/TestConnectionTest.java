package org.tokenbroker.console;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** The test of an agency's connection says at which step it stops. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class TestConnectionTest {

  private static final String GOOD = "Good";
  private static final String STOPS = "Stops here";
  private static final String NOT_REACHED = "Not reached";

  Simulator active911;
  @Inject DataSource dataSource;
  private BrokerClient broker;
  private Browser browser;

  @BeforeEach
  void signIn() {
    broker = BrokerClient.ofTheTest();
    browser = Browser.signedIn();
  }

  @AfterEach
  void makeActive911WellAgain() {
    active911.acceptConnections();
  }

  private String active911Id(int index) {
    return active911.agencies().get(260 + index).id();
  }

  private void connected(String agency, int index) {
    broker.createAgency(agency);
    broker.connect(agency, active911Id(index)).then().statusCode(303);
  }

  private void let(String agency, String change) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update agency_grant set "
                    + change
                    + " where agency_id = (select id from agency where slug = ?)")) {
      statement.setString(1, agency);
      assertEquals(1, statement.executeUpdate());
    }
  }

  private void letTheTokenExpire(String agency) throws SQLException {
    let(agency, "access_token_expires_at = clock_timestamp()");
  }

  private Document run(String agency) {
    String page = "/console/agencies/" + agency + "/test";
    Response answer = browser.submit(browser.page(page), page, Map.of());
    assertEquals(200, answer.statusCode());
    return Browser.parsed(answer);
  }

  private static List<String> verdicts(Document page) {
    return page.select(".steps .state").eachText();
  }

  @Test
  void allIsGoodAndAValidTokenIsNotRefreshed() {
    connected("tested-good", 0);
    String key = broker.createCaller("tested-good", "tested-good");
    String token = broker.bearer(key).get("/tokens/tested-good").path("access_token");

    Document page = run("tested-good");

    assertEquals(List.of(GOOD, GOOD, GOOD, GOOD, GOOD), verdicts(page));
    assertThat(page.select(".steps").text(), containsString("so it was not refreshed"));
    assertThat(page.html(), not(containsString(token)));
    assertEquals(0, active911.calls(CallKind.REFRESH, active911Id(0)));
  }

  @Test
  void anAgencyThatWasNeverConnectedStopsAtTheFirstStep() {
    broker.createAgency("tested-new");

    Document page = run("tested-new");

    assertEquals(
        List.of(STOPS, NOT_REACHED, NOT_REACHED, NOT_REACHED, NOT_REACHED), verdicts(page));
    assertThat(page.select(".steps").text(), containsString("send its officer an invitation"));
  }

  @Test
  void anExpiredTokenIsRefreshed() throws SQLException {
    connected("tested-expired", 1);
    letTheTokenExpire("tested-expired");

    Document page = run("tested-expired");

    assertEquals(List.of(GOOD, GOOD, GOOD, GOOD, GOOD), verdicts(page));
    assertEquals(1, active911.calls(CallKind.REFRESH, active911Id(1)));
  }

  @Test
  void aConsentThatIsGoneStopsAtTheRefresh() throws SQLException {
    connected("tested-gone", 2);
    active911.revokeConsent(active911Id(2));
    letTheTokenExpire("tested-gone");

    Document page = run("tested-gone");

    assertEquals(List.of(GOOD, STOPS, NOT_REACHED, NOT_REACHED, NOT_REACHED), verdicts(page));
    assertThat(page.select(".steps").text(), containsString("Active911 refuses the consent"));
  }

  @Test
  void aTokenThatTheApiDoesNotTakeStopsThere() {
    connected("tested-refused", 3);
    active911.invalidateAccessTokens(active911Id(3));

    Document page = run("tested-refused");

    assertEquals(List.of(GOOD, GOOD, STOPS, NOT_REACHED, NOT_REACHED), verdicts(page));
    assertThat(page.select(".steps").text(), containsString("does not take the access token"));
  }

  @Test
  void anActive911ThatIsAwayStopsAtTheApi() {
    connected("tested-away", 4);
    active911.refuseConnections();

    Document page = run("tested-away");

    assertEquals(List.of(GOOD, GOOD, STOPS, NOT_REACHED, NOT_REACHED), verdicts(page));
    assertThat(page.select(".steps").text(), containsString("could not be reached"));
  }

  @Test
  void theTokenOfAnotherAgencyStopsThere() throws SQLException {
    connected("tested-other", 5);
    let("tested-other", "active911_id = 'another'");

    Document page = run("tested-other");

    assertEquals(List.of(GOOD, GOOD, GOOD, STOPS, NOT_REACHED), verdicts(page));
  }

  @Test
  void aScopeThatWasNotGrantedIsNamed() {
    active911.setGrantedScopes(active911Id(6), Set.of("read_agency"));
    broker
        .admin()
        .body("{\"name\":\"x\",\"scope\":\"read_agency read_alert\"}")
        .put("/agencies/tested-narrow")
        .then()
        .statusCode(201);
    broker.connect("tested-narrow", active911Id(6)).then().statusCode(303);

    Document page = run("tested-narrow");

    assertEquals(List.of(GOOD, GOOD, GOOD, GOOD, "Look at this"), verdicts(page));
    assertThat(page.select(".steps").text(), containsString("Missing: read_alert."));
  }
}
