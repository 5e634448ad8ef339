package org.tokenbroker.testing;

import static io.restassured.RestAssured.given;

import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.net.URI;
import org.tokenbroker.simulator.ConsentBrowser;

/** Asks a broker as its admins, callers and browsers do. */
public final class BrokerClient {

  private final String origin;
  private final String adminKey;

  /**
   * A client of one broker.
   *
   * @param origin where the broker answers, such as {@code http://localhost:8080}
   */
  public BrokerClient(String origin, String adminKey) {
    this.origin = origin;
    this.adminKey = adminKey;
  }

  /** A client of the broker of {@link BrokerTest}. */
  public static BrokerClient ofTheTest() {
    return new BrokerClient("http://localhost:" + RestAssured.port, BrokerTestResource.ADMIN_KEY);
  }

  /** A request that proves nothing. */
  public RequestSpecification anonymous() {
    return given().baseUri(origin).port(URI.create(origin).getPort()).redirects().follow(false);
  }

  /** A request by the admin, with a JSON body. */
  public RequestSpecification admin() {
    return bearer(adminKey).contentType(ContentType.JSON);
  }

  /** A request with a key. */
  public RequestSpecification bearer(String key) {
    return anonymous().header("Authorization", "Bearer " + key);
  }

  /** Creates an agency. */
  public void createAgency(String agency) {
    admin().body("{\"name\":\"" + agency + "\"}").put("/agencies/" + agency).then().statusCode(201);
  }

  /** Creates a caller to which these agencies are granted; returns a key of it. */
  public String createCaller(String caller, String... agencies) {
    String list = String.join("\",\"", agencies);
    admin()
        .body("{\"agencies\":[\"" + list + "\"]}")
        .put("/callers/" + caller)
        .then()
        .statusCode(201);
    return admin()
        .body("{}")
        .post("/callers/" + caller + "/keys")
        .then()
        .statusCode(201)
        .extract()
        .path("api_key");
  }

  /** Creates an admin with this role; returns a key of it. */
  public String createAdmin(String name, String role) {
    admin().body("{\"role\":\"" + role + "\"}").put("/admins/" + name).then().statusCode(201);
    return admin()
        .body("{}")
        .post("/admins/" + name + "/keys")
        .then()
        .statusCode(201)
        .extract()
        .path("api_key");
  }

  /**
   * Begins a flow with the admin key, as {@code curl} would.
   *
   * @return the 302, whose cookies must be brought to the callback
   */
  public Response authorize(String agency) {
    return admin().get("/authorize/" + agency).then().statusCode(302).extract().response();
  }

  /** Opens where Active911 has sent the browser, with the flow's cookies. */
  public Response callback(Response authorize, URI location) {
    return anonymous()
        .cookies(authorize.getDetailedCookies())
        .urlEncodingEnabled(false)
        .get(location);
  }

  /**
   * Connects an agency: consents at Active911 and comes back.
   *
   * @return the answer of the callback
   */
  public Response connect(String agency, String active911Id) {
    Response authorize = authorize(agency);
    try (ConsentBrowser browser = new ConsentBrowser()) {
      return callback(
          authorize, browser.allow(URI.create(authorize.header("Location")), active911Id));
    }
  }
}
