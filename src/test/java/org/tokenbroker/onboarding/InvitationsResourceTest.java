package org.tokenbroker.onboarding;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import javax.sql.DataSource;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** Invitations as admins make, list and revoke them. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class InvitationsResourceTest {

  @Inject DataSource dataSource;
  @Inject Invitations invitations;
  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  private Response invite(String agency, String body) {
    Response invited = broker.admin().body(body).post("/agencies/" + agency + "/invitations");
    assertEquals(201, invited.statusCode(), invited.body().asString());
    return invited;
  }

  private Response list(String agency) {
    return broker.admin().get("/agencies/" + agency + "/invitations");
  }

  @ParameterizedTest
  @CsvSource({"invited-default, {}, 604800", "invited-hour, {\"expires_in\":3600}, 3600"})
  void anInvitationHasALinkAndAnEnd(String agency, String body, int seconds) {
    broker.createAgency(agency);

    Response invited = invite(agency, body);

    invited.then().header("Cache-Control", equalTo("no-store")).body("id", notNullValue());
    assertThat(invited.path("url"), matchesPattern("http://localhost:\\d+/connect/[\\w-]{43}"));
    assertEquals(
        Duration.ofSeconds(seconds),
        Duration.between(
            Instant.parse(list(agency).path("items[0].created_at")),
            Instant.parse(invited.path("expires_at"))));
  }

  @Test
  void theListNamesInvitationsWithoutTheirLinks() {
    broker.createAgency("invited-listed");
    Response first = invite("invited-listed", "{}");

    Response list = list("invited-listed");

    list.then()
        .body("items.id", contains(first.<String>path("id")))
        .body("items[0].state", equalTo("open"))
        .body("items[0].created_by", equalTo("bootstrap"))
        .body("items[0].used_at", nullValue());
    String secret = first.<String>path("url").replaceAll(".*/", "");
    assertThat(list.body().asString(), not(containsString(secret)));
  }

  @Test
  void thoseOfOneSecondAreListedNewestFirstToo() {
    broker.createAgency("invited-in-a-row");
    Deque<String> made = new ArrayDeque<>();
    for (int i = 0; i < 8; i++) {
      made.addFirst(invite("invited-in-a-row", "{}").path("id"));
    }

    list("invited-in-a-row").then().body("items.id", contains(made.toArray()));
  }

  @Test
  void theSecretIsStoredAsAHashOnly() throws SQLException {
    broker.createAgency("invited-hash");
    String secret = invite("invited-hash", "{}").<String>path("url").replaceAll(".*/", "");

    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "select i::text, sha256(convert_to(?, 'UTF8')) = secret_hash from invitation i"
                    + " join agency a on a.id = i.agency_id where a.slug = 'invited-hash'")) {
      statement.setString(1, secret);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        assertThat(row.getString(1), not(containsString(secret)));
        assertEquals(true, row.getBoolean(2));
      }
    }
  }

  @Test
  void anInvitationIsRevokedOnce() {
    broker.createAgency("invited-revoked");
    String id = invite("invited-revoked", "{}").path("id");
    String address = "/agencies/invited-revoked/invitations/" + id;

    broker.admin().delete(address).then().statusCode(204);
    String revokedAt = list("invited-revoked").path("items[0].revoked_at");
    broker.admin().delete(address).then().statusCode(204);

    list("invited-revoked")
        .then()
        .body("items[0].state", equalTo("revoked"))
        .body("items[0].revoked_at", equalTo(revokedAt));
  }

  @Test
  void anotherAgencysInvitationIsNotRevoked() {
    broker.createAgency("invited-mine");
    broker.createAgency("invited-theirs");
    String id = invite("invited-theirs", "{}").path("id");

    broker
        .admin()
        .delete("/agencies/invited-mine/invitations/" + id)
        .then()
        .statusCode(404)
        .body("type", equalTo("urn:token-broker:problem:not-found"));

    list("invited-theirs").then().body("items[0].state", equalTo("open"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "59", "7776001", "\"soon\""})
  void aLifeThatIsTooShortOrTooLongIsRefused(String seconds) {
    broker.admin().body("{\"name\":\"x\"}").put("/agencies/invited-life");

    broker
        .admin()
        .body("{\"expires_in\":" + seconds + "}")
        .post("/agencies/invited-life/invitations")
        .then()
        .statusCode(400)
        .body("errors.field", contains("expires_in"));
  }

  @Test
  void thereIsNoneForAnAgencyThatThereIsNot() {
    broker
        .admin()
        .body("{}")
        .post("/agencies/invited-nobody/invitations")
        .then()
        .statusCode(404)
        .body("type", equalTo("urn:token-broker:problem:agency-unknown"));
    list("invited-nobody").then().statusCode(404);
  }

  @Test
  void thoseThatEndedLongAgoAreForgotten() throws SQLException {
    broker.createAgency("invited-forgotten");
    String old = invite("invited-forgotten", "{}").path("id");
    String young = invite("invited-forgotten", "{}").path("id");
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "update invitation set expires_at = clock_timestamp() - interval '91 days'"
                    + " where id = ?")) {
      statement.setString(1, old);
      assertEquals(1, statement.executeUpdate());
    }

    invitations.expire();

    list("invited-forgotten").then().body("items.id", contains(young));
  }
}
