package org.tokenbroker.browser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.JavascriptExecutor;

/**
 * Every page there is, in light on a desk and in dark on a telephone: no barrier that axe-core
 * knows of, and nothing to be scrolled sideways. On the way it takes the pictures of the main
 * pages, into the directory {@code screenshots} of the build, or where the system property {@code
 * screenshots} says.
 */
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before the first test
class EveryPageIT {

  private static final Path TEMPLATES = Path.of("src", "main", "resources", "templates", "pages");

  private static final Path PICTURES =
      Path.of(System.getProperty("screenshots", Path.of("target", "screenshots").toString()));

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

  /**
   * A page to look at.
   *
   * @param template what it is made of
   * @param picture what its picture is called; null: none is taken
   * @param way how to get there
   */
  private record Stop(String template, @Nullable String picture, Consumer<Visitor> way) {}

  private final List<Stop> stops = new ArrayList<>();
  private final List<String> found = new ArrayList<>();

  private void stop(String template, String address) {
    stop(template, null, visitor -> visitor.opens(address));
  }

  private void stop(String template, @Nullable String picture, Consumer<Visitor> way) {
    stops.add(new Stop(template, picture, way));
  }

  private void look(Stop stop, Visitor visitor) throws IOException {
    scene.chromium().show(false, Chromium.WIDE);
    stop.way().accept(visitor);
    barriers(stop, "light", visitor);
    if (stop.picture() != null) {
      keep(stop.picture() + "-light");
      scene.chromium().show(true, Chromium.WIDE);
      keep(stop.picture() + "-dark");
    }
    scene.chromium().show(true, Chromium.NARROW);
    barriers(stop, "dark and narrow", visitor);
    JavascriptExecutor page = (JavascriptExecutor) visitor.driver();
    Object width = page.executeScript("return document.scrollingElement.scrollWidth");
    if (!(width instanceof Long pixels) || pixels > Chromium.NARROW) {
      found.add(stop.template() + " at " + visitor.isAt() + " is " + width + " wide");
    }
  }

  private void barriers(Stop stop, String how, Visitor visitor) {
    for (String barrier : Barriers.on((JavascriptExecutor) visitor.driver())) {
      found.add(stop.template() + " at " + visitor.isAt() + ", " + how + ": " + barrier);
    }
  }

  private static void keep(String picture) throws IOException {
    Files.createDirectories(PICTURES);
    Files.write(PICTURES.resolve(picture + ".png"), scene.chromium().picture());
  }

  /** That page leads on at once; it is shown without what does that, or nobody could look at it. */
  private static void staysOnTheWay(Visitor visitor) {
    Document page =
        Jsoup.parse(
            scene
                .client()
                .anonymous()
                .header("Sec-Fetch-Site", "cross-site")
                .get("/console/callers")
                .asString());
    assertEquals(1, page.select("meta[http-equiv=refresh]").remove().size());
    visitor.opens("/console");
    visitor.shows(page.outerHtml());
    assertEquals("One moment", visitor.heading());
  }

  private static String name(Path template) {
    return template.getFileName().toString().replace(".html", "");
  }

  @Test
  void aBarrierWouldBeFound() {
    Visitor visitor = scene.stranger();
    visitor.opensAddress("data:text/html,<html lang=en><title>A</title><main><h1>A</h1><input>");

    List<String> barriers = Barriers.on((JavascriptExecutor) visitor.driver());

    assertEquals(1, barriers.size(), barriers::toString);
    assertTrue(barriers.getFirst().startsWith("label at input"), barriers::toString);
  }

  @Test
  void everyPageIsOpenToEverybodyAndFitsATelephone() throws Exception {
    Visitor admin = scene.admin();
    stop("agencyList", "/console");
    stop("callerList", "/console/callers");
    for (Stop stop : stops) {
      look(stop, admin);
    }
    stops.clear();

    Company company = new Company(scene);
    company.appears();
    stop("agencyList", "agencies", visitor -> visitor.opens("/console"));
    stop("agencyList", "/console?state=consent-gone&q=fire");
    stop("agencyList", "/console?q=nobody-is-called-so");
    stop("agency", "agency", visitor -> visitor.opens("/console/agencies/springfield-fire"));
    for (String slug : company.agencies()) {
      stop("agency", "/console/agencies/" + slug);
    }
    stop(
        "testConnection",
        "test",
        visitor -> {
          visitor.opens("/console/agencies/brockway-fire/test");
          visitor.presses("Test now");
        });
    stop("testConnection", "/console/agencies/springfield-fire/test");
    stop("agencySettings", "/console/agencies/springfield-fire/settings");
    stop("rebind", "/console/agencies/springfield-fire/rebind");
    stop("deleteAgency", "/console/agencies/springfield-fire/delete");
    stop("importToken", "/console/agencies/north-haverbrook/import");
    stop(
        "importToken",
        null,
        visitor -> {
          visitor.opens("/console/agencies/north-haverbrook/import");
          visitor.fills("Refresh token", "access_token=none");
          visitor.presses("Import");
        });
    stop(
        "importResult",
        "/console/agencies/haverbrook-fire/import/result?notice=import-other-agency&found=quotes");
    stop("newInvitation", null, company::invites);
    stop("newAgency", "/console/new-agency");
    stop(
        "newAgency",
        null,
        visitor -> {
          visitor.opens("/console/new-agency");
          visitor.fills("Name", "Springfield Fire");
          visitor.presses("Add the agency");
        });
    stop("newAgencies", "/console/new-agencies");
    stop(
        "newAgenciesPreview",
        null,
        visitor -> {
          visitor.opens("/console/new-agencies");
          visitor.fills("Or a table to paste", "One FD,one-fd\nSpringfield,springfield-fire");
          visitor.presses("Show what becomes of it");
        });
    stop("callerList", "/console/callers");
    stop("caller", "/console/callers/dispatch-board");
    stop(
        "caller",
        null,
        visitor -> {
          visitor.opens("/console/callers/wall-display");
          visitor.presses("Make a key");
        });
    stop("callerSettings", "/console/callers/dispatch-board/settings");
    stop("deleteCaller", "/console/callers/dispatch-board/delete");
    stop(
        "revokeCallerKey",
        null,
        visitor -> {
          visitor.opens("/console/callers/dispatch-board");
          visitor.follows("Revoke");
        });
    stop("newCaller", "/console/new-caller");
    stop("adminList", "/console/admins");
    stop("admin", "/console/admins/alice");
    stop(
        "revokeAdminKey",
        null,
        visitor -> {
          visitor.opens("/console/admins/alice");
          visitor.follows("Revoke");
        });
    stop("deleteAdmin", "/console/admins/alice/delete");
    stop("newAdmin", "/console/new-admin");
    stop("auditTrail", "/console/audit");
    stop("auditTrail", "/console/audit?agency=Not_One&from=yesterday");
    stop("auditTrail", "/console/audit?agency=nobody");
    stop("system", "/console/system");
    stop("problem", "/console/nothing");
    stop("connect", "officer", visitor -> visitor.opensAddress(company.openLink()));
    stop("connectClosed", "/connect/not-a-link");
    stop(
        "callbackResult",
        null,
        visitor -> {
          visitor.opensAddress(company.openLink());
          visitor.presses("Go on to Active911");
          visitor.declinesAtActive911();
        });
    stop(
        "signIn",
        null,
        visitor -> {
          visitor.opens("/console");
          visitor.presses("Sign out");
          visitor.fills("Admin key", "not-the-key-of-anybody-at-all-012345");
          visitor.presses("Sign in");
        });
    stop("fromOtherSite", null, EveryPageIT::staysOnTheWay);
    for (Stop stop : stops) {
      look(stop, admin);
    }

    assertEquals(List.of(), found);
    Set<String> seen = stops.stream().map(Stop::template).collect(Collectors.toSet());
    try (Stream<Path> templates = Files.list(TEMPLATES)) {
      assertEquals(
          templates.map(EveryPageIT::name).collect(Collectors.toCollection(TreeSet::new)),
          new TreeSet<>(seen),
          "every page was looked at");
    }
  }
}
