package org.tokenbroker.browser;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.tokenbroker.simulator.Grant;
import org.tokenbroker.simulator.SimulatedAgency;
import org.tokenbroker.testing.Eventually;

/** What admins do day by day with agencies that are there, and with callers and admins. */
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before the first test
class ConsoleIT {

  private static final Set<String> READ_AGENCY = Set.of("read_agency");

  @TempDir static Path directory;

  private static Scene scene;

  /** Not before all: then the tests would not be counted as skipped where there is no browser. */
  @BeforeEach
  void start() {
    if (scene == null) {
      scene = Scene.set(directory);
    }
  }

  @AfterAll
  static void stop() {
    if (scene != null) { // without a browser there is none
      scene.close();
    }
  }

  /** Each test has an agency at Active911 of its own. */
  private static SimulatedAgency atActive911(int index) {
    return scene.active911().agencies().get(index);
  }

  private static void opensAgency(Visitor admin, String slug) {
    admin.opens("/console/agencies/" + slug);
  }

  private static String state(Visitor admin) {
    return admin.seen(By.cssSelector(".heading .state")).getText();
  }

  private static void pastes(Visitor admin, String slug, String source, String text) {
    admin.opens("/console/agencies/" + slug + "/import");
    admin.ticks(source);
    admin.fills("Refresh token", text);
    admin.presses("Import");
  }

  @Test
  void whatIsPastedForARefreshTokenIsRecognised() {
    scene.client().createAgency("paste-fd");
    Grant personal = scene.active911().personalGrant(atActive911(0).id(), READ_AGENCY);
    Visitor admin = scene.admin();

    pastes(admin, "paste-fd", "This application", "{\"access_token\":\"0123456789abcdef\"}");
    assertThat(admin.reads(), containsString("This holds an access token"));
    assertEquals("true", admin.field("Refresh token").getDomAttribute("aria-invalid"));

    pastes(admin, "paste-fd", "This application", personal.refreshToken());
    assertThat(admin.reads(), containsString("or of the other kind?"));

    pastes(admin, "paste-fd", "A person", "  \"" + personal.refreshToken() + "\" ");
    assertThat(admin.reads(), containsString("Quotation marks around the token were left out."));
    assertThat(admin.reads(), containsString("The token works"));
    assertThat(admin.reads(), containsString(atActive911(0).name()));
    assertThat(admin.reads(), not(containsString(personal.refreshToken())));
    admin.follows("Go on to paste-fd");
    assertEquals("Connected", state(admin));
  }

  @Test
  void anImportForAnotherAgencyWaitsUntilItIsConfirmed() {
    scene
        .client()
        .admin()
        .body("{\"name\":\"Other FD\",\"expected_active911_id\":\"" + atActive911(2).id() + "\"}")
        .put("/agencies/other-fd")
        .then()
        .statusCode(201);
    Grant grant = scene.active911().consent(atActive911(1).id(), READ_AGENCY);
    Visitor admin = scene.admin();

    pastes(
        admin,
        "other-fd",
        "This application",
        "{\"token_type\":\"Bearer\",\"refresh_token\":\"%s\",\"access_token\":\"%s\"}"
            .formatted(grant.refreshToken(), grant.accessToken()));
    assertThat(admin.reads(), containsString("You pasted a whole answer in JSON"));
    assertThat(admin.reads(), containsString("Is this the right agency?"));
    assertEquals("Never connected", state(admin));
    admin.presses("Confirm: use “" + atActive911(1).name() + "”");

    assertThat(admin.reads(), containsString("This is the agency's consent now."));
    assertEquals("Connected", state(admin));
  }

  @Test
  void manyAgenciesComeOutOfAFile() throws Exception {
    scene.client().createAgency("many-taken");
    Path file = directory.resolve("agencies.csv");
    Files.writeString(file, "name,slug\nMany One,many-one\nMany Two,\nTaken,many-taken\n");
    Visitor admin = scene.admin();
    admin.opens("/console/new-agency");

    admin.follows("add a table");
    admin.field("CSV file").sendKeys(file.toAbsolutePath().toString());
    admin.presses("Show what becomes of it");
    assertThat(admin.reads(), containsString("2 can be added, 1 cannot. Nothing is stored yet."));
    admin.presses("Add 2, leave out 1");

    assertThat(admin.reads(), containsString("2 added, 1 left out."));
    assertThat(admin.reads(), containsString("There is an agency with this short name already."));
    admin.follows("Many Two");
    assertEquals("Many Two", admin.heading());
    admin.opens("/console/new-agencies");
    admin.fills("Or a table to paste", "Many Three");
    admin.presses("Show what becomes of it");
    assertThat(admin.reads(), containsString("many-three"));
  }

  @Test
  void aConnectionIsTestedRefreshedPausedAndResumed() {
    scene.client().createAgency("daily-fd");
    scene.client().connect("daily-fd", atActive911(3).id()).then().statusCode(303);
    Visitor admin = scene.admin();

    opensAgency(admin, "daily-fd");
    admin.follows("Test the connection");
    admin.presses("Test now");
    assertEquals(
        5, admin.driver().findElements(By.cssSelector(".steps .state.good")).size(), admin.reads());
    admin.follows("Back to daily-fd");
    admin.presses("Refresh now");
    assertThat(admin.reads(), containsString("Refreshed. A new access token is stored."));
    admin.presses("Pause");
    assertEquals("Paused", state(admin));
    admin.presses("Resume");
    assertEquals("Connected", state(admin));

    scene.active911().revokeConsent(atActive911(3).id());
    admin.presses("Refresh now");
    assertThat(admin.reads(), containsString("Active911 refuses this agency's consent."));
    assertEquals("Consent gone", state(admin));
    admin.opens("/console");
    assertThat(admin.reads(), containsString("The consent is gone: connect again"));
  }

  @Test
  void anAgencyIsBoundToAnother() {
    scene.client().createAgency("bound-fd");
    scene.client().connect("bound-fd", atActive911(4).id()).then().statusCode(303);
    Visitor admin = scene.admin();

    opensAgency(admin, "bound-fd");
    admin.follows("Bind to another Active911 agency");
    admin.fills("Active911 id of the other agency", atActive911(5).id());
    admin.presses("Connect now");
    admin.allowsAtActive911(atActive911(5).name());

    assertEquals("bound-fd is connected", admin.heading());
    opensAgency(admin, "bound-fd");
    assertThat(admin.reads(), containsString(atActive911(5).name()));
    assertThat(admin.reads(), not(containsString(atActive911(4).name())));
  }

  @Test
  void anAgencyGoesWhenItsNameIsTyped() {
    scene.client().createAgency("gone-fd");
    Visitor admin = scene.admin();

    opensAgency(admin, "gone-fd");
    admin.follows("Disconnect and delete");
    admin.fills("To go on, type the short name", "gone");
    admin.presses("Disconnect and delete");
    assertEquals("Disconnect and delete gone-fd?", admin.heading());
    WebElement focused = admin.driver().switchTo().activeElement();
    assertEquals("slug", focused.getDomAttribute("id"), "where something is wrong");
    admin.fills("To go on, type the short name", "gone-fd");
    admin.presses("Disconnect and delete");

    assertThat(admin.reads(), containsString("The agency is disconnected and deleted."));
    opensAgency(admin, "gone-fd");
    assertThat(admin.reads(), containsString("There is no agency of this name"));
  }

  @Test
  void aCallersKeyIsShownOnceAndCopied() {
    scene.client().createAgency("read-fd");
    scene.client().connect("read-fd", atActive911(6).id()).then().statusCode(303);
    Visitor admin = scene.admin();
    admin.opens("/console/callers");

    admin.follows("Add a caller");
    admin.fills("Name", "wall-board");
    admin.fills("Or only these agencies", "read-fd");
    admin.presses("Add the caller");
    admin.presses("Make a key");
    String key = admin.seen(By.id("new-key")).getText();
    admin.button("Copy the key").click();
    admin.awaits("it is said", () -> admin.reads().contains("Copied."));
    scene.client().bearer(key).get("/tokens/read-fd").then().statusCode(200);

    admin.opens("/console");
    WebElement search = admin.field("Find an agency");
    search.sendKeys(Keys.chord(Keys.CONTROL, "v"));
    assertEquals(key, search.getDomProperty("value"));
    admin.opens("/console/callers/wall-board");
    assertThat(admin.reads(), not(containsString(key)));
    admin.follows("Revoke");
    admin.presses("Revoke the key");
    assertThat(admin.reads(), containsString("The key is revoked."));
    Eventually.isTrue(
        "it is refused",
        () -> scene.client().bearer(key).get("/tokens/read-fd").statusCode() == 401,
        () -> "still taken");
  }

  @Test
  void anAdminSeesWhatTheRoleAllows() {
    scene.client().createAgency("seen-fd");
    Visitor admin = scene.admin();
    admin.opens("/console/admins");

    admin.follows("Add an admin");
    admin.fills("Name", "alice");
    admin.ticks("viewer");
    admin.presses("Add the admin");
    admin.presses("Make a key");
    String key = admin.seen(By.id("new-key")).getText();

    Visitor alice = scene.stranger();
    alice.signsIn(key, "/console/agencies/seen-fd");
    assertEquals("seen-fd", alice.heading());
    assertTrue(alice.driver().findElements(By.cssSelector("main form")).isEmpty());
    alice.presses("Sign out");
    assertEquals("Sign in", alice.heading());

    Visitor again = scene.admin();
    again.opens("/console/admins/alice");
    again.ticks("operator");
    again.presses("Save the role");
    assertThat(again.reads(), containsString("The role is changed."));
    again.follows("Delete this admin");
    again.fills("To go on, type the name", "alice");
    again.presses("Delete the admin");
    assertEquals("Admins", again.heading());
    assertThat(again.reads(), not(containsString("alice")));
  }

  @Test
  void theAuditTrailIsFilteredAndFetched() throws Exception {
    scene.client().createAgency("audited-fd");
    String key = scene.client().createAdmin("auditor", "operator");
    scene.client().bearer(key).post("/agencies/audited-fd/pause").then().statusCode(200);
    Visitor admin = scene.admin();
    admin.opens("/console/audit");

    admin.fills("Agency", "audited-fd");
    admin.fills("Who", "auditor");
    admin.presses("Show");
    assertThat(admin.reads(), containsString("Agency paused"));
    assertThat(admin.reads(), not(containsString("admin bootstrap")));
    assertThat(admin.isAt(), containsString("actor=auditor"));
    admin.chooses("Event", "Agency added");
    admin.presses("Show");
    assertThat(admin.reads(), containsString("Nothing here"));
    admin.goesBack();
    admin.link("CSV").click();

    Path file = scene.downloads().resolve("audit.csv");
    Eventually.isTrue("it is here", () -> Files.exists(file), admin::reads);
    assertThat(Files.readString(file), containsString("agency_paused"));
  }

  @Test
  void theSystemsPageNamesTheProcessAndSigningOutEndsAll() {
    Visitor admin = scene.admin();

    admin.awaits(
        "the process makes itself known",
        () -> {
          admin.opens("/console/system");
          return admin.reads().contains("answers this page");
        });
    assertThat(admin.reads(), containsString("BROKER_PUBLIC_URL"));
    admin.presses("Sign out");

    assertThat(admin.isAt(), startsWith("/console/sign-in"));
    admin.goesBack();
    assertEquals("Sign in", admin.heading(), "pages are kept nowhere");
  }

  @Test
  void whatChangesOnAnOpenPageIsShownAndSaid() {
    scene.client().createAgency("open-fd");
    Visitor admin = scene.admin();
    opensAgency(admin, "open-fd");

    scene.client().connect("open-fd", atActive911(7).id()).then().statusCode(303);

    admin.awaits("it is shown", () -> state(admin).equals("Connected"));
    assertEquals(
        "open-fd: Connected.",
        admin.driver().findElement(By.cssSelector("[data-news]")).getDomProperty("textContent"));
  }

  @Test
  void theKeyboardIsEnough() {
    scene.client().createAgency("keys-fd");
    Visitor admin = scene.admin();
    admin.opens("/console/agencies/keys-fd");

    admin.types(Keys.TAB);
    assertEquals("Skip to the content", admin.focused().getText());
    assertTrue(admin.focused().isDisplayed());
    admin.types(Keys.ENTER);
    admin.types(Keys.TAB);
    assertEquals("Agencies", admin.focused().getText());
    for (int i = 0; i < 10 && !admin.focused().getText().equals("Pause"); i++) {
      admin.types(Keys.TAB);
    }
    assertThat(
        "the focus is seen",
        Objects.requireNonNull(admin.focused().getCssValue("box-shadow"))
            + admin.focused().getCssValue("outline-style"),
        not("nonenone"));
    admin.entersFocused();
    assertEquals("Paused", state(admin));
  }
}
