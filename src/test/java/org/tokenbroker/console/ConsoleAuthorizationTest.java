package org.tokenbroker.console;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.restassured.response.Response;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tokenbroker.caller.Role;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** Who may do what in the console: every page and form, tried with every role and without one. */
@NullMarked
@BrokerTest
class ConsoleAuthorizationTest {

  /** A page or form that is missing here fails the build. */
  private static final Map<String, Role> RULES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("GET /console", Role.VIEWER),
              Map.entry("POST /console/sign-out", Role.VIEWER),
              Map.entry("GET /console/callers", Role.VIEWER),
              Map.entry("GET /console/new-caller", Role.ADMIN),
              Map.entry("POST /console/new-caller", Role.ADMIN),
              Map.entry("GET /console/callers/{caller}", Role.VIEWER),
              Map.entry("GET /console/callers/{caller}/settings", Role.ADMIN),
              Map.entry("POST /console/callers/{caller}/settings", Role.ADMIN),
              Map.entry("GET /console/callers/{caller}/keys", Role.VIEWER),
              Map.entry("POST /console/callers/{caller}/keys", Role.ADMIN),
              Map.entry("GET /console/callers/{caller}/keys/{key}/revoke", Role.ADMIN),
              Map.entry("POST /console/callers/{caller}/keys/{key}/revoke", Role.ADMIN),
              Map.entry("GET /console/callers/{caller}/delete", Role.ADMIN),
              Map.entry("POST /console/callers/{caller}/delete", Role.ADMIN),
              Map.entry("GET /console/admins", Role.VIEWER),
              Map.entry("GET /console/new-admin", Role.ADMIN),
              Map.entry("POST /console/new-admin", Role.ADMIN),
              Map.entry("GET /console/admins/{admin}", Role.VIEWER),
              Map.entry("POST /console/admins/{admin}/role", Role.ADMIN),
              Map.entry("GET /console/admins/{admin}/keys", Role.VIEWER),
              Map.entry("GET /console/admins/{admin}/role", Role.VIEWER),
              Map.entry("POST /console/admins/{admin}/keys", Role.ADMIN),
              Map.entry("GET /console/admins/{admin}/keys/{key}/revoke", Role.ADMIN),
              Map.entry("POST /console/admins/{admin}/keys/{key}/revoke", Role.ADMIN),
              Map.entry("GET /console/admins/{admin}/delete", Role.ADMIN),
              Map.entry("POST /console/admins/{admin}/delete", Role.ADMIN),
              Map.entry("GET /console/audit", Role.VIEWER),
              Map.entry("GET /console/audit/export", Role.VIEWER),
              Map.entry("GET /console/system", Role.VIEWER),
              Map.entry("GET /console/new-agency", Role.ADMIN),
              Map.entry("POST /console/new-agency", Role.ADMIN),
              Map.entry("GET /console/new-agencies", Role.ADMIN),
              Map.entry("POST /console/new-agencies", Role.ADMIN),
              Map.entry("GET /console/new-agencies/preview", Role.ADMIN),
              Map.entry("POST /console/new-agencies/preview", Role.ADMIN),
              Map.entry("GET /console/agencies/{agency}/rebind", Role.ADMIN),
              Map.entry("POST /console/agencies/{agency}/rebind", Role.ADMIN),
              Map.entry("GET /console/agencies/{agency}", Role.VIEWER),
              Map.entry("POST /console/agencies/{agency}/authorize", Role.OPERATOR),
              Map.entry("POST /console/agencies/{agency}/refresh", Role.OPERATOR),
              Map.entry("POST /console/agencies/{agency}/pause", Role.OPERATOR),
              Map.entry("POST /console/agencies/{agency}/resume", Role.OPERATOR),
              Map.entry("POST /console/agencies/{agency}/candidates/{id}/confirm", Role.OPERATOR),
              Map.entry("POST /console/agencies/{agency}/candidates/{id}/discard", Role.OPERATOR),
              Map.entry("GET /console/agencies/{agency}/invitations", Role.VIEWER),
              Map.entry("POST /console/agencies/{agency}/invitations", Role.OPERATOR),
              Map.entry("POST /console/agencies/{agency}/invitations/{id}/revoke", Role.OPERATOR),
              Map.entry("GET /console/agencies/{agency}/test", Role.OPERATOR),
              Map.entry("POST /console/agencies/{agency}/test", Role.OPERATOR),
              Map.entry("GET /console/agencies/{agency}/import", Role.OPERATOR),
              Map.entry("POST /console/agencies/{agency}/import", Role.OPERATOR),
              Map.entry("GET /console/agencies/{agency}/import/result", Role.OPERATOR),
              Map.entry("GET /console/agencies/{agency}/settings", Role.ADMIN),
              Map.entry("POST /console/agencies/{agency}/settings", Role.ADMIN),
              Map.entry("GET /console/agencies/{agency}/delete", Role.ADMIN),
              Map.entry("POST /console/agencies/{agency}/delete", Role.ADMIN)));

  /** Of these everybody can see that they are there; they look themselves at what is sent. */
  private static final Set<String> OPEN =
      Set.of(
          "GET /",
          "GET /console/sign-in",
          "POST /console/sign-in",
          "GET /console/sign-in/oidc",
          "GET /connect/{invitation}",
          "POST /connect/{invitation}");

  private static final String NAME = "console-authorization";

  @Test
  void everyPageAndFormIsInTheTable() {
    Set<String> signedIn = new TreeSet<>();
    Set<String> open = new TreeSet<>();
    for (JavaClass resource :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("org.tokenbroker.console")) {
      if (resource.isAnnotatedWith(Path.class)) {
        for (JavaMethod method : resource.getMethods()) {
          boolean guarded =
              resource.isAnnotatedWith(SignedIn.class) || method.isAnnotatedWith(SignedIn.class);
          address(resource, method, guarded ? signedIn : open);
        }
      }
    }

    assertEquals(RULES.keySet(), signedIn);
    assertEquals(new TreeSet<>(OPEN), open);
  }

  private static void address(JavaClass resource, JavaMethod method, Set<String> addresses) {
    String path = resource.getAnnotationOfType(Path.class).value();
    if (method.isAnnotatedWith(Path.class)) {
      path += method.getAnnotationOfType(Path.class).value();
    }
    if (method.isAnnotatedWith(GET.class)) {
      addresses.add("GET " + path);
    }
    if (method.isAnnotatedWith(POST.class)) {
      addresses.add("POST " + path);
    }
  }

  @ParameterizedTest
  @EnumSource(Role.class)
  void aRoleOpensWhatTheTableSaysAndNothingElse(Role role) {
    BrokerClient broker = BrokerClient.ofTheTest();
    String key = broker.createAdmin(NAME + "-" + role.word(), role.word());
    List<String> wrong = new ArrayList<>();
    RULES.forEach(
        (address, least) -> {
          // Each with a session of its own: signing out is among them.
          Response answer = send(Browser.signedIn(key), address);
          if ((answer.statusCode() == 403) == role.includes(least) || answer.statusCode() >= 500) {
            wrong.add(address + " answers " + answer.statusCode());
          }
          if (answer.statusCode() == 403) {
            assertThat(answer.contentType(), startsWith("text/html"));
            assertThat(
                Browser.parsed(answer).select("main").text(),
                containsString("Your role here is " + role.word()));
          }
        });

    assertEquals(List.of(), wrong);
  }

  private static Response send(Browser browser, String address) {
    String path = address.substring(address.indexOf(' ') + 1);
    path = filledIn(path);
    if (address.startsWith("GET ")) {
      return browser.get(path);
    }
    Map<String, String> form = new HashMap<>();
    form.put("csrf", browser.page("/console").select("input[name=csrf]").getFirst().val());
    return browser.post(path, form);
  }

  private static String filledIn(String path) {
    return path.replaceAll("\\{(agency|caller|admin)}", NAME).replaceAll("\\{(id|key)}", "none");
  }

  @Test
  void withoutASessionEverythingLeadsToTheSignIn() {
    Set<String> wrong =
        RULES.keySet().stream()
            .filter(
                address -> {
                  String path = filledIn(address.substring(address.indexOf(' ') + 1));
                  Response answer =
                      address.startsWith("GET ")
                          ? new Browser().get(path)
                          : new Browser().post(path, Map.of());
                  return answer.statusCode() != 303
                      || !answer.header("Location").contains("/console/sign-in");
                })
            .collect(Collectors.toSet());

    assertEquals(Set.of(), wrong);
  }

  @Test
  void aPageShowsTheButtonsThatItsRoleMayUse() {
    BrokerClient broker = BrokerClient.ofTheTest();
    broker.createAgency("buttons-by-role");
    String page = "/console/agencies/buttons-by-role";

    Document viewer = Browser.signedIn(broker.createAdmin("sees", "viewer")).page(page);
    Document operator = Browser.signedIn(broker.createAdmin("operates", "operator")).page(page);
    Document admin = Browser.signedIn(broker.createAdmin("administers", "admin")).page(page);

    assertEquals(0, viewer.select("main form, main a[href*=import], main a[href*=delete]").size());
    assertEquals(3, operator.select("main form").size());
    assertEquals(1, operator.select("main a[href$=/import]").size());
    assertEquals(0, operator.select("main a[href$=/delete], main a[href$=/settings]").size());
    assertEquals(2, admin.select("main a[href$=/delete], main a[href$=/settings]").size());
  }

  @Test
  void aSessionEndsWithTheKeyItWasBegunWith() {
    BrokerClient broker = BrokerClient.ofTheTest();
    String key = broker.createAdmin("key-is-revoked", "viewer");
    Browser browser = Browser.signedIn(key);
    assertEquals(200, browser.get("/console").statusCode());

    broker
        .admin()
        .delete("/admins/key-is-revoked/keys/" + key.split("_", -1)[1])
        .then()
        .statusCode(204);

    assertEquals(303, browser.get("/console").statusCode());
  }

  @Test
  void aSessionEndsWithItsAdmin() {
    BrokerClient broker = BrokerClient.ofTheTest();
    Browser browser = Browser.signedIn(broker.createAdmin("admin-is-deleted", "viewer"));

    broker.admin().delete("/admins/admin-is-deleted").then().statusCode(204);

    assertEquals(303, browser.get("/console").statusCode());
  }

  @Test
  void anotherRoleCountsInALivingSession() {
    BrokerClient broker = BrokerClient.ofTheTest();
    Browser browser = Browser.signedIn(broker.createAdmin("is-demoted", "admin"));
    assertEquals(200, browser.get("/console/new-agency").statusCode());

    broker.admin().body("{\"role\":\"viewer\"}").put("/admins/is-demoted").then().statusCode(200);

    assertEquals(403, browser.get("/console/new-agency").statusCode());
  }
}
