package org.tokenbroker.browser;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.tokenbroker.simulator.SimulatedAgency;
import org.tokenbroker.testing.BrokerProcess;

/**
 * How agencies come to be connected, by admins and by officers, and what can go wrong on the way.
 */
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before the first test
class OnboardingIT {

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

  private static String stateOf(Visitor visitor, String slug) {
    visitor.opens("/console/agencies/" + slug);
    return visitor.seen(By.cssSelector(".heading .state")).getText();
  }

  /** Adds an agency by the form. */
  private static void add(Visitor admin, String name, String button) {
    admin.opens("/console/new-agency");
    admin.fills("Name", name);
    admin.presses(button);
  }

  @Test
  void anAgencyIsAddedConnectedAndServed() {
    String board = scene.client().createCaller("board", "walk-fd");
    Visitor admin = scene.stranger();

    admin.opens("/");
    assertEquals("Sign in", admin.heading());
    admin.fills("Admin key", "not-the-key-of-anybody-at-all-012345");
    admin.presses("Sign in");
    assertThat(admin.reads(), containsString("This is not a valid admin key."));
    admin.signsIn(BrokerProcess.ADMIN_KEY, "/");
    admin.follows("Add an agency");
    admin.fills("Name", "Walk FD");
    admin.presses("Add the agency");
    assertEquals("Walk FD", admin.heading());
    admin.presses("Connect");
    admin.allowsAtActive911(atActive911(0).name());

    assertThat(admin.isAt(), startsWith("/callback/result/"));
    assertEquals("Walk FD is connected", admin.heading());
    admin.follows("the agency’s page in the console");
    assertEquals("Walk FD", admin.heading());
    assertEquals("Connected", stateOf(admin, "walk-fd"));
    scene.client().bearer(board).get("/tokens/walk-fd").then().statusCode(200);
  }

  @Test
  void whoeverDeclinesIsToldThatNothingWasStored() {
    Visitor admin = scene.admin();
    add(admin, "Declined FD", "Add and connect now");

    admin.declinesAtActive911();

    assertEquals("Declined FD was not connected", admin.heading());
    assertThat(admin.reads(), containsString("the permission was declined"));
    assertEquals("Never connected", stateOf(admin, "declined-fd"));
  }

  @Test
  void anotherAgencyThanExpectedWaitsUntilAnAdminSaysWhatItIs() {
    Visitor admin = scene.admin();
    admin.opens("/console/new-agency");
    admin.fills("Name", "Expected FD");
    admin.fills("Active911 id", atActive911(1).id());
    admin.presses("Add and connect now");

    admin.allowsAtActive911(atActive911(2).name());

    assertEquals("Not connected yet: is this the right agency?", admin.heading());
    assertThat(admin.reads(), containsString(atActive911(2).name()));
    admin.opens("/console/agencies/expected-fd");
    assertThat(admin.reads(), containsString("Is this the right agency?"));
    admin.presses("Discard this consent");
    assertThat(admin.reads(), containsString("The consent that waited is discarded."));
    assertEquals("Never connected", stateOf(admin, "expected-fd"));

    admin.presses("Connect");
    admin.allowsAtActive911(atActive911(2).name());
    admin.opens("/console/agencies/expected-fd");
    admin.presses("Confirm: use “" + atActive911(2).name() + "”");
    assertThat(admin.reads(), containsString("This is the agency's consent now."));
    assertEquals("Connected", stateOf(admin, "expected-fd"));
  }

  @Test
  void aPermissionThatWasNotGrantedIsSeen() {
    SimulatedAgency narrow = atActive911(3);
    scene.active911().setGrantedScopes(narrow.id(), Set.of("read_agency"));
    Visitor admin = scene.admin();
    admin.opens("/console/new-agency");
    admin.fills("Name", "Narrow FD");
    admin.ticks("read_alert");
    admin.presses("Add and connect now");

    admin.allowsAtActive911(narrow.name());

    admin.opens("/console?q=narrow");
    assertThat(admin.reads(), containsString("Active911 granted less than was asked for"));
    admin.opens("/console/agencies/narrow-fd/test");
    admin.presses("Test now");
    assertThat(admin.reads(), containsString("Missing: read_alert."));
  }

  /** The link on the page that shows it. */
  private static String shownLink(Visitor admin) {
    return Objects.requireNonNull(admin.field("Link for the officer").getDomProperty("value"));
  }

  private static String invite(Visitor admin, String slug) {
    admin.opens("/console/agencies/" + slug);
    admin.presses("Invite an officer");
    return shownLink(admin);
  }

  @Test
  void anOfficerConnectsByALinkThatWorksOnce() {
    Visitor admin = scene.admin();
    admin.opens("/console/new-agency");
    admin.fills("Name", "Invited FD");
    admin.fills("Active911 id", atActive911(4).id());
    admin.presses("Add and invite its officer");
    String link = shownLink(admin);

    Visitor officer = scene.stranger();
    officer.opensAddress(link);
    assertEquals("Connect Invited FD", officer.heading());
    assertThat(officer.reads(), containsString(Scene.COMPANY));
    officer.presses("Go on to Active911");
    officer.declinesAtActive911();
    assertThat(officer.reads(), containsString("open the link that you were sent once more"));
    officer.opensAddress(link);
    officer.presses("Go on to Active911");
    officer.allowsAtActive911(atActive911(4).name());

    assertEquals("Thank you: Invited FD is connected", officer.heading());
    assertThat(officer.reads(), not(containsString("console")));
    officer.opensAddress(link);
    assertEquals("This link was used already", officer.heading());
    assertEquals("Connected", stateOf(scene.admin(), "invited-fd"));
  }

  @Test
  void linksThatOpenNothingSayWhy() throws Exception {
    Visitor admin = scene.admin();
    add(admin, "Links FD", "Add the agency");
    String revoked = invite(admin, "links-fd");
    admin.opens("/console/agencies/links-fd");
    admin.pressesWhatBegins("Revoke");
    assertThat(admin.reads(), containsString("The invitation is taken back"));
    String expired = invite(admin, "links-fd");
    scene
        .database()
        .execute(
            "update invitation set expires_at = clock_timestamp() - interval '1 second'"
                + " where revoked_at is null and agency_id ="
                + " (select id from agency where slug = 'links-fd')");

    Visitor officer = scene.stranger();
    officer.opensAddress(revoked);
    assertEquals("This link was taken back", officer.heading());
    officer.opensAddress(expired);
    assertEquals("This link is too old", officer.heading());
    officer.opensAddress(expired.substring(0, expired.length() - 1));
    assertEquals("This link is not known", officer.heading());
  }

  @Test
  void twoTabsThatConnectDoNotDisturbEachOther() {
    Visitor admin = scene.admin();
    add(admin, "Tabs FD", "Add and connect now");
    String second = admin.opensAnotherTab();
    admin.opens("/console/agencies/tabs-fd");
    admin.presses("Connect");

    String first = admin.goesToTab(second);
    admin.allowsAtActive911(atActive911(5).name());
    assertEquals("Tabs FD is connected", admin.heading());
    admin.goesToTab(first);
    admin.allowsAtActive911(atActive911(5).name());

    assertEquals("Tabs FD is connected", admin.heading());
    admin.closesTabFor(second);
    assertEquals("Connected", stateOf(admin, "tabs-fd"));
  }

  @Test
  void aDoubleClickConnectsOnce() {
    Visitor admin = scene.admin();
    add(admin, "Double FD", "Add the agency");

    admin.pressesTwice("Connect");
    admin.allowsAtActive911(atActive911(6).name());

    assertEquals("Double FD is connected", admin.heading());
    assertEquals("Connected", stateOf(admin, "double-fd"));
  }

  @Test
  void backAfterTheCallbackUsesNothingTwice() {
    Visitor admin = scene.admin();
    add(admin, "Back FD", "Add and connect now");
    admin.allowsAtActive911(atActive911(7).name());
    assertEquals("Back FD is connected", admin.heading());

    admin.goesBack();
    assertEquals("Allow access?", admin.heading());
    admin.allowsAtActive911(atActive911(7).name());

    assertThat(admin.reads(), containsString("it was used before. Nothing was changed."));
    assertEquals("Connected", stateOf(admin, "back-fd"));
  }

  @Test
  void aSessionThatEndedLeadsBackToThePageThatWasWanted() throws Exception {
    Visitor admin = scene.admin();
    add(admin, "Wanted FD", "Add the agency");
    admin.opens("/console/audit?agency=wanted-fd");
    scene.database().execute("delete from console_session");

    admin.signsIn(BrokerProcess.ADMIN_KEY, "/console/audit?agency=wanted-fd");

    assertEquals("/console/audit?agency=wanted-fd", admin.isAt());
    admin.opens("/console/agencies/wanted-fd");
    scene.database().execute("delete from console_session");
    admin.presses("Pause");
    assertEquals("Sign in", admin.heading());
    admin.fills("Admin key", BrokerProcess.ADMIN_KEY);
    admin.enters("Admin key");
    assertEquals("/console/agencies/wanted-fd", admin.isAt());
    assertEquals("Never connected", stateOf(admin, "wanted-fd"));
  }

  @Test
  void aLinkFromElsewhereOpensThePage() {
    Visitor admin = scene.admin();
    add(admin, "Linked FD", "Add the agency");
    admin.opensAddress(scene.active911().origin() + "/");

    admin.comesFromHereTo(scene.origin() + "/console/agencies/linked-fd");

    admin.awaits("the session is there", () -> admin.heading().equals("Linked FD"));
  }

  @Test
  void allOfItWorksWithoutScripts() {
    try (Chromium chromium = Chromium.withoutScripts()) {
      Visitor visitor = new Visitor(chromium.driver(), scene.origin());
      visitor.opensAddress(
          "data:text/html,<h1>off</h1><script>document.body.innerHTML='on'</script>");
      assertEquals("off", visitor.heading());
      visitor.opens("/console/new-agency");
      visitor.fills("Admin key", BrokerProcess.ADMIN_KEY);
      visitor.presses("Sign in");
      visitor.fills("Name", "Plain FD");
      visitor.fills("Active911 id", atActive911(8).id());
      visitor.presses("Add and invite its officer");
      String link = shownLink(visitor);

      visitor.opensAddress(link);
      visitor.presses("Go on to Active911");
      visitor.allowsAtActive911(atActive911(8).name());

      assertEquals("Thank you: Plain FD is connected", visitor.heading());
      assertEquals("Connected", stateOf(visitor, "plain-fd"));
    }
  }
}
