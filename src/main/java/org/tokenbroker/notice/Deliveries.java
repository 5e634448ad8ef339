package org.tokenbroker.notice;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;

/**
 * Sends what the outbox holds: claim, send, settle. No transaction and no connection is held while
 * something is sent.
 */
@Singleton
class Deliveries {

  private static final Logger LOG = Logger.getLogger(Deliveries.class);

  /** How many are claimed, and sent beside each other, at a time. */
  private static final int BATCH = 16;

  /** A process that stood still for so long since it claimed must not send: another may by now. */
  private static final Duration CLAIM_MAY_BE_OLD = Outbox.CLAIM.dividedBy(2);

  /** At the end, before whatever this still needs, and after the refreshes, which cannot wait. */
  private static final int AFTER_REFRESHES = 2;

  /** For so long what is being sent is waited for at the end. */
  private static final Duration ENDING = Webhook.DEADLINE;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** One way of sending; blocks until it is known what came of it. */
  @FunctionalInterface
  interface Sender {
    Attempt send(Outbox.Claimed claim) throws InterruptedException;
  }

  private final Outbox outbox;
  private final NoticeSettings settings;
  private final Map<Channel, Sender> senders;
  private final NoticeMetrics metrics;
  private final Consumer<AuditEvent> audit;
  private final SecureRandom random;
  private final Semaphore sending = new Semaphore(1);
  private volatile boolean ending;

  @Inject
  Deliveries(
      Outbox outbox,
      NoticeSettings settings,
      Webhook webhook,
      Mails mails,
      Letters letters,
      NoticeMetrics metrics,
      AuditLog audit,
      DatabaseClock clock,
      SecureRandom random) {
    this(
        outbox,
        settings,
        Map.of(
            Channel.WEBHOOK, webhook::send,
            Channel.MAIL, claim -> sendMail(claim, mails, settings, clock),
            Channel.CONTACT, claim -> sendLetter(claim, mails, letters)),
        metrics,
        audit::note,
        random);
  }

  Deliveries(
      Outbox outbox,
      NoticeSettings settings,
      Map<Channel, Sender> senders,
      NoticeMetrics metrics,
      Consumer<AuditEvent> audit,
      SecureRandom random) {
    this.outbox = outbox;
    this.settings = settings;
    this.senders = Map.copyOf(senders);
    this.metrics = metrics;
    this.audit = audit;
    this.random = random;
  }

  /**
   * Ends: claims nothing any more, and waits for what is being sent. Otherwise it would be sent
   * once more, by another replica.
   */
  void end(@Observes @Priority(AFTER_REFRESHES) ShutdownEvent event) throws InterruptedException {
    ending = true;
    var _ = sending.tryAcquire(ENDING.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Sends all that is due now, and returns when what came of it is settled. */
  void deliver() throws SQLException, InterruptedException {
    if (settings.channels().isEmpty()) {
      return;
    }
    sending.acquire();
    try {
      deliverAll();
    } finally {
      sending.release();
    }
  }

  private void deliverAll() throws SQLException, InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      while (!ending) {
        long claimedAt = System.nanoTime();
        List<Outbox.Claimed> batch = outbox.claim(settings.channels(), BATCH);
        if (batch.isEmpty()) {
          return;
        }
        List<Future<?>> sent =
            batch.stream()
                .<Future<?>>map(
                    claim ->
                        threads.submit(
                            () -> {
                              deliver(claim, claimedAt);
                              return null;
                            }))
                .toList();
        for (Future<?> one : sent) {
          await(one);
        }
      }
    }
  }

  private static void await(Future<?> sent) throws SQLException, InterruptedException {
    try {
      sent.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException failure) {
        throw failure;
      }
      throw new IllegalStateException("delivering a notice failed in a way that is a bug", e);
    }
  }

  private void deliver(Outbox.Claimed claim, long claimedAt)
      throws SQLException, InterruptedException {
    if (System.nanoTime() - claimedAt > CLAIM_MAY_BE_OLD.toNanos()) {
      return;
    }
    Sender sender = senders.get(claim.channel());
    if (sender != null) {
      settle(claim, sender.send(claim));
    }
  }

  static Attempt sendMail(
      Outbox.Claimed claim, Mails mails, NoticeSettings settings, InstantSource clock) {
    return mails.send(
        claim.notice().toString(),
        settings.recipients(),
        NoticeText.of(claim.kind(), data(claim), clock.instant()));
  }

  static Attempt sendLetter(Outbox.Claimed claim, Mails mails, Letters letters) {
    JsonNode data = data(claim);
    Optional<Letters.Letter> letter = letters.write(claim, data);
    if (letter.isEmpty()) {
      return new Attempt.Outdated();
    }
    // Each attempt's link is another one, and so is its letter.
    String id = claim.notice() + "." + claim.attempt();
    Attempt attempt = mails.send(id, List.of(letter.get().to()), letter.get().text());
    if (!(attempt instanceof Attempt.Delivered)) {
      letters.takeBack(data.path("agency").asText(), letter.get().invitation());
    }
    return attempt;
  }

  static JsonNode data(Outbox.Claimed claim) {
    try {
      return JSON.readTree(claim.body()).path("data");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a notice is no JSON", e);
    }
  }

  private void settle(Outbox.Claimed claim, Attempt attempt) throws SQLException {
    switch (attempt) {
      case Attempt.Delivered() -> {
        if (outbox.delivered(claim)) {
          metrics.delivered(claim.channel());
          note(claim, Kind.NOTICE_DELIVERED, null);
        }
      }
      case Attempt.Refused(String error) -> giveUp(claim, error);
      case Attempt.Outdated() -> outbox.outdated(claim);
      case Attempt.Failed(String error, Duration retryAfter) -> {
        Optional<Duration> pause = RetrySchedule.pauseAfter(claim.attempt(), retryAfter, random);
        if (pause.isEmpty()) {
          giveUp(claim, error);
        } else if (outbox.failed(claim, error, pause.get())) {
          metrics.failed(claim.channel());
        }
      }
    }
  }

  private void giveUp(Outbox.Claimed claim, String error) throws SQLException {
    if (outbox.givenUp(claim, error)) {
      metrics.givenUp(claim.channel(), 1);
      LOG.errorf(
          "Notice %s (%s) cannot be delivered by %s and is given up: %s",
          claim.notice(), claim.kind(), claim.channel(), error);
      note(claim, Kind.NOTICE_GIVEN_UP, error);
    }
  }

  private void note(Outbox.Claimed claim, Kind kind, @Nullable String error) {
    AuditEvent event =
        AuditEvent.of(kind).with(Detail.KIND, claim.kind()).with(Detail.CHANNEL, claim.channel());
    if (claim.agency() != null) {
      event = event.agency(claim.agency());
    }
    audit.accept(error == null ? event : event.with(Detail.ERROR, error));
  }
}
