package org.tokenbroker.console;

import static io.restassured.RestAssured.given;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.response.Response;
import java.nio.charset.Charset;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.BrokerTest;

/** Many agencies at once out of a file. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class AgencyFilePageTest {

  private Browser browser;

  @BeforeEach
  void signIn() {
    browser = Browser.signedIn();
  }

  private Response upload(byte[] file, String table) {
    return given()
        .redirects()
        .follow(false)
        .cookie(Browser.SESSION, browser.session())
        .multiPart("csrf", browser.page("/console/new-agencies").select("[name=csrf]").val())
        .multiPart("table", table)
        .multiPart("file", "agencies.csv", file, "text/csv")
        .post("/console/new-agencies/preview");
  }

  @Test
  void aFileIsReadAsSpreadsheetsSaveIt() {
    byte[] utf8 = "\uFEFFname,slug\r\nÉcully FD,console-file-one".getBytes(UTF_8);
    byte[] windows =
        "name;slug\r\nÉcully – FD;console-file-two".getBytes(Charset.forName("windows-1252"));

    Document first = Browser.parsed(upload(utf8, ""));
    Document second = Browser.parsed(upload(windows, ""));

    assertThat(first.select("th[scope=row]").text(), equalTo("Écully FD console-file-one"));
    assertThat(second.select("th[scope=row]").text(), equalTo("Écully – FD console-file-two"));
    assertThat(first.select("[role=status]").text(), startsWith("1 can be added"));
  }

  @Test
  void aFileBesideATableIsAskedAbout() {
    Response answer = upload("From the file".getBytes(UTF_8), "Pasted");

    assertEquals(400, answer.statusCode());
    Document page = Browser.parsed(answer);
    assertThat(page.select("#table-fault").text(), containsString("not both"));
    assertEquals("Pasted", page.select("#table").val());
  }

  @Test
  void anEmptyFileCountsAsNone() {
    assertThat(
        Browser.parsed(upload(new byte[0], "")).select("#table-fault").text(),
        containsString("Choose a file"));
    assertEquals(200, upload(new byte[0], "Pasted").statusCode());
  }

  @Test
  void aFileThatIsTooLargeIsRefused() {
    assertEquals(413, upload(new byte[70_000], "").statusCode());
  }

  @Test
  void aFormThatCannotBeReadIsRefused() {
    given()
        .cookie(Browser.SESSION, browser.session())
        .contentType("multipart/form-data; boundary=here")
        .body("--here\r\nContent-Disposition: form-data; name=csrf\r\n\r\ncut off")
        .post("/console/new-agencies/preview")
        .then()
        .statusCode(400);
  }
}
