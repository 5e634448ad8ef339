package org.tokenbroker.proof;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * Callers that read tokens at a steady rate, whether the earlier reads are answered or not, and
 * admins and callers who have some refreshed. Judges every answer.
 */
final class Load implements AutoCloseable {

  private static final InstantSource CLOCK = InstantSource.system();

  /** Of so many answers one is tried at Active911. */
  private static final int TRIED = 5;

  private static final int TOO_MANY_REQUESTS = 429;

  /** Clocks are read at different moments. */
  private static final Duration MARGIN = Duration.ofSeconds(1);

  private final Fleet fleet;
  private final List<Subject> subjects;
  private final Supplier<List<Replica>> inService;
  private final SplittableRandom random;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** By replica, how many calls; guarded by this. */
  private final Map<Replica, Integer> underWay = new HashMap<>();

  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong refreshes = new AtomicLong();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final Queue<String> expired = new ConcurrentLinkedQueue<>();
  private final Queue<String> refused = new ConcurrentLinkedQueue<>();
  private final Queue<String> withheld = new ConcurrentLinkedQueue<>();
  private final Map<String, LongAdder> reasons = new ConcurrentHashMap<>();

  /** Until when the token lives that a replica has answered, and so has in its memory. */
  private final Map<Held, Instant> held = new ConcurrentHashMap<>();

  private record Held(Replica replica, Subject subject) {}

  /**
   * Load that is not under way yet.
   *
   * @param inService the replicas that may be asked now, at least one
   */
  Load(
      Fleet fleet,
      List<Subject> subjects,
      Supplier<List<Replica>> inService,
      SplittableRandom random) {
    this.fleet = fleet;
    this.subjects = subjects;
    this.inService = inService;
    this.random = random;
  }

  /** Reads so many tokens a second from now on. */
  Load reading(int perSecond) {
    every(perSecond, this::read);
    return this;
  }

  /** Has so many tokens a second refreshed from now on, by admins and by callers in turn. */
  Load forcing(int perSecond) {
    every(perSecond, this::force);
    return this;
  }

  private void every(int perSecond, Runnable action) {
    long nanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
    var _ =
        clock.scheduleAtFixedRate(() -> threads.execute(action), 0, nanos, TimeUnit.NANOSECONDS);
  }

  private synchronized Subject one() {
    return subjects.get(random.nextInt(subjects.size()));
  }

  /** Chooses a replica for a call, which counts as under way there until it is {@link #leave}d. */
  private synchronized Replica enter() {
    List<Replica> choice = inService.get();
    Replica replica = choice.get(random.nextInt(choice.size()));
    underWay.merge(replica, 1, Integer::sum);
    return replica;
  }

  private synchronized void leave(Replica replica) {
    underWay.merge(replica, -1, Integer::sum);
  }

  /** Whether no call is under way at a replica: of one out of service, none will be any more. */
  synchronized boolean isDone(Replica replica) {
    return underWay.getOrDefault(replica, 0) == 0;
  }

  private void read() {
    Replica replica = enter();
    try {
      read(replica, one());
    } finally {
      leave(replica);
    }
  }

  private void read(Replica replica, Subject subject) {
    Held memory = new Held(replica, subject);
    Instant heldUntil = held.getOrDefault(memory, Instant.EPOCH);
    Read read = fleet.read(replica, subject);
    long number = reads.incrementAndGet();
    if (!read.isOk()) {
      failures.add(subject.slug() + ": " + read.describe());
      reasons.computeIfAbsent(read.describe(), reason -> new LongAdder()).increment();
      // Without a status the process was killed or stopped under it.
      if (read.status() != 0 && CLOCK.instant().plus(MARGIN).isBefore(heldUntil)) {
        withheld.add("%s: %s until %s".formatted(subject.slug(), read.describe(), heldUntil));
      }
      return;
    }
    held.merge(memory, read.expiresAt(), (one, other) -> one.isAfter(other) ? one : other);
    if (read.isExpired()) {
      expired.add("%s: sent %s, %s".formatted(subject.slug(), read.sentAt(), read.expiresAt()));
    }
    if (number % TRIED == 0
        && !fleet.works(read.token())
        && CLOCK.instant().isBefore(read.expiresAt())) {
      refused.add(subject.slug());
    }
  }

  private void force() {
    Replica replica = enter();
    try {
      force(replica, one());
    } finally {
      leave(replica);
    }
  }

  private void force(Replica replica, Subject subject) {
    boolean byAdmin = refreshes.incrementAndGet() % 2 == 0;
    if (byAdmin) {
      int status = fleet.refresh(replica, subject);
      if (status != Read.OK) {
        failures.add("%s: refresh by an admin: %d".formatted(subject.slug(), status));
      }
    } else {
      Read held = fleet.read(replica, subject);
      Read replaced =
          fleet.calls().replaced(replica.origin(), fleet.callerKey(), subject.slug(), held.etag());
      if (!replaced.isOk() && replaced.status() != TOO_MANY_REQUESTS) {
        failures.add("%s: refresh by a caller: %s".formatted(subject.slug(), replaced.describe()));
      }
    }
  }

  /** Lets it go on for so long, and returns when everything that was asked is answered. */
  Load lasting(Duration time) throws InterruptedException {
    CountDownLatch over = new CountDownLatch(1);
    var _ = clock.schedule(over::countDown, time.toMillis(), TimeUnit.MILLISECONDS);
    over.await();
    close();
    return this;
  }

  long reads() {
    return reads.get();
  }

  /** Calls that were not answered as they should have been. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  /** Answers whose token had expired before it was asked for. */
  List<String> expired() {
    return List.copyOf(expired);
  }

  /** Answers whose token Active911 refused although it had not expired. */
  List<String> refused() {
    return List.copyOf(refused);
  }

  /**
   * Answers without a token although the same replica had answered one before that had not expired.
   */
  List<String> withheld() {
    return List.copyOf(withheld);
  }

  /** What reads were answered instead of a token, and how many. */
  Map<String, LongAdder> reasons() {
    return reasons;
  }

  @Override
  public void close() {
    clock.close();
    threads.close();
  }
}
