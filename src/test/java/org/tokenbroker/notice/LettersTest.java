package org.tokenbroker.notice;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.mailer.Mail;
import io.quarkus.mailer.Mailer;
import io.quarkus.mailer.MockMailbox;
import jakarta.inject.Inject;
import java.net.URI;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.TestTable;

/** Letters to agencies' contacts, and the invitations in them. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class LettersTest {

  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Pattern LINK = Pattern.compile("(?m)^http://\\S+/connect/(\\S+)$");

  Simulator active911;
  @Inject DataSource dataSource;
  @Inject DatabaseClock clock;
  @Inject Letters letters;
  @Inject Mailer mailer;
  @Inject MockMailbox mailbox;
  @Inject TestTable table;

  @ConfigProperty(name = "broker.public-url")
  URI publicUrl;

  private BrokerClient broker;
  private String agency;
  private String contact;
  private Outbox outbox;

  private final NoticeSettings settings =
      new NoticeSettings(
          property -> Optional.empty(), Set.of(NoticeKind.CONSENT_ENDING), List.of(), true);

  @BeforeEach
  void anAgencyWhoseConsentEnds() throws Exception {
    broker = BrokerClient.ofTheTest();
    outbox = new Outbox(dataSource);
    agency = "letter-" + NUMBER.incrementAndGet();
    contact = agency + "@example.org";
    settings(contact, 201);
    broker.connect(agency, active911.agencies().get(220).id()).then().statusCode(303);
    ends("6 days");
    mailbox.clear();
  }

  @AfterEach
  void forget() {
    broker.admin().delete("/agencies/" + agency);
    table.update("delete from notice");
  }

  private void settings(String address, int status) {
    broker
        .admin()
        .body(Map.of("name", "Letter \"&\" Sons", "contact", address))
        .put("/agencies/" + agency)
        .then()
        .statusCode(status);
  }

  private void ends(String in) {
    assertEquals(
        1,
        table.update(
            "update agency_grant set refresh_token_expires_at = clock_timestamp() + ?::interval"
                + " where agency_id = (select id from agency where slug = ?)",
            in,
            agency));
  }

  /** Others' agencies may be found as well: the tests share a database. */
  private void look() throws Exception {
    var _ = new Watch(dataSource, settings, clock, new SecureRandom(), publicUrl).look();
  }

  private long lettersToSend() {
    return table.count(
        "select count(*) from notice_delivery d join notice n on n.id = d.notice_id"
            + " where n.agency = ?",
        agency);
  }

  private void deliver(Mailer with) throws Exception {
    Mails mails = new Mails(with, publicUrl);
    new Deliveries(
            outbox,
            settings,
            Map.of(Channel.CONTACT, claim -> Deliveries.sendLetter(claim, mails, letters)),
            new NoticeMetrics(outbox, settings, new SimpleMeterRegistry()),
            event -> {},
            new SecureRandom())
        .deliver();
  }

  private void dueAgain() {
    table.update(
        "update notice_delivery set next_attempt_at = clock_timestamp() where delivered_at is null");
  }

  private List<String> invitations() {
    return broker
        .admin()
        .get("/agencies/" + agency + "/invitations")
        .then()
        .statusCode(200)
        .extract()
        .path("items.state");
  }

  private static String link(Mail letter) {
    Matcher link = LINK.matcher(letter.getText());
    assertTrue(link.find(), letter::getText);
    return link.group();
  }

  @Test
  void aLetterBringsAnInvitationThatWorks() throws Exception {
    look();
    look();
    assertEquals(1, lettersToSend());
    deliver(mailer);
    deliver(mailer);

    List<Mail> received = mailbox.getMailsSentTo(contact);
    assertEquals(1, received.size());
    assertThat(received.getFirst().getSubject(), containsString("Letter \"&\" Sons"));
    assertEquals(List.of("open"), invitations());
    broker
        .anonymous()
        .get(link(received.getFirst()))
        .then()
        .statusCode(200)
        .body(containsString("Letter &quot;&amp;&quot; Sons"));
    broker
        .admin()
        .get("/agencies/" + agency + "/invitations")
        .then()
        .body("items[0].created_by", equalTo("the broker"));
  }

  @Test
  void theLinkIsStoredNowhere() throws Exception {
    look();
    deliver(mailer);

    String secret = link(mailbox.getMailsSentTo(contact).getFirst()).replaceFirst(".*/", "");

    for (String row :
        List.of(
            "select string_agg(n::text, ' ') from notice n",
            "select string_agg(d::text, ' ') from notice_delivery d",
            "select string_agg(i::text, ' ') from invitation i")) {
      assertThat(table.text(row), not(containsString(secret)));
    }
  }

  @Test
  void theInvitationOfALetterThatWasNotTakenIsTakenBack() throws Exception {
    look();
    deliver(
        mail -> {
          throw new IllegalStateException("550");
        });
    assertEquals(List.of("revoked"), invitations());

    dueAgain();
    deliver(mailer);

    assertEquals(1, mailbox.getMailsSentTo(contact).size());
    assertEquals(2, invitations().size());
    assertTrue(invitations().containsAll(List.of("open", "revoked")), invitations()::toString);
  }

  @Test
  void theInvitationOfAReplicaThatWasLostIsTakenBackByTheNextOne() throws Exception {
    look();
    Outbox.Claimed claim =
        outbox.claim(EnumSet.of(Channel.CONTACT), 100).stream()
            .filter(one -> agency.equals(one.agency()))
            .findFirst()
            .orElseThrow();
    assertTrue(letters.write(claim, Deliveries.data(claim)).isPresent());
    assertEquals(List.of("open"), invitations());

    dueAgain();
    deliver(mailer);

    assertEquals(2, invitations().size());
    assertTrue(invitations().containsAll(List.of("open", "revoked")), invitations()::toString);
  }

  @Test
  void whoHasConsentedAgainMeanwhileGetsNoLetter() throws Exception {
    look();
    ends("364 days");

    deliver(mailer);

    assertEquals(List.of(), mailbox.getMailsSentTo(contact));
    assertEquals(List.of(), invitations());
    assertEquals(0, lettersToSend());
  }

  @Test
  void aContactThatIsNoAddressGetsNoLetter() throws Exception {
    settings("Chief <" + contact + ">, room 2", 200);

    look();
    deliver(mailer);

    assertEquals(List.of(), mailbox.getMailsSentTo(contact));
    assertEquals(List.of(), invitations());
  }
}
