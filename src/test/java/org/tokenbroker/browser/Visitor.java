package org.tokenbroker.browser;

import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.remote.RemoteWebDriver;
import org.tokenbroker.testing.Eventually;

/**
 * Somebody in front of a browser: finds buttons, links and fields by what stands on them, as people
 * and screen readers do, and not by what the pages are made of.
 */
final class Visitor {

  private final RemoteWebDriver driver;
  private final String origin;

  /**
   * A visitor of one broker.
   *
   * @param origin the broker's address
   */
  Visitor(RemoteWebDriver driver, String origin) {
    this.driver = driver;
    this.origin = origin;
  }

  /** Types an address of the broker. */
  void opens(String path) {
    opensAddress(origin + path);
  }

  /** Types or follows a whole address. */
  void opensAddress(String address) {
    driver.get(address);
  }

  /** Follows a link on the page that is open, which may be another site's. */
  void comesFromHereTo(String address) {
    driver.executeScript(
        "const link = document.createElement('a'); link.href = arguments[0]; link.textContent ="
            + " 'the link'; document.body.prepend(link);",
        address);
    follows("the link");
  }

  /** Shows a page in place of the one that is open, whose address it gets. */
  void shows(String html) {
    driver.executeScript("document.open(); document.write(arguments[0]); document.close()", html);
    awaits(
        "it is there with its styles",
        () -> "complete".equals(driver.executeScript("return document.readyState")));
  }

  /** Where the browser is: the path at the broker, the whole address anywhere else. */
  String isAt() {
    String address = Objects.requireNonNull(driver.getCurrentUrl());
    return address.startsWith(origin + "/") ? address.substring(origin.length()) : address;
  }

  /** Signs in with a key, coming from an address that needs it. */
  void signsIn(String key, String wanted) {
    opens(wanted);
    fills("Admin key", key);
    presses("Sign in");
  }

  /** The page's first heading. */
  String heading() {
    return driver.findElement(By.tagName("h1")).getText();
  }

  /** The text of the page, without what is the same on each. */
  String reads() {
    return driver.findElement(By.tagName("main")).getText();
  }

  /** The first element that is there and seen. */
  WebElement seen(By what) {
    return driver.findElements(what).stream()
        .filter(WebElement::isDisplayed)
        .findFirst()
        .orElseThrow(
            () -> new NoSuchElementException("not on " + isAt() + ": " + what + "\n" + reads()));
  }

  /** The button with this text. */
  WebElement button(String text) {
    return seen(By.xpath("//button[normalize-space()=" + quoted(text) + "]"));
  }

  /** The link with this text. */
  WebElement link(String text) {
    return seen(By.xpath("//a[normalize-space()=" + quoted(text) + "]"));
  }

  /** The field whose label begins so. */
  WebElement field(String label) {
    WebElement found =
        seen(By.xpath("//label[starts-with(normalize-space()," + quoted(label) + ")]"));
    String id = found.getDomAttribute("for");
    return id == null
        ? found.findElement(By.cssSelector("input, select, textarea"))
        : driver.findElement(By.id(id));
  }

  private static String quoted(String text) {
    return "\"" + text + "\"";
  }

  /** Fills a field, whatever was in it. */
  void fills(String label, String text) {
    WebElement field = field(label);
    field.clear();
    field.sendKeys(text);
  }

  /** Chooses in a list what has this text. */
  void chooses(String label, String option) {
    field(label).findElement(By.xpath("option[.=" + quoted(option) + "]")).click();
  }

  /** Ticks a box, or picks one of several. */
  void ticks(String label) {
    WebElement box = field(label);
    if (!box.isSelected()) {
      box.click();
    }
  }

  /** Presses a button that leads to another page, and waits for that. */
  void presses(String text) {
    leaves(() -> button(text)::click);
  }

  /** Presses the first button whose text begins so. */
  void pressesWhatBegins(String text) {
    By button = By.xpath("//button[starts-with(normalize-space()," + quoted(text) + ")]");
    leaves(() -> seen(button)::click);
  }

  /** Presses it twice in quick succession, as people do. */
  void pressesTwice(String text) {
    leaves(() -> new Actions(driver).doubleClick(button(text))::perform);
  }

  /** Follows a link, and waits for the page. */
  void follows(String text) {
    leaves(() -> link(text)::click);
  }

  /** Sends the form that the field belongs to, from the keyboard. */
  void enters(String label) {
    leaves(() -> () -> field(label).sendKeys(Keys.ENTER));
  }

  /** Presses a key wherever the focus is. */
  void types(Keys key) {
    new Actions(driver).sendKeys(key).perform();
  }

  /** What has the focus. */
  WebElement focused() {
    return driver.switchTo().activeElement();
  }

  /** Presses Enter on what has the focus, which leads to another page. */
  void entersFocused() {
    leaves(() -> () -> types(Keys.ENTER));
  }

  /** Presses the browser's Back. */
  void goesBack() {
    driver.navigate().back();
  }

  /** Does what leads to another page, and waits until that is there. */
  private void leaves(Supplier<Runnable> deed) {
    WebElement page = driver.findElement(By.tagName("html"));
    deed.get().run();
    awaits("another page comes", () -> isGone(page));
    awaits("it is there", () -> !heading().isEmpty());
  }

  /** Looks until it is so, also while pages come and go. */
  void awaits(String what, BooleanSupplier condition) {
    Eventually.isTrue(
        what,
        () -> {
          try {
            return condition.getAsBoolean();
          } catch (WebDriverException e) {
            return false; // what was looked at has just been replaced
          }
        },
        () -> isAt() + "\n" + driver.getPageSource());
  }

  private static boolean isGone(WebElement page) {
    try {
      page.isEnabled();
      return false;
    } catch (WebDriverException e) {
      return true;
    }
  }

  /** Opens a second tab and goes there; returns by what to come back to this one. */
  String opensAnotherTab() {
    String here = driver.getWindowHandle();
    driver.switchTo().newWindow(WindowType.TAB);
    return here;
  }

  /** Goes to a tab; returns by what to come back to this one. */
  String goesToTab(String tab) {
    String here = driver.getWindowHandle();
    driver.switchTo().window(tab);
    return here;
  }

  /** Closes this tab and goes to another. */
  void closesTabFor(String other) {
    driver.close();
    driver.switchTo().window(other);
  }

  /** At Active911: signs in there if that is asked for, and lets an agency's data be used. */
  void allowsAtActive911(String agency) {
    signsInAtActive911();
    List<WebElement> options = driver.findElements(By.cssSelector("select[name=agency] option"));
    options.stream()
        .filter(option -> option.getText().startsWith(agency + " ("))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no agency " + agency))
        .click();
    presses("Allow");
  }

  /** At Active911: declines. */
  void declinesAtActive911() {
    signsInAtActive911();
    presses("Deny");
  }

  private void signsInAtActive911() {
    if (heading().equals("Sign in")) {
      presses("Sign in");
    }
  }

  /** What works on it besides. */
  WebDriver driver() {
    return driver;
  }
}
