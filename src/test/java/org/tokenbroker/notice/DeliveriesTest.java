package org.tokenbroker.notice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.mailer.Mail;
import io.quarkus.mailer.Mailer;
import java.net.URI;
import java.security.SecureRandom;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.testing.DatabaseTime;
import org.tokenbroker.testing.FreePort;
import org.tokenbroker.testing.MigratedDatabase;
import org.tokenbroker.testing.WebhookReceiver;
import org.tokenbroker.testing.WebhookReceiver.Received;

/** How notices reach those whom they are for, and what happens where they do not. */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class DeliveriesTest {

  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  private static final URI PUBLIC_URL = URI.create("https://broker.example.com");
  private static final String BODY =
      """
      {"type":"consent_gone","timestamp":"2026-11-24T12:00:00Z","data":{"agency":"springfield-fd",\
      "name":"Springfield FD","console":"https://broker.example.com/console/agencies/springfield-fd",\
      "error":"invalid_grant","access_token_expires_at":"2026-11-25T12:00:00Z"}}""";

  @RegisterExtension static final MigratedDatabase database = new MigratedDatabase();

  private final WebhookReceiver receiver = WebhookReceiver.start();
  private final Map<String, String> secrets = new HashMap<>();
  private final List<Mail> mails = new CopyOnWriteArrayList<>();
  private final List<AuditEvent> audit = new CopyOnWriteArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Webhook> webhooks = new ArrayList<>();
  private DatabaseTime time;
  private Outbox outbox;

  @BeforeEach
  void anEmptyOutbox() throws Exception {
    database.database().execute("truncate notice cascade");
    time = DatabaseTime.of(database.database(), NOW);
    outbox = new Outbox(time.dataSource());
    secrets.put(NoticeSettings.WEBHOOK, receiver.address().toString());
    secrets.put(NoticeSettings.WEBHOOK_SECRET, WebhookReceiver.SECRET);
  }

  @AfterEach
  void stop() {
    webhooks.forEach(Webhook::close);
    receiver.close();
  }

  private NoticeSettings settings(List<String> recipients) {
    return new NoticeSettings(
        property -> Optional.ofNullable(secrets.get(property)).map(Secret::of),
        EnumSet.allOf(NoticeKind.class),
        recipients,
        false);
  }

  private Deliveries replica() {
    return replica(settings(List.of()), (Mail... sent) -> mails.addAll(List.of(sent)));
  }

  private Deliveries replica(NoticeSettings settings, Mailer mailer) {
    Webhook webhook = new Webhook(settings, time::now);
    webhooks.add(webhook);
    Mails post = new Mails(mailer, PUBLIC_URL);
    return new Deliveries(
        outbox,
        settings,
        Map.of(
            Channel.WEBHOOK,
            webhook::send,
            Channel.MAIL,
            claim -> Deliveries.sendMail(claim, post, settings, time::now)),
        new NoticeMetrics(outbox, settings, registry),
        audit::add,
        new SecureRandom());
  }

  private UUID notice(Set<Channel> channels) throws Exception {
    UUID id = UUID.randomUUID();
    try (Connection connection = time.dataSource().getConnection()) {
      Outbox.add(
          connection,
          new Outbox.Entry(id, NoticeKind.CONSENT_GONE, "springfield-fd", false, BODY),
          channels);
    }
    return id;
  }

  private UUID webhookNotice() throws Exception {
    return notice(Set.of(Channel.WEBHOOK));
  }

  private double counted(String channel, String outcome) {
    return registry
        .get("token.broker.notices")
        .tag("channel", channel)
        .tag("outcome", outcome)
        .counter()
        .count();
  }

  private long rows(String condition) throws Exception {
    return database.database().number("select count(*) from notice_delivery where " + condition);
  }

  @Test
  void aWebhookIsSignedAndSentOnce() throws Exception {
    UUID id = webhookNotice();
    Deliveries replica = replica();

    replica.deliver();
    time.pass(Duration.ofDays(1));
    replica.deliver();

    assertEquals(1, receiver.received().size());
    Received received = receiver.received().getFirst();
    assertEquals(id.toString(), received.id());
    assertEquals(Long.toString(NOW.getEpochSecond()), received.timestamp());
    assertEquals("application/json", received.contentType());
    assertEquals(BODY, received.body());
    assertTrue(received.isSignedWith(WebhookReceiver.SECRET));
    assertEquals(1, rows("delivered_at is not null"));
    assertEquals(1, counted("webhook", "delivered"));
    assertEquals(AuditEvent.Kind.NOTICE_DELIVERED, audit.getFirst().kind());
    assertEquals("springfield-fd", audit.getFirst().agency());
    assertEquals(Map.of("kind", "consent_gone", "channel", "webhook"), audit.getFirst().details());
  }

  @Test
  void whileTheSecretIsChangedEitherWillDo() throws Exception {
    String next = "whsec_" + Base64.getEncoder().encodeToString(new byte[32]);
    secrets.put(NoticeSettings.WEBHOOK_SECRET_NEXT, next);
    webhookNotice();

    replica().deliver();

    Received received = receiver.received().getFirst();
    assertTrue(received.isSignedWith(WebhookReceiver.SECRET));
    assertTrue(received.isSignedWith(next));
  }

  @Test
  void whatFailsIsSentAgainUnderTheSameIdWithASignatureOfItsOwn() throws Exception {
    receiver.answerOnce(500, Map.of());
    webhookNotice();
    Deliveries replica = replica();

    replica.deliver();
    replica.deliver();
    assertEquals(1, receiver.received().size(), "not at once");
    assertEquals(1, rows("last_error = 'http_500' and delivered_at is null"));
    time.pass(Duration.ofSeconds(7));
    replica.deliver();

    List<Received> received = receiver.received();
    assertEquals(2, received.size());
    assertEquals(received.getFirst().id(), received.getLast().id());
    assertEquals(received.getFirst().body(), received.getLast().body());
    assertEquals(Long.toString(NOW.getEpochSecond() + 7), received.getLast().timestamp());
    assertTrue(received.getLast().isSignedWith(WebhookReceiver.SECRET));
    assertEquals(1, counted("webhook", "failed"));
    assertEquals(1, counted("webhook", "delivered"));
    assertEquals(1, rows("delivered_at is not null and last_error is null"));
  }

  @Test
  void aReceiverThatWantsToBeLeftAloneIs() throws Exception {
    receiver.answerOnce(429, Map.of("Retry-After", "3600"));
    webhookNotice();
    Deliveries replica = replica();
    replica.deliver();

    time.pass(Duration.ofMinutes(59));
    replica.deliver();
    assertEquals(1, receiver.received().size());
    time.pass(Duration.ofMinutes(2));
    replica.deliver();

    assertEquals(2, receiver.received().size());
  }

  @Test
  void whatIsGoneIsGivenUpAtOnce() throws Exception {
    receiver.answerOnce(410, Map.of());
    webhookNotice();
    Deliveries replica = replica();

    replica.deliver();
    time.pass(Duration.ofDays(2));
    replica.deliver();

    assertEquals(1, receiver.received().size());
    assertEquals(1, rows("given_up_at is not null and last_error = 'http_410'"));
    assertEquals(1, counted("webhook", "given_up"));
    assertEquals(AuditEvent.Kind.NOTICE_GIVEN_UP, audit.getFirst().kind());
    assertEquals("http_410", audit.getFirst().details().get("error"));
  }

  @Test
  void aRedirectIsNotFollowed() throws Exception {
    receiver.answerOnce(307, Map.of("Location", receiver.address().toString()));
    webhookNotice();

    replica().deliver();

    assertEquals(1, receiver.received().size());
    assertEquals(1, rows("last_error = 'http_307'"));
  }

  @Test
  void whatNobodyTakesForDaysIsGivenUp() throws Exception {
    secrets.put(NoticeSettings.WEBHOOK, "http://127.0.0.1:" + FreePort.find() + "/hook");
    webhookNotice();
    Deliveries replica = replica();

    for (int attempt = 0; attempt < 20; attempt++) {
      replica.deliver();
      time.pass(Duration.ofHours(29));
    }

    assertEquals(
        1, rows("given_up_at is not null and last_error = 'unreachable' and attempts = 11"));
    assertEquals(10, counted("webhook", "failed"));
    assertEquals(1, counted("webhook", "given_up"));
  }

  @Test
  void manyReplicasAtOnceSendEachOnce() throws Exception {
    int notices = 30;
    for (int number = 0; number < notices; number++) {
      webhookNotice();
    }
    List<Deliveries> replicas = new ArrayList<>();
    for (int replica = 0; replica < 3; replica++) {
      replicas.add(replica());
    }

    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> work = new ArrayList<>();
      for (Deliveries replica : replicas) {
        work.add(
            threads.submit(
                () -> {
                  replica.deliver();
                  return null;
                }));
      }
      for (Future<?> one : work) {
        one.get();
      }
    }

    assertEquals(notices, receiver.received().size());
    assertEquals(
        notices, receiver.received().stream().map(Received::id).collect(Collectors.toSet()).size());
    assertEquals(notices, rows("delivered_at is not null and attempts = 1"));
  }

  @Test
  void whatALostReplicaHadClaimedIsSentByAnother() throws Exception {
    webhookNotice();
    List<Outbox.Claimed> lost = outbox.claim(EnumSet.of(Channel.WEBHOOK), 10);
    Deliveries replica = replica();

    replica.deliver();
    assertEquals(List.of(), receiver.received(), "while the claim holds");
    time.pass(Outbox.CLAIM.plusSeconds(1));
    replica.deliver();

    assertEquals(1, receiver.received().size());
    assertTrue(!outbox.failed(lost.getFirst(), "timeout", Duration.ZERO), "it comes too late");
    assertEquals(1, rows("delivered_at is not null and last_error is null"));
  }

  @Test
  void whatIsNotConfiguredWaits() throws Exception {
    notice(Set.of(Channel.WEBHOOK, Channel.MAIL));

    replica().deliver();

    assertEquals(1, receiver.received().size());
    assertEquals(1, rows("channel = 'mail' and attempts = 0"));
  }

  @Test
  void whatANewerReleaseHasMadeIsLeftToIt() throws Exception {
    webhookNotice();
    database.database().execute("update notice set kind = 'kind_of_the_next_release'");
    webhookNotice();

    replica().deliver();

    assertEquals(1, receiver.received().size());
    assertEquals(1, rows("attempts = 0 and delivered_at is null"));
  }

  @Test
  void aMailSaysItInWords() throws Exception {
    UUID id = notice(Set.of(Channel.MAIL));

    replica(
            settings(List.of("a@example.com", "b@example.com")),
            sent -> mails.addAll(List.of(sent)))
        .deliver();

    assertEquals(1, mails.size());
    Mail mail = mails.getFirst();
    assertEquals(List.of("a@example.com", "b@example.com"), mail.getTo());
    assertEquals("Springfield FD: Active911 refuses the consent", mail.getSubject());
    assertTrue(
        mail.getText().contains("https://broker.example.com/console/agencies/springfield-fd"));
    assertEquals(List.of("<" + id + "@broker.example.com>"), mail.getHeaders().get("Message-ID"));
    assertEquals(List.of("auto-generated"), mail.getHeaders().get("Auto-Submitted"));
  }

  @Test
  void aMailThatIsNotTakenIsSentAgain() throws Exception {
    notice(Set.of(Channel.MAIL));
    ConcurrentLinkedQueue<RuntimeException> failures =
        new ConcurrentLinkedQueue<>(List.of(new IllegalStateException("550 <a@example.com>")));
    Deliveries replica =
        replica(
            settings(List.of("a@example.com")),
            sent -> {
              RuntimeException failure = failures.poll();
              if (failure != null) {
                throw failure;
              }
              mails.addAll(List.of(sent));
            });

    replica.deliver();
    assertEquals(1, rows("last_error = 'mail_refused'"));
    time.pass(Duration.ofSeconds(10));
    replica.deliver();

    assertEquals(1, mails.size());
  }

  @Test
  void whatWaitsIsCountedAndHowLongItDoes() throws Exception {
    receiver.answerOnce(503, Map.of());
    webhookNotice();
    replica().deliver();
    time.pass(Duration.ofMinutes(10));
    SimpleMeterRegistry ofAnother = new SimpleMeterRegistry();
    NoticeMetrics metrics = new NoticeMetrics(outbox, settings(List.of()), ofAnother);

    metrics.look();

    assertEquals(1, gauge(ofAnother, "waiting", "webhook"));
    assertEquals(600, gauge(ofAnother, "oldest", "webhook"));
    assertEquals(0, gauge(ofAnother, "waiting", "mail"));
    Outbox.Summary summary =
        outbox.summaries().getOrDefault(Channel.WEBHOOK, Outbox.Summary.NOTHING);
    assertEquals(1, summary.waiting());
    assertEquals(NOW, summary.oldest());
    assertEquals("http_503", summary.lastFailure());
  }

  private static double gauge(SimpleMeterRegistry registry, String name, String channel) {
    return registry.get("token.broker.notices." + name).tag("channel", channel).gauge().value();
  }

  @Test
  void whatIsOldIsForgotten() throws Exception {
    webhookNotice();
    replica().deliver();
    receiver.answerOnce(500, Map.of());
    webhookNotice();
    replica().deliver();
    time.pass(Duration.ofDays(7));

    assertEquals(Map.of(Channel.WEBHOOK, 1), outbox.tidy());
    assertEquals(1, rows("given_up_at is not null and last_error = 'http_500'"));
    time.pass(Duration.ofDays(30));
    assertEquals(Map.of(), outbox.tidy());

    assertEquals(0, database.database().number("select count(*) from notice"));
  }
}
