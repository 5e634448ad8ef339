package org.tokenbroker.caller;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.restassured.http.ContentType;
import io.restassured.http.Method;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.BrokerTestResource;

/** Who may do what: every address of the interface, tried with every kind of credential. */
@NullMarked
@BrokerTest
class AuthorizationTest {

  /** What a request brings along to prove whose it is. */
  enum Credential {
    NOTHING,
    NONSENSE,
    REVOKED_KEY,
    CALLER,
    VIEWER,
    OPERATOR,
    ADMIN,
    BOOTSTRAP
  }

  private static final Set<Credential> CALLERS = EnumSet.of(Credential.CALLER);
  private static final Set<Credential> VIEWERS =
      EnumSet.of(Credential.VIEWER, Credential.OPERATOR, Credential.ADMIN, Credential.BOOTSTRAP);
  private static final Set<Credential> OPERATORS =
      EnumSet.of(Credential.OPERATOR, Credential.ADMIN, Credential.BOOTSTRAP);
  private static final Set<Credential> ADMINS = EnumSet.of(Credential.ADMIN, Credential.BOOTSTRAP);

  private static final Set<Credential> UNKNOWN =
      EnumSet.of(Credential.NOTHING, Credential.NONSENSE, Credential.REVOKED_KEY);

  /** Who may, and what a valid request needs besides. */
  private record Rule(Set<Credential> allowed, String body, Map<String, String> headers) {
    static Rule of(Set<Credential> allowed) {
      return new Rule(allowed, "", Map.of());
    }

    static Rule of(Set<Credential> allowed, String body) {
      return new Rule(allowed, body, Map.of());
    }
  }

  /** An address that is missing here fails the build: somebody has to decide for whom it is. */
  private static final Map<String, Rule> RULES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("GET /tokens", Rule.of(CALLERS)),
              Map.entry("GET /tokens/{agency}", Rule.of(CALLERS)),
              Map.entry(
                  "POST /tokens/{agency}/refresh",
                  new Rule(CALLERS, "", Map.of("If-Match", "\"none\""))),
              Map.entry("GET /audit", Rule.of(VIEWERS)),
              Map.entry("GET /agencies", Rule.of(VIEWERS)),
              Map.entry("GET /agencies/{agency}", Rule.of(VIEWERS)),
              Map.entry("PUT /agencies/{agency}", Rule.of(ADMINS, "{\"name\":\"A\"}")),
              Map.entry("DELETE /agencies/{agency}", Rule.of(ADMINS)),
              Map.entry(
                  "POST /agencies/{agency}/import",
                  Rule.of(OPERATORS, "{\"kind\":\"application\",\"refresh_token\":\"none\"}")),
              Map.entry("POST /agencies/{agency}/refresh", Rule.of(OPERATORS)),
              Map.entry("POST /agencies/{agency}/pause", Rule.of(OPERATORS)),
              Map.entry("POST /agencies/{agency}/resume", Rule.of(OPERATORS)),
              Map.entry("POST /agencies/{agency}/candidates/{id}/confirm", Rule.of(OPERATORS)),
              Map.entry("DELETE /agencies/{agency}/candidates/{id}", Rule.of(OPERATORS)),
              Map.entry("POST /agencies/{agency}/invitations", Rule.of(OPERATORS, "{}")),
              Map.entry("GET /agencies/{agency}/invitations", Rule.of(VIEWERS)),
              Map.entry("DELETE /agencies/{agency}/invitations/{id}", Rule.of(OPERATORS)),
              Map.entry("GET /authorize/{agency}", Rule.of(OPERATORS)),
              Map.entry("GET /callers", Rule.of(VIEWERS)),
              Map.entry("PUT /callers/{caller}", Rule.of(ADMINS, "{\"agencies\":[]}")),
              Map.entry("DELETE /callers/{caller}", Rule.of(ADMINS)),
              Map.entry("POST /callers/{caller}/keys", Rule.of(ADMINS, "{}")),
              Map.entry("DELETE /callers/{caller}/keys/{key_id}", Rule.of(ADMINS)),
              Map.entry("GET /admins", Rule.of(VIEWERS)),
              Map.entry("PUT /admins/{name}", Rule.of(ADMINS, "{\"role\":\"viewer\"}")),
              Map.entry("DELETE /admins/{name}", Rule.of(ADMINS)),
              Map.entry("POST /admins/{name}/keys", Rule.of(ADMINS, "{}")),
              Map.entry("DELETE /admins/{name}/keys/{key_id}", Rule.of(ADMINS))));

  private static final String NAME = "authorization-test";

  @Test
  void everyAddressOfTheInterfaceIsInTheTable() {
    assertEquals(RULES.keySet(), new TreeSet<>(addresses().toList()));
  }

  private static Stream<String> addresses() {
    int port = ConfigProvider.getConfig().getValue("quarkus.management.test-port", Integer.class);
    Map<String, Map<String, Object>> paths =
        given()
            .port(port)
            .accept(ContentType.JSON)
            .get("/q/openapi?format=json")
            .then()
            .statusCode(200)
            .extract()
            .path("paths");
    return paths.entrySet().stream()
        .flatMap(
            path ->
                path.getValue().keySet().stream()
                    .filter(key -> isMethod(key))
                    .map(method -> method.toUpperCase(Locale.ROOT) + " " + path.getKey()));
  }

  private static boolean isMethod(String key) {
    return Stream.of(Method.values()).anyMatch(one -> one.name().equalsIgnoreCase(key));
  }

  @ParameterizedTest
  @EnumSource(Credential.class)
  void aCredentialOpensWhatTheTableSaysAndNothingElse(Credential credential) {
    String owner = NAME + "-" + credential.name().toLowerCase(Locale.ROOT).replace('_', '-');
    String key = key(credential, owner);
    List<String> wrong = new ArrayList<>();
    RULES.forEach(
        (address, rule) -> {
          Response answer = send(address, rule, key);
          int status = answer.statusCode();
          boolean opened = status != 401 && status != 403;
          boolean right =
              UNKNOWN.contains(credential)
                  ? status == 401
                  : rule.allowed().contains(credential) ? opened && status < 500 : status == 403;
          if (!right) {
            wrong.add(address + " answers " + status + " " + answer.body().asString());
          }
          if (!opened) {
            answer
                .then()
                .contentType("application/problem+json")
                .body(
                    "type",
                    equalTo(
                        "urn:token-broker:problem:"
                            + (status == 401 ? "unauthenticated" : "forbidden")));
          }
        });

    assertEquals(List.of(), wrong);
  }

  private static String key(Credential credential, String owner) {
    BrokerClient broker = BrokerClient.ofTheTest();
    return switch (credential) {
      case NOTHING -> "";
      case NONSENSE -> "nonsense-that-is-as-long-as-an-admin-key";
      case REVOKED_KEY -> {
        String key = broker.createAdmin(owner, "admin");
        broker
            .admin()
            .delete("/admins/" + owner + "/keys/" + key.split("_", -1)[1])
            .then()
            .statusCode(204);
        yield key;
      }
      case CALLER -> broker.createCaller(owner, NAME);
      case VIEWER -> broker.createAdmin(owner, "viewer");
      case OPERATOR -> broker.createAdmin(owner, "operator");
      case ADMIN -> broker.createAdmin(owner, "admin");
      case BOOTSTRAP -> BrokerTestResource.ADMIN_KEY;
    };
  }

  private static Response send(String address, Rule rule, String key) {
    String[] parts = address.split(" ", 2);
    String path =
        parts[1]
            .replace("{agency}", NAME)
            .replace("{caller}", NAME)
            .replace("{name}", NAME)
            .replace("{id}", "none")
            .replace("{key_id}", "none");
    RequestSpecification request = given().redirects().follow(false).headers(rule.headers());
    if (!key.isEmpty()) {
      request.header("Authorization", "Bearer " + key);
    }
    if (!rule.body().isEmpty()) {
      request.contentType(ContentType.JSON).body(rule.body());
    }
    return request.request(Method.valueOf(parts[0]), path);
  }

  @Test
  void whatIsRefusedChangesNothing() {
    BrokerClient broker = BrokerClient.ofTheTest();
    String key = broker.createAdmin("only-a-viewer", "viewer");

    broker
        .bearer(key)
        .contentType(ContentType.JSON)
        .body("{\"role\":\"admin\"}")
        .put("/admins/only-a-viewer")
        .then()
        .statusCode(403)
        .body("detail", equalTo("Your role here is viewer; this needs admin."));

    broker
        .admin()
        .get("/admins")
        .then()
        .body("items.find { it.name == 'only-a-viewer' }.role", equalTo("viewer"));
  }

  @Test
  void whatIsNotValidIsSaidBeforeTheRoleIs() {
    BrokerClient broker = BrokerClient.ofTheTest();
    String key = broker.createAdmin("viewer-with-bad-request", "viewer");

    broker
        .bearer(key)
        .contentType(ContentType.JSON)
        .body("{}")
        .put("/admins/x")
        .then()
        .statusCode(400);
  }

  @Test
  void aCallerIsNotAnAdminWithTheSameKeyId() {
    String key = BrokerClient.ofTheTest().createCaller("poses-as-admin", NAME);
    String[] parts = key.split("_", -1);

    given()
        .header("Authorization", "Bearer tba_" + parts[1] + "_" + parts[2] + "_" + parts[3])
        .get("/agencies")
        .then()
        .statusCode(401);
    assertTrue(key.startsWith("tbk_"));
  }
}
