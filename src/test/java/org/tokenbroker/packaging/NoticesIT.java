package org.tokenbroker.packaging;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import jakarta.mail.Message;
import jakarta.mail.internet.MimeMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.PreparedGrants;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.WebhookReceiver;
import org.tokenbroker.testing.WebhookReceiver.Received;

/** Two packaged brokers, a receiver of webhooks and a mail server: each notice comes once. */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before the test
class NoticesIT {

  private static final int LOST = 15;
  private static final String ENDING = "ending-fd";
  private static final Pattern LINK = Pattern.compile("http://\\S+/connect/[A-Za-z0-9_-]+");

  /** A look every thirty seconds, on a busy machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir Path directory;

  private final WebhookReceiver receiver = WebhookReceiver.start();
  private final GreenMail mail =
      new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
  private final Map<String, String> environment = new HashMap<>();
  private final List<BrokerProcess> processes = new ArrayList<>();
  private TestDatabase database;

  @BeforeEach
  void aReceiverAndAMailServer() {
    mail.start();
    database = TestDatabase.create().migrated();
    environment.putAll(BrokerProcess.environment(database));
    environment.put("BROKER_NOTIFY_WEBHOOK", receiver.address().toString());
    environment.put("BROKER_NOTIFY_WEBHOOK_SECRET", WebhookReceiver.SECRET);
    environment.put("BROKER_NOTIFY_MAIL", "dispatch@example.com, chief@example.com");
    environment.put("BROKER_NOTIFY_CONTACT", "true");
    environment.put("BROKER_ORGANISATION", "ACME Dispatch");
    environment.put("QUARKUS_MAILER_FROM", "broker@example.com");
    environment.put("QUARKUS_MAILER_HOST", "127.0.0.1");
    environment.put("QUARKUS_MAILER_PORT", Integer.toString(mail.getSmtp().getPort()));
    environment.put("QUARKUS_MAILER_START_TLS", "DISABLED");
  }

  @AfterEach
  void stop() {
    processes.forEach(BrokerProcess::close);
    mail.stop();
    receiver.close();
  }

  private void serve(String name) throws Exception {
    Map<String, String> own = new HashMap<>(environment);
    if (!processes.isEmpty()) {
      own.put("QUARKUS_HTTP_PORT", Integer.toString(FreePort.find()));
      own.put("QUARKUS_MANAGEMENT_PORT", Integer.toString(FreePort.find()));
    }
    processes.add(BrokerProcess.serve(Files.createDirectory(directory.resolve(name)), own));
  }

  private void connect(PreparedGrants grants, String agency, Duration consent) {
    Instant now = Instant.now();
    grants.connect(
        agency,
        new Active911Agency("9-" + agency, agency),
        new TokenSet(
            Secret.of("access-" + agency),
            now.plus(Duration.ofDays(1)),
            Secret.of("refresh-" + agency),
            now.plus(consent),
            Scope.parse("read_agency")),
        now,
        now.plus(Duration.ofHours(12)));
  }

  private String log() {
    return processes.stream().map(BrokerProcess::log).collect(Collectors.joining("\n"));
  }

  private List<Received> webhooks(String type) {
    return receiver.received().stream()
        .filter(one -> one.body().startsWith("{\"type\":\"" + type + "\""))
        .toList();
  }

  private Stream<MimeMessage> mails(String subject) {
    return Arrays.stream(mail.getReceivedMessages())
        .filter(
            one -> {
              try {
                return one.getSubject().contains(subject);
              } catch (jakarta.mail.MessagingException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  private long waiting() {
    try {
      return database.number(
          "select count(*) from notice_delivery where delivered_at is null and given_up_at is null");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void eachNoticeComesOnceByWebhookAndMail() throws Exception {
    PreparedGrants grants =
        new PreparedGrants(
            database.dataSource(),
            Objects.requireNonNull(environment.get("BROKER_ENCRYPTION_KEYSET")));
    for (int number = 10; number < 10 + LOST; number++) {
      connect(grants, "lost-" + number, Duration.ofDays(300));
    }
    connect(grants, ENDING, Duration.ofDays(5));
    database.execute(
        "update agency set contact = 'officer@example.org' where slug = '" + ENDING + "'");
    database.execute(
        "update agency_grant set state = 'NEEDS_CONSENT', last_error = 'invalid_grant',"
            + " last_error_at = now() where active911_id like '9-lost-%'");
    receiver.answerOnce(503, Map.of());
    serve("first");
    serve("second");

    Eventually.isTrue(
        "all is delivered",
        PATIENCE,
        () -> webhooks("consent_gone").size() >= LOST && waiting() == 0,
        this::log);
    database.execute(
        "update agency_grant set state = 'CONNECTED', last_error = null"
            + " where active911_id like '9-lost-%'");
    Eventually.isTrue(
        "that it is well again, too",
        PATIENCE,
        () -> !webhooks("recovered").isEmpty() && waiting() == 0,
        this::log);

    List<Received> gone = webhooks("consent_gone");
    assertEquals(
        LOST + 2,
        gone.size() + webhooks("consent_ending").size(),
        "one was refused, and came again");
    assertEquals(
        LOST,
        gone.stream().map(Received::id).collect(Collectors.toCollection(TreeSet::new)).size());
    assertTrue(
        receiver.received().stream().allMatch(one -> one.isSignedWith(WebhookReceiver.SECRET)));
    // One mail to two, who have it each.
    assertEquals(2 * LOST, mails("Active911 refuses the consent").count());
    assertEquals(2, mails("the consent ends within 7 days").count());

    List<MimeMessage> letters = mails("please renew the permission for " + ENDING).toList();
    assertEquals(1, letters.size());
    MimeMessage letter = letters.getFirst();
    assertEquals(
        "officer@example.org", letter.getRecipients(Message.RecipientType.TO)[0].toString());
    String text = letter.getContent().toString();
    assertTrue(text.contains("ACME Dispatch"), text);
    Matcher link = LINK.matcher(text);
    assertTrue(link.find(), text);
    given()
        .get(link.group())
        .then()
        .statusCode(200)
        .body(containsString(ENDING))
        .body(containsString("ACME Dispatch"));
    assertTrue(!log().contains("/connect/"), this::log);
  }
}
