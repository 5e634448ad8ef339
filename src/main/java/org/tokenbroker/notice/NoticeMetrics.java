package org.tokenbroker.notice;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * What becomes of notices: counted by each replica for itself. What still waits is asked of the
 * database, so that every replica says the same; while it does not answer that is not a number.
 */
@Startup
@Singleton
class NoticeMetrics {

  private enum Outcome {
    DELIVERED,
    /** It is tried again. */
    FAILED,
    GIVEN_UP
  }

  private final Outbox outbox;
  private final NoticeSettings settings;
  private final MeterRegistry registry;
  private final Map<Channel, Outbox.Waiting> waiting = new EnumMap<>(Channel.class);
  private boolean known;

  NoticeMetrics(Outbox outbox, NoticeSettings settings, MeterRegistry registry) {
    this.outbox = outbox;
    this.settings = settings;
    this.registry = registry;
    for (Channel channel : Channel.values()) {
      for (Outcome outcome : Outcome.values()) {
        var _ = counter(channel, outcome); // there from the start, at zero
      }
      Gauge.builder("token.broker.notices.waiting", this, all -> all.count(channel))
          .description("Notices that are still to be delivered")
          .tag("channel", channel.toString())
          .register(registry);
      Gauge.builder("token.broker.notices.oldest", this, all -> all.age(channel))
          .baseUnit("seconds")
          .description(
              "How long the first of the notices that are still to be delivered has waited")
          .tag("channel", channel.toString())
          .register(registry);
    }
  }

  void delivered(Channel channel) {
    count(channel, Outcome.DELIVERED, 1);
  }

  void failed(Channel channel) {
    count(channel, Outcome.FAILED, 1);
  }

  void givenUp(Channel channel, int count) {
    count(channel, Outcome.GIVEN_UP, count);
  }

  private void count(Channel channel, Outcome outcome, int count) {
    counter(channel, outcome).increment(count);
  }

  private Counter counter(Channel channel, Outcome outcome) {
    return Counter.builder("token.broker.notices")
        .description("Attempts to deliver a notice, by what came of them")
        .tag("channel", channel.toString())
        .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  /** Asks the database what waits. */
  void look() throws SQLException {
    try {
      Map<Channel, Outbox.Waiting> found =
          settings.channels().isEmpty() ? Map.of() : outbox.waiting(settings.channels());
      set(true, found);
    } catch (SQLException e) {
      set(false, Map.of());
      throw e;
    }
  }

  private synchronized void set(boolean isKnown, Map<Channel, Outbox.Waiting> found) {
    known = isKnown;
    waiting.clear();
    waiting.putAll(found);
  }

  private synchronized double count(Channel channel) {
    return known ? waiting.getOrDefault(channel, Outbox.Waiting.NOTHING).count() : Double.NaN;
  }

  private synchronized double age(Channel channel) {
    return known
        ? waiting.getOrDefault(channel, Outbox.Waiting.NOTHING).age().toSeconds()
        : Double.NaN;
  }
}
