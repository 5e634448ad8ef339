package org.tokenbroker.browser;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.tokenbroker.testing.ExternalTool;

/** The system's Chromium, without a window, and with nothing of an earlier run in it. */
final class Chromium implements AutoCloseable {

  /** The width of a desk's window. */
  static final int WIDE = 1120;

  /** The width of a small telephone. */
  static final int NARROW = 360;

  private static final int HEIGHT = 800;

  /** Generous: a busy machine is slow, not wrong. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ChromeDriver driver;

  private Chromium(ChromeDriver driver) {
    this.driver = driver;
  }

  /**
   * Starts one, or skips the test where there is none.
   *
   * @param downloads where it puts files that are fetched
   */
  static Chromium start(Path downloads) {
    ChromeOptions options = options();
    options.setExperimentalOption(
        "prefs", Map.of("download.default_directory", downloads.toAbsolutePath().toString()));
    return new Chromium(driver(options));
  }

  /** Starts one in which scripts are switched off, as a visitor may do in the settings. */
  static Chromium withoutScripts() {
    ChromeOptions options = options();
    options.setExperimentalOption(
        "prefs", Map.of("profile.managed_default_content_settings.javascript", 2));
    return new Chromium(driver(options));
  }

  private static ChromeOptions options() {
    ChromeOptions options = new ChromeOptions();
    options.setBinary(ExternalTool.browserOrSkip("chromium").toFile());
    options.addArguments(
        "--headless=new",
        "--window-size=" + WIDE + "," + HEIGHT,
        "--lang=en",
        // As on telephones, and in pictures.
        "--hide-scrollbars",
        // Tests may run as root, where the sandbox does not; the pages are all our own.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        // No host but this one is asked for anything.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1");
    return options;
  }

  private static ChromeDriver driver(ChromeOptions options) {
    Path program = ExternalTool.browserOrSkip("chromedriver");
    ChromeDriver driver =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(program.toFile())
                .usingAnyFreePort()
                .build(),
            options);
    driver.manage().timeouts().pageLoadTimeout(PATIENCE).scriptTimeout(PATIENCE);
    return driver;
  }

  ChromeDriver driver() {
    return driver;
  }

  /** Another person sits down at it: whatever any site has stored is gone. */
  void forgetEverything() {
    driver.executeCdpCommand("Network.clearBrowserCookies", Map.of());
  }

  /**
   * How the system is set, as pages see it. Nothing moves, so that a look at any moment is a look
   * at the page as it stays.
   */
  void show(boolean dark, int width) {
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(
                Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"),
                Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", HEIGHT, "deviceScaleFactor", 1, "mobile", false));
  }

  /** What is seen of the page, as PNG. */
  byte[] picture() {
    return driver.getScreenshotAs(OutputType.BYTES);
  }

  @Override
  public void close() {
    driver.quit();
  }
}
