package org.tokenbroker.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.restassured.RestAssured;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.time.Duration;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.RawHttp;

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

  /** As browsers send it (RFC 7578), with its length said beforehand. */
  private HttpResponse<String> upload(byte[] file, String table) throws Exception {
    String csrf = browser.page("/console/new-agencies").select("[name=csrf]").val();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(part("name=\"csrf\"", csrf).getBytes(UTF_8));
    body.writeBytes(part("name=\"table\"", table).getBytes(UTF_8));
    String fileName = "name=\"file\"; filename=\"agencies.csv\"\r\nContent-Type: text/csv";
    body.writeBytes(part(fileName, "").stripTrailing().getBytes(UTF_8));
    body.writeBytes("\r\n\r\n".getBytes(UTF_8));
    body.writeBytes(file);
    body.writeBytes("\r\n--here--\r\n".getBytes(UTF_8));
    return send(body.toByteArray());
  }

  private static String part(String header, String content) {
    return "--here\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n".formatted(header, content);
  }

  private HttpResponse<String> send(byte[] body) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(
                  URI.create(
                      "http://localhost:" + RestAssured.port + "/console/new-agencies/preview"))
              .header("Cookie", Browser.SESSION + "=" + browser.session())
              .header("Content-Type", "multipart/form-data; boundary=here")
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private Document preview(byte[] file, String table) throws Exception {
    return Jsoup.parse(upload(file, table).body());
  }

  @Test
  void aFileIsReadAsSpreadsheetsSaveIt() throws Exception {
    byte[] utf8 = "\uFEFFname,slug\r\nÉcully FD,console-file-one".getBytes(UTF_8);
    byte[] windows =
        "name;slug\r\nÉcully – FD;console-file-two".getBytes(Charset.forName("windows-1252"));

    Document first = preview(utf8, "");
    Document second = preview(windows, "");

    assertThat(first.select("th[scope=row]").text(), equalTo("Écully FD console-file-one"));
    assertThat(second.select("th[scope=row]").text(), equalTo("Écully – FD console-file-two"));
    assertThat(first.select("[role=status]").text(), startsWith("1 can be added"));
  }

  @Test
  void aFileBesideATableIsAskedAbout() throws Exception {
    HttpResponse<String> answer = upload("From the file".getBytes(UTF_8), "Pasted");

    assertEquals(400, answer.statusCode());
    Document page = Jsoup.parse(answer.body());
    assertThat(page.select("#table-fault").text(), containsString("not both"));
    assertEquals("Pasted", page.select("#table").val());
  }

  @Test
  void anEmptyFileCountsAsNone() throws Exception {
    assertThat(
        preview(new byte[0], "").select("#table-fault").text(), containsString("Choose a file"));
    assertEquals(200, upload(new byte[0], "Pasted").statusCode());
  }

  @Test
  void aFileThatIsTooLargeIsRefused() throws Exception {
    assertEquals(413, upload(new byte[70_000], "").statusCode());
  }

  /** An upload whose head alone was sent: whoever looks at its body first waits for it. */
  private static RawHttp.Answer begun(String cookie) {
    try (RawHttp client =
        new RawHttp(URI.create("http://localhost:" + RestAssured.port), Duration.ofSeconds(10))) {
      return client
          .send(
              "POST /console/new-agencies/preview HTTP/1.1\r\nHost: localhost\r\n"
                  + cookie
                  + "Content-Type: multipart/form-data; boundary=here\r\nContent-Length: 60000",
              new byte[0])
          .orElseThrow();
    }
  }

  @Test
  void nothingOfAFileIsReadOfWhoMayNotSendOne() {
    RawHttp.Answer stranger = begun("");
    String viewer =
        Browser.signedIn(BrokerClient.ofTheTest().createAdmin("file-viewer", "viewer")).session();
    RawHttp.Answer forbidden = begun("Cookie: " + Browser.SESSION + "=" + viewer + "\r\n");

    assertEquals(303, stranger.status());
    assertThat(stranger.header("Location").orElse(""), containsString("/console/sign-in"));
    assertEquals(403, forbidden.status());
    assertThat(forbidden.body(), containsString("Your role here is viewer; this needs admin."));
  }

  @Test
  void aFormThatCannotBeReadIsRefused() throws Exception {
    String cutOff = "--here\r\nContent-Disposition: form-data; name=csrf\r\n\r\ncut off";

    assertEquals(400, send(cutOff.getBytes(UTF_8)).statusCode());
  }
}
