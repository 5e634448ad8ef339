package org.tokenbroker.platform;

import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;

/** Whatever is sent, the answer is a problem of the contract. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class BadInputTest {

  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  private static void isProblem(ValidatableResponse response, int status, String type) {
    response
        .statusCode(status)
        .contentType("application/problem+json")
        .body("type", equalTo("urn:token-broker:problem:" + type))
        .body("status", equalTo(status))
        .body("detail", notNullValue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/agencies/x/y/z", "/nothing", "/q/health", "/agencies/x/import/y"})
  void anAddressWithNothingThere(String path) {
    isProblem(broker.admin().get(path).then(), 404, "not-found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nothing", "/agencies", "/callers", "/authorize/x"})
  void anAddressWithoutAKeyShowsNothing(String path) {
    isProblem(
        broker.anonymous().get(path).then().header("WWW-Authenticate", "Bearer"),
        401,
        "unauthenticated");
  }

  @ParameterizedTest
  @CsvSource({
    "DELETE, /agencies/nothing-fd/candidates/%00",
    "POST, /agencies/nothing-fd/candidates/%00/confirm",
    "DELETE, /agencies/nothing-fd/candidates/a%00b",
    "DELETE, /agencies/%00",
    "DELETE, /callers/nobody/keys/%00",
    "GET, /agencies?after=%00",
    "GET, /audit?agency=%00",
    "GET, /audit?caller=%00",
    "GET, /audit?event=%00",
    "GET, /audit?after=%00",
  })
  void aCharacterThatTheDatabaseCannotHold(String method, String address) {
    broker.admin().body("{\"name\":\"Nothing FD\"}").put("/agencies/nothing-fd");

    isProblem(
        broker.admin().urlEncodingEnabled(false).request(method, address).then(),
        400,
        "invalid-request");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/callback/result/%00", "/connect/%00", "/callback?state=%00&code=%00"})
  void aPageWhoseAddressHoldsACharacterThatTheDatabaseCannotHold(String address) {
    int status = broker.anonymous().urlEncodingEnabled(false).get(address).statusCode();

    assertTrue(status >= 400 && status < 500, () -> address + " answers " + status);
  }

  @Test
  void aMethodThatAnAddressDoesNotTake() {
    isProblem(broker.admin().patch("/agencies/x").then(), 405, "method-not-allowed");
    isProblem(broker.admin().get("/agencies/x/import").then(), 405, "method-not-allowed");
  }

  @Test
  void aMediaTypeThatAnAddressDoesNotTake() {
    isProblem(
        broker.admin().contentType(ContentType.XML).body("<a/>").put("/agencies/media-type").then(),
        415,
        "unsupported-media-type");
    isProblem(broker.admin().accept("image/png").get("/agencies").then(), 406, "not-acceptable");
  }

  @Test
  void aBodyThatIsTooLarge() {
    String name = "x".repeat(70_000);

    isProblem(
        broker.admin().body("{\"name\":\"" + name + "\"}").put("/agencies/too-large").then(),
        413,
        "too-large");
    broker.admin().get("/agencies/too-large").then().statusCode(404);
  }

  @Test
  void aBodyThatIsTooLargeAndDoesNotSayHowLarge() throws IOException {
    StringBuilder request =
        new StringBuilder("PUT /agencies/too-large-chunked HTTP/1.1\r\nHost: localhost\r\n")
            .append("Authorization: Bearer " + BrokerTestResource.ADMIN_KEY + "\r\n")
            .append("Content-Type: application/json\r\n")
            .append("Transfer-Encoding: chunked\r\n")
            .append("Connection: close\r\n\r\n");
    for (int i = 0; i < 20; i++) {
      request.append("1000\r\n").append(" ".repeat(0x1000)).append("\r\n");
    }
    request.append("2\r\n{}\r\n0\r\n\r\n");

    String answer = raw(request.toString());

    assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
    assertTrue(answer.contains("urn:token-broker:problem:too-large"), answer);
  }

  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket("localhost", io.restassured.RestAssured.port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      try (InputStream in = socket.getInputStream()) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | name",
        "{\"name\":null} | name",
        "{\"name\":\"\"} | name",
        "{\"name\":\"  \"} | name",
        "{\"name\":\"a\\nb\"} | name",
        "{\"name\":\"a\",\"scope\":\"\"} | scope",
        "{\"name\":\"a\",\"scope\":\"read_alert\"} | scope",
        "{\"name\":\"a\",\"scope\":\"read_agency \\\"\"} | scope",
        "{\"name\":\"a\",\"expected_active911_id\":\"\"} | expected_active911_id",
        "{\"name\":\"a\",\"contact\":[]} | contact",
        "{\"name\":\"a\",\"expectedActive911Id\":\"1\"} | expectedActive911Id",
        "{\"name\":\"a\",\"paused\":true} | paused",
      })
  void aFieldOfAnAgencyThatIsWrongIsNamed(String body, String field) {
    isProblem(
        broker
            .admin()
            .body(body)
            .put("/agencies/bad-field")
            .then()
            .body("errors.field", hasItems(field)),
        400,
        "invalid-request");
    broker.admin().get("/agencies/bad-field").then().statusCode(404);
  }

  @Test
  void everyFieldThatIsWrongIsNamed() {
    isProblem(
        broker
            .admin()
            .body("{\"name\":\"\",\"contact\":\"\",\"expected_active911_id\":\"\"}")
            .put("/agencies/Bad")
            .then()
            .body("errors.field", hasItems("agency", "name", "contact", "expected_active911_id")),
        400,
        "invalid-request");
  }

  @ParameterizedTest
  @CsvSource({
    "limit=0, limit",
    "limit=1001, limit",
    "limit=x, limit",
    "state=SLEEPING, state",
    "after=NO, after",
  })
  void aParameterThatIsWrongIsNamed(String query, String field) {
    isProblem(
        broker.admin().get("/agencies?" + query).then().body("errors.field", hasItems(field)),
        400,
        "invalid-request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "\"x\"",
        "{\"name\":\"a\"}x",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "\u0000"
      })
  void aBodyThatIsNoObjectIsRefused(String body) {
    isProblem(broker.admin().body(body).put("/agencies/no-object").then(), 400, "invalid-request");
    broker.admin().get("/agencies/no-object").then().statusCode(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"expires_in\":0}",
        "{\"expires_in\":-1}",
        "{\"expires_in\":\"x\"}",
        "{\"expires_in\":1e20}",
        "{\"expires\":1}"
      })
  void aKeyRequestThatIsWrongIsRefused(String body) {
    broker.admin().body("{\"agencies\":[]}").put("/callers/bad-key-request");

    isProblem(
        broker.admin().body(body).post("/callers/bad-key-request/keys").then(),
        400,
        "invalid-request");
  }

  @Test
  void aStarStandsAlone() {
    isProblem(
        broker.admin().body("{\"agencies\":[\"*\",\"a\"]}").put("/callers/star").then(),
        400,
        "invalid-request");
  }

  @Test
  void ofAnUnknownFieldOnlyTheBeginningIsNamed() {
    String token = "0123456789abcdef0123456789abcdef01234567";

    isProblem(
        broker
            .admin()
            .body("{\"name\":\"a\",\"" + token + "\":1}")
            .put("/agencies/unknown-field")
            .then()
            .body("errors.field", hasItems(token.substring(0, 24) + "…")),
        400,
        "invalid-request");
  }

  @Test
  void pagesAnswerWithPages() {
    broker
        .anonymous()
        .get("/callback?state=%3Cscript%3E&code=secret-code")
        .then()
        .statusCode(400)
        .contentType(startsWith("text/html"))
        .body(not(containsString("<script>")))
        .body(not(containsString("secret-code")));
    broker
        .anonymous()
        .get("/callback/result/none")
        .then()
        .statusCode(404)
        .contentType(startsWith("text/html"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/tokens/%00",
        "/tokens/%2e%2e%2fagencies",
        "/agencies/%C3%28",
        "/agencies/a%2Fb",
        "/tokens/..%5c"
      })
  void strangePathsAreRefused(String path) {
    int status = broker.admin().urlEncodingEnabled(false).get(path).then().extract().statusCode();

    assertTrue(status == 400 || status == 403 || status == 404, path + " answers " + status);
  }
}
