package org.tokenbroker.handout;

import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.tokenbroker.active911.Active911Config;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.PreparedClock;
import org.tokenbroker.agency.PreparedGrants;
import org.tokenbroker.handout.HandoutMetrics.Source;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestKeyset;

/** What a read does with 1,000 agencies in memory, read from a database, and with its metrics. */
@NullUnmarked // what a read does not touch is not there; the rest is filled before it is measured
@State(Scope.Thread)
public class HandoutPieces {

  private static final int AGENCIES = 1_000;
  private static final Duration DAY = Duration.ofDays(1);

  private final List<String> agencies = new ArrayList<>();

  @SuppressWarnings("deprecation") // it is the one that the broker has
  private final HandoutMetrics metrics =
      new HandoutMetrics(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));

  private Handouts handouts;
  private DatabaseClock clock;
  private Handout held;
  private String same;
  private int next;

  /** Fills memory from a database of its own. */
  @Setup
  public void fill() {
    TestDatabase database = TestDatabase.create().migrated();
    clock = PreparedClock.of(database.dataSource());
    PreparedGrants prepared = new PreparedGrants(database.dataSource(), TestKeyset.create());
    Instant now = clock.instant();
    for (int i = 0; i < AGENCIES; i++) {
      agencies.add("agency-" + i);
      prepared.connect(
          agencies.get(i),
          new Active911Agency(Integer.toString(i), "Agency " + i),
          new TokenSet(
              Secret.of("access-token-" + i + "-0123456789abcdefghijklmnop"),
              now.plus(DAY),
              Secret.of("refresh-token-" + i),
              now.plus(DAY.multipliedBy(365)),
              org.tokenbroker.oauth.Scope.parse("read_agency")),
          now,
          now.plus(DAY));
    }
    TokenCache cache = new TokenCache(prepared.grants(), 2 * AGENCIES);
    cache.fill();
    CacheFeed feed = new CacheFeed(prepared.grants(), cache, null, null, DAY);
    handouts = new Handouts(cache, feed, null, clock, active911());
    held = handouts.heldAt(now, agencies.getFirst(), 60);
    same = new String(held.etag().toCharArray()); // a header is another object
  }

  private static Active911Config active911() {
    return new SmallRyeConfigBuilder()
        .withMapping(Active911Config.class)
        .withDefaultValue("active911.client-id", "client")
        .withDefaultValue("active911.client-secret", "never used, and no secret")
        .withDefaultValue("active911.timeout", "PT10S") // 10s is how Quarkus reads it
        .build()
        .getConfigMapping(Active911Config.class);
  }

  /** The database's time, without asking it. */
  @Benchmark
  public Object databaseTime() {
    return handouts.now();
  }

  /** Looks an agency's token up and finds it good for long enough and not due. */
  @Benchmark
  public Object findToken() {
    next = next + 1 == AGENCIES ? 0 : next + 1;
    return handouts.heldAt(handouts.now(), agencies.get(next), 60);
  }

  /** The body of an answer. */
  @Benchmark
  public Object assembleBody() {
    return held.body(81_234);
  }

  /** Whether the caller's ETag is this token's, as for an answer 304. */
  @Benchmark
  public boolean compareTag() {
    return held.etag().equals(same);
  }

  /** The same where several tags may be sent: their form first. */
  @Benchmark
  public boolean compareTagList() {
    EntityTags.validate("If-None-Match", same);
    return EntityTags.contains(same, held.etag());
  }

  /** What a read that was answered leaves behind. */
  @Benchmark
  public void measure() {
    metrics.lives(81_234, 60);
    metrics.answered(Source.MEMORY, System.nanoTime());
  }
}
