package org.tokenbroker.refresh;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.GrantModel;
import org.tokenbroker.agency.GrantModel.Claimed;
import org.tokenbroker.agency.GrantModel.Held;
import org.tokenbroker.agency.Grants;

/**
 * The refresh protocol of one agency as a machine of states and steps: two replicas, the row, the
 * journals, Active911, an admin. Every step is one thing that happens at once: a statement, a
 * request that Active911 processes, a file that reaches the disk, the death of a process, a moment
 * that passes. In every state all steps that are possible at all are tried.
 *
 * <p>Time is counted in moments of {@value #MOMENT_SECONDS} s. A call has at most two of them, a
 * lease lasts two and a grace period three, as by default. A process that neither died nor was held
 * up has done with its call before its lease ends; one that is {@linkplain Replica#late late} may
 * do anything at any time. An answer that has been read may wait for the journal and the database
 * for ever: the database is away.
 *
 * <p>Left out, since it adds no behaviour: when a refresh is due (here always, so that a refresh on
 * request is none of its own), the access token (which may always be about to expire, so that a
 * silent rival is given no more time than his lease), backoff, rate and breaker, and that
 * acknowledgements of the database are lost (the process dies before the next step instead). Of the
 * requests whose caller has given up, one at most is still to be processed.
 */
@NullMarked
final class ProtocolModel {

  static final int MOMENT_SECONDS = 30;

  /** What a call may take, in moments. */
  static final int CALL = 2;

  /** What has become of whom; times count from now, which is always 0. */
  enum Phase {
    /** The process is dead; its journal may hold an answer. */
    DOWN,
    IDLE,
    /** The lease is won and committed; nothing was sent yet. */
    CLAIMED,
    /** The request is under way. */
    CALLED,
    /** Active911 has issued a token; the reply is on its way. */
    ISSUED,
    /** Active911 has refused the token; the reply is on its way. */
    REJECTED,
    /** The new token is in memory, and nowhere else. */
    ANSWERED,
    /** The new token is in the journal and waits to be stored. */
    JOURNALED,
    /** The database has answered; the journal still holds the token. */
    SETTLED,
    /** The refusal was read, and is to count. */
    REFUSED,
    /** The refusal did not count at once: somebody else's answer may have to be waited for. */
    OPPOSED,
    /** No answer came. */
    FAILED
  }

  /** How Active911 may handle refresh tokens. */
  enum Rotation {
    /** A refresh token is good for ever; replies hold it, or none. */
    NEVER,
    /** Each reply holds another one, and the one before is dead. */
    AT_ONCE,
    /** Each reply holds another one, and the one before dies when that is first presented. */
    ON_USE,
    /** Like {@link #ON_USE}, but only the last of several that were issued for one is live. */
    LAST_ON_USE,
    /** Now like {@link #NEVER}, now like {@link #AT_ONCE}. */
    SOMETIMES
  }

  /**
   * One of the two processes.
   *
   * @param lease under which it works
   * @param token the refresh token that it was answered with
   * @param late whether it was held up for longer than its lease allows for
   * @param overRival whether an answer for the same token was unsettled when it won the lease
   */
  record Replica(Phase phase, @Nullable Held lease, int token, boolean late, boolean overRival) {

    static final Replica IDLE = new Replica(Phase.IDLE, null, 0, false, false);

    Replica to(Phase next) {
      return new Replica(next, lease, token, late, overRival);
    }

    Replica answered(Phase next, int answer) {
      return new Replica(next, lease, answer, late, overRival);
    }

    Replica heldUp() {
      return new Replica(phase, lease, token, true, overRival);
    }

    Held held() {
      if (lease == null) {
        throw new IllegalStateException(phase + " without a lease");
      }
      return lease;
    }

    /** Whether its request is sent and it waits for the reply. */
    boolean isCalling() {
      return phase == Phase.CALLED || phase == Phase.ISSUED || phase == Phase.REJECTED;
    }

    /** Whether it holds a new token, or has one coming, or left it in its journal. */
    boolean hasToken() {
      return switch (phase) {
        case ISSUED, ANSWERED, JOURNALED, SETTLED -> true;
        case DOWN -> lease != null;
        case IDLE, CLAIMED, CALLED, REJECTED, REFUSED, OPPOSED, FAILED -> false;
      };
    }
  }

  /**
   * Active911's side.
   *
   * @param live which refresh tokens are, one bit each
   * @param parents for each token, four bits: which other one dies when it is first presented
   * @param abandoned the token of a request that nobody waits for and that was not processed yet
   */
  record Upstream(int live, long parents, int abandoned) {

    boolean isLive(int token) {
      return (live >> token & 1) != 0;
    }

    int parent(int token) {
      return (int) (parents >> (4 * token) & 15);
    }

    Upstream with(int newLive) {
      return new Upstream(newLive, parents, abandoned);
    }

    Upstream abandon(int token) {
      return new Upstream(live, parents, token);
    }
  }

  /**
   * Everything at one moment.
   *
   * @param row null once the agency is deleted
   */
  record World(@Nullable GrantModel row, Replica one, Replica two, Upstream upstream) {

    Replica replica(int which) {
      return which == 0 ? one : two;
    }

    World swapped() {
      return new World(row, /* one= */ two, /* two= */ one, upstream);
    }

    World with(int which, Replica replica) {
      return which == 0
          ? new World(row, replica, two, upstream)
          : new World(row, one, replica, upstream);
    }

    World with(@Nullable GrantModel newRow) {
      return new World(newRow, one, two, upstream);
    }

    World with(Upstream newUpstream) {
      return new World(row, one, two, newUpstream);
    }
  }

  /** How a step is to be judged. */
  enum Kind {
    /** It happens in the end, if it can: what a live system does. */
    FAIR,
    /** It may happen or not. */
    CHANCE,
    /** It may happen or not, and an answer that nobody else has may be lost by it. */
    LOSS
  }

  /** Something that happens. */
  record Step(String what, Kind kind, World after) {}

  /**
   * The statements as they run in production; the tests of the checker itself make some of them
   * wrong.
   */
  static class Statements {

    final long lease;
    final long grace;

    Statements() {
      this(2, GRACE);
    }

    Statements(long lease, long grace) {
      this.lease = lease;
      this.grace = grace;
    }

    Claimed claim(GrantModel row, boolean evenWithoutConsent) {
      return row.claim(
          0,
          row.generation(),
          new Grants.Terms(evenWithoutConsent, Duration.ZERO, false, true, true),
          OWNER,
          lease);
    }

    GrantModel settle(GrantModel row, Held held, int token) {
      return row.settle(held, token, 0, 0);
    }

    GrantModel consentGone(GrantModel row, Held held) {
      return row.consentGone(0, held, grace);
    }

    GrantModel awaitRival(GrantModel row, Held held) {
      return row.awaitRival(0, held, grace);
    }

    GrantModel giveUpRivals(GrantModel row) {
      return row.giveUpRivals(0);
    }

    GrantModel deferred(GrantModel row, Held held) {
      return row.deferred(0, held, "upstream_timeout", 0);
    }
  }

  /** How long an answer is waited for; what the protocol promises is measured by it. */
  static final int GRACE = 3;

  private static final String OWNER = "somebody";
  private static final int CONNECTION = 2;
  private static final int CURRENT = 10;
  private static final int OLDER = 9;

  private final Rotation rotation;
  private final boolean revokesOnReplay;
  private final Statements statements;
  private final boolean journals;

  /**
   * A protocol to explore.
   *
   * @param revokesOnReplay whether a dead token that is presented takes the whole consent with it
   * @param journals whether answers are journaled before they are stored
   */
  ProtocolModel(
      Rotation rotation, boolean revokesOnReplay, Statements statements, boolean journals) {
    this.rotation = rotation;
    this.revokesOnReplay = revokesOnReplay;
    this.statements = statements;
    this.journals = journals;
  }

  /** An agency just connected, and two idle replicas. */
  World start() {
    return canonical(
        new World(
            GrantModel.connected(CONNECTION, 1, 0, 0),
            Replica.IDLE,
            Replica.IDLE,
            new Upstream(1 << 1, 0, 0)));
  }

  /** All that can happen next. */
  List<Step> steps(World world) {
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      nextOf(i, world, steps);
      accidentsOf(i, world, steps);
    }
    passTime(world, steps);
    giveUp(world, steps);
    abandoned(world, steps);
    admin(world, steps);
    return steps;
  }

  /** What a replica does next: the decisions of Refresher, Settlement and RefreshSchedule. */
  private void nextOf(int i, World world, List<Step> steps) {
    Replica replica = world.replica(i);
    GrantModel row = world.row();
    switch (replica.phase()) {
      case DOWN -> {
        Phase next = replica.lease() == null ? Phase.IDLE : Phase.JOURNALED;
        fair(steps, i, "starts", world.with(i, replica.to(next)));
      }
      case IDLE -> {
        claim(i, world, false, steps);
        if (row != null && row.state() == ConnectionState.NEEDS_CONSENT) {
          claim(i, world, true, steps);
        }
      }
      case CLAIMED -> fair(steps, i, "calls", world.with(i, replica.to(Phase.CALLED)));
      case CALLED -> {
        for (Processed processed : process(world.upstream(), replica.held().refreshToken())) {
          Phase next = processed.refused() ? Phase.REJECTED : Phase.ISSUED;
          String what = processed.refused() ? "is refused" : "is issued a token";
          fair(
              steps,
              i,
              what + " upstream",
              world
                  .with(processed.after())
                  .with(i, replica.answered(next, processed.refused() ? 0 : processed.token())));
        }
      }
      case ISSUED -> fair(steps, i, "reads the answer", world.with(i, replica.to(Phase.ANSWERED)));
      case REJECTED ->
          fair(steps, i, "reads the refusal", world.with(i, replica.to(Phase.REFUSED)));
      case ANSWERED -> fair(steps, i, "journals", world.with(i, replica.to(Phase.JOURNALED)));
      case JOURNALED -> {
        GrantModel after =
            row == null ? null : statements.settle(row, replica.held(), replica.token());
        fair(
            steps,
            i,
            Objects.equals(row, after) ? "settles in vain" : "settles",
            world.with(after).with(i, replica.to(Phase.SETTLED)));
      }
      case SETTLED -> fair(steps, i, "clears its journal", world.with(i, Replica.IDLE));
      case REFUSED -> {
        GrantModel after = row == null ? null : statements.consentGone(row, replica.held());
        if (!Objects.equals(after, row)) {
          fair(steps, i, "has the refusal count", world.with(after).with(i, Replica.IDLE));
        } else {
          fair(steps, i, "cannot have the refusal count", world.with(i, replica.to(Phase.OPPOSED)));
        }
      }
      case OPPOSED -> {
        GrantModel after = row == null ? null : statements.awaitRival(row, replica.held());
        fair(
            steps,
            i,
            Objects.equals(after, row) ? "ignores the refusal" : "waits for the rival",
            world.with(after).with(i, Replica.IDLE));
      }
      case FAILED -> {
        GrantModel after = row == null ? null : statements.deferred(row, replica.held());
        fair(steps, i, "defers", world.with(after).with(i, Replica.IDLE));
      }
    }
  }

  private void claim(int i, World world, boolean byAdmin, List<Step> steps) {
    if (world.row() == null) {
      return;
    }
    Claimed claimed = statements.claim(world.row(), byAdmin);
    if (claimed.outcome() == GrantModel.Claim.WON) {
      steps.add(
          new Step(
              name(i) + (byAdmin ? " claims for an admin" : " claims"),
              byAdmin ? Kind.CHANCE : Kind.FAIR,
              world
                  .with(claimed.row())
                  .with(
                      i,
                      new Replica(
                          Phase.CLAIMED,
                          claimed.lease(),
                          0,
                          false,
                          claimed.row().rivalPresentedAt() != null))));
    }
  }

  /** What may befall a replica. */
  private void accidentsOf(int i, World world, List<Step> steps) {
    Replica replica = world.replica(i);
    Replica dead = new Replica(Phase.DOWN, null, 0, false, false);
    switch (replica.phase()) {
      case DOWN, IDLE -> {}
      case CALLED -> {
        hangUp(i, "dies", dead, world, steps);
        hangUp(i, "hears nothing", replica.to(Phase.FAILED), world, steps);
      }
      case ISSUED, REJECTED -> {
        steps.add(new Step(name(i) + " dies", Kind.LOSS, world.with(i, dead)));
        steps.add(
            new Step(
                name(i) + " hears nothing",
                Kind.LOSS,
                world.with(i, replica.answered(Phase.FAILED, 0))));
      }
      case ANSWERED -> steps.add(new Step(name(i) + " dies", Kind.LOSS, world.with(i, dead)));
      case JOURNALED, SETTLED ->
          steps.add(
              new Step(
                  name(i) + " dies",
                  Kind.CHANCE,
                  world.with(i, journals ? replica.to(Phase.DOWN) : dead)));
      case CLAIMED, REFUSED, OPPOSED, FAILED ->
          steps.add(new Step(name(i) + " dies", Kind.CHANCE, world.with(i, dead)));
    }
    if (!mayWait(replica) && !replica.late()) {
      steps.add(new Step(name(i) + " is held up", Kind.CHANCE, world.with(i, replica.heldUp())));
    }
  }

  /** The request stays behind: never to arrive, or to be processed later. */
  private static void hangUp(int i, String what, Replica after, World world, List<Step> steps) {
    World without = world.with(i, after);
    steps.add(new Step(name(i) + " " + what, Kind.CHANCE, without));
    int token = world.replica(i).held().refreshToken();
    if (world.upstream().abandoned() == 0 && token != 0) {
      steps.add(
          new Step(
              name(i) + " " + what + ", its request goes on",
              Kind.CHANCE,
              without.with(world.upstream().abandon(token))));
    }
  }

  /** Whether a moment may pass without this replica being late. */
  private static boolean mayWait(Replica replica) {
    return switch (replica.phase()) {
      case CLAIMED, CALLED, ISSUED, REJECTED -> replica.held().claimedAt() > 1 - CALL;
      case DOWN, IDLE, ANSWERED, JOURNALED, SETTLED, REFUSED, OPPOSED, FAILED -> true;
    };
  }

  private static void passTime(World world, List<Step> steps) {
    for (int i = 0; i < 2; i++) {
      if (!mayWait(world.replica(i)) && !world.replica(i).late()) {
        return;
      }
    }
    GrantModel row = world.row();
    if (row != null) {
      row =
          row.change()
              .nextRefreshAt(row.nextRefreshAt() - 1)
              .lease(row.leaseOwner(), earlier(row.leaseUntil()), row.leaseGeneration())
              .marker(row.presented(), earlier(row.presentedAt()), row.presentedBy())
              .rival(earlier(row.rivalPresentedAt()))
              .row();
    }
    steps.add(
        new Step(
            "a moment passes",
            Kind.FAIR,
            new World(row, older(world.one()), older(world.two()), world.upstream())));
  }

  private static @Nullable Long earlier(@Nullable Long time) {
    return time == null ? null : Long.valueOf(time - 1);
  }

  private static Replica older(Replica replica) {
    Held lease = replica.lease();
    return lease == null
        ? replica
        : new Replica(
            replica.phase(),
            at(lease, lease.claimedAt() - 1),
            replica.token(),
            replica.late(),
            replica.overRival());
  }

  private static Held at(Held lease, long claimedAt) {
    return new Held(
        lease.number(),
        lease.connection(),
        lease.refreshToken(),
        lease.generation(),
        claimedAt,
        lease.forced());
  }

  private void giveUp(World world, List<Step> steps) {
    GrantModel row = world.row();
    if (row == null || (world.one().phase() == Phase.DOWN && world.two().phase() == Phase.DOWN)) {
      return;
    }
    GrantModel after = statements.giveUpRivals(row);
    if (!after.equals(row)) {
      steps.add(new Step("the rival is given up", Kind.FAIR, world.with(after)));
    }
  }

  private void abandoned(World world, List<Step> steps) {
    int token = world.upstream().abandoned();
    if (token == 0) {
      return;
    }
    for (Processed processed : process(world.upstream().abandon(0), token)) {
      steps.add(
          new Step(
              "a request that nobody waits for is processed",
              Kind.LOSS,
              world.with(processed.after())));
    }
  }

  private static void admin(World world, List<Step> steps) {
    GrantModel row = world.row();
    if (row == null) {
      return;
    }
    int token = MOST_TOKENS - 1;
    // What is live of the consent before concerns nobody any more.
    steps.add(
        new Step(
            "the agency is connected anew",
            Kind.CHANCE,
            world
                .with(row.connect(row.connection() + 1, token, 0, 0))
                .with(new Upstream(1 << token, 0, 0))));
    steps.add(new Step("the agency is deleted", Kind.CHANCE, world.with((GrantModel) null)));
    if (world.upstream().live() != 0) {
      steps.add(
          new Step(
              "the consent is withdrawn at Active911",
              Kind.CHANCE,
              world.with(world.upstream().with(0))));
    }
  }

  /** What Active911 makes of a request. */
  private record Processed(boolean refused, int token, Upstream after) {}

  private List<Processed> process(Upstream upstream, int token) {
    if (token == 0) { // of an older consent, which may or may not be live
      return List.of(new Processed(true, 0, upstream), new Processed(false, 0, upstream));
    }
    if (!upstream.isLive(token)) {
      return List.of(new Processed(true, 0, revokesOnReplay ? upstream.with(0) : upstream));
    }
    int fresh = newToken(upstream);
    return switch (rotation) {
      case NEVER -> List.of(new Processed(false, token, upstream));
      case AT_ONCE -> List.of(rotated(upstream, token, fresh));
      case SOMETIMES ->
          List.of(new Processed(false, token, upstream), rotated(upstream, token, fresh));
      case ON_USE -> List.of(succeeded(upstream, token, fresh, upstream.live()));
      case LAST_ON_USE -> {
        int live = upstream.live();
        for (int other = 1; other < MOST_TOKENS; other++) {
          if (upstream.parent(other) == token) {
            live &= ~(1 << other);
          }
        }
        yield List.of(succeeded(upstream, token, fresh, live));
      }
    };
  }

  private static Processed rotated(Upstream upstream, int token, int fresh) {
    return new Processed(
        false, fresh, upstream.with((upstream.live() & ~(1 << token)) | 1 << fresh));
  }

  private static Processed succeeded(Upstream upstream, int token, int fresh, int live) {
    int parent = upstream.parent(token);
    long parents =
        (upstream.parents() & ~(15L << (4 * token)) & ~(15L << (4 * fresh)))
            | (long) token << (4 * fresh);
    int remaining = parent == 0 ? live : live & ~(1 << parent);
    return new Processed(
        false, fresh, new Upstream(remaining | 1 << fresh, parents, upstream.abandoned()));
  }

  private static final int MOST_TOKENS = 14;

  /** Canonical states know few tokens, and of these the highest numbers are free. */
  private static int newToken(Upstream upstream) {
    for (int token = MOST_TOKENS - 1; token > 0; token--) {
      if (!upstream.isLive(token)) {
        return token;
      }
    }
    throw new IllegalStateException("too many tokens");
  }

  private static void fair(List<Step> steps, int i, String what, World after) {
    steps.add(new Step(name(i) + " " + what, Kind.FAIR, after));
  }

  private static String name(int i) {
    return i == 0 ? "one" : "two";
  }

  // --- what is promised ---

  /** What of the promises a step breaks; null if none. */
  @Nullable String brokenBy(World before, Step step) {
    World after = step.after();
    GrantModel row = after.row();
    GrantModel old = before.row();
    if (row == null || old == null) {
      return null;
    }
    if (row.connection() < old.connection() || row.generation() < old.generation()) {
      return "(d) something newer was overwritten";
    }
    boolean sameConsent = row.connection() == old.connection();
    if (sameConsent
        && row.refreshToken() != old.refreshToken()
        && before.upstream().isLive(old.refreshToken())
        && !after.upstream().isLive(row.refreshToken())) {
      return "(d) a live token was overwritten with a dead one";
    }
    if (row != null
        && sameConsent
        && row.generation() > old.generation()
        && isSettledOverNewer(before, after)) {
      return "(d) an access token newer than the one seen was overwritten";
    }
    boolean held = (keptTokens(before) & before.upstream().live()) != 0;
    boolean lost = (keptTokens(after) & after.upstream().live()) == 0;
    if (sameConsent && held && lost && after.upstream().live() != 0 && step.kind() != Kind.LOSS) {
      return "(a) the only live token is lost";
    }
    Replica presenter = revokedBy(before, after);
    if (presenter != null && !presenter.late() && !presenter.overRival()) {
      return "(a) a dead token was presented, and took the consent with it";
    }
    return brokenIn(after);
  }

  private static boolean isSettledOverNewer(World before, World after) {
    for (int i = 0; i < 2; i++) {
      if (before.replica(i).phase() == Phase.JOURNALED
          && after.replica(i).phase() == Phase.SETTLED) {
        GrantModel row = before.row();
        Replica settler = before.replica(i);
        return row != null
            && settler.held().generation() < row.generation()
            && settler.token() == settler.held().refreshToken();
      }
    }
    return false;
  }

  /**
   * Whose request for a dead token cost the consent, if anybody's did. Two cannot know it: who
   * presents the stored token once more after somebody who never settled, and who was held up
   * between winning the lease and calling.
   */
  static @Nullable Replica revokedBy(World before, World after) {
    for (int i = 0; i < 2; i++) {
      if (before.replica(i).phase() == Phase.CALLED
          && after.replica(i).phase() == Phase.REJECTED
          && after.upstream().live() == 0
          && before.upstream().live() != 0) {
        return before.replica(i);
      }
    }
    return null;
  }

  private static @Nullable String brokenIn(World world) {
    GrantModel row = world.row();
    if (row == null) {
      return null;
    }
    Upstream upstream = world.upstream();
    if (row.state() == ConnectionState.NEEDS_CONSENT) {
      if (upstream.isLive(row.refreshToken())) {
        return "(b) a consent counts as gone whose stored token is live";
      }
      for (int i = 0; i < 2; i++) {
        Replica replica = world.replica(i);
        if (replica.hasToken()
            && upstream.isLive(replica.token())
            && replica.held().claimedAt() > -GRACE) {
          return "(b) a consent counts as gone while an answer that is live may come in time";
        }
      }
    }
    if (world.one().isCalling()
        && world.two().isCalling()
        && !world.one().late()
        && !world.two().late()
        && world.one().held().refreshToken() != 0
        && world.one().held().refreshToken() == world.two().held().refreshToken()) {
      return "(c) a token is presented twice at a time";
    }
    return null;
  }

  /** In the row, on its way, in memory or in a journal; one bit each. */
  private static int keptTokens(World world) {
    GrantModel row = world.row();
    int tokens = row == null ? 0 : 1 << row.refreshToken();
    for (int i = 0; i < 2; i++) {
      Replica replica = world.replica(i);
      if (replica.hasToken() && replica.token() != 0) {
        tokens |= 1 << replica.token();
      }
    }
    return tokens;
  }

  /** Where everything ends up in the end, again and again. */
  static boolean isSound(World world) {
    GrantModel row = world.row();
    if (row == null) {
      return true;
    }
    boolean live = world.upstream().isLive(row.refreshToken());
    return switch (row.state()) {
      case CONNECTED -> live && row.leaseOwner() == null;
      case NEEDS_CONSENT -> (keptTokens(world) & world.upstream().live()) == 0;
      case PENDING -> throw new IllegalStateException("never stored");
    };
  }

  /** Whether an admin who has the consent tried again would be heard. */
  boolean isOpenToAdmin(World world) {
    GrantModel row = world.row();
    return row == null || statements.claim(row, true).outcome() == GrantModel.Claim.WON;
  }

  /** A state in a few words. */
  static String describe(World world) {
    GrantModel row = world.row();
    StringBuilder text = new StringBuilder();
    if (row == null) {
      text.append("no row");
    } else {
      text.append(row.state()).append(" token ").append(row.refreshToken());
      if (row.leaseOwner() != null) {
        text.append(", lease of ").append(row.leaseOwner()).append(" until ");
        text.append(row.leaseUntil());
      }
      if (row.presented() != null) {
        text.append(", marker of ").append(row.presentedAt());
      }
      if (row.rivalPresentedAt() != null) {
        text.append(", rival of ").append(row.rivalPresentedAt());
      }
    }
    for (int i = 0; i < 2; i++) {
      Replica replica = world.replica(i);
      text.append("; ").append(name(i)).append(' ').append(replica.phase());
      if (replica.lease() != null) {
        text.append(" presents ").append(replica.lease().refreshToken());
        text.append(" claimed at ").append(replica.lease().claimedAt());
      }
      if (replica.hasToken()) {
        text.append(" has ").append(replica.token());
      }
      if (replica.late()) {
        text.append(" late");
      }
    }
    text.append("; live:");
    for (int token = 1; token < MOST_TOKENS; token++) {
      if (world.upstream().isLive(token)) {
        text.append(' ').append(token);
      }
    }
    return text.toString();
  }

  // --- states that differ in nothing that matters are one ---

  /** The same for (nearly) all states that differ only in which replica is which. */
  static World key(World world) {
    int order = world.one().phase().compareTo(world.two().phase());
    boolean swap =
        order == 0 ? rank(world.one(), world.row()) > rank(world.two(), world.row()) : order > 0;
    return canonical(swap ? world.swapped() : world);
  }

  private static int rank(Replica replica, @Nullable GrantModel row) {
    Held lease = replica.lease();
    if (lease == null || row == null) {
      return 0;
    }
    int rank = lease.number() == row.leaseGeneration() ? 1 : 0;
    rank = rank * 2 + (lease.generation() == row.generation() ? 1 : 0);
    rank = rank * 2 + (lease.connection() == row.connection() ? 1 : 0);
    rank = rank * 2 + (replica.late() ? 1 : 0);
    rank = rank * 2 + (replica.overRival() ? 1 : 0);
    return rank * (GRACE + 1) + (int) Math.min(GRACE, -lease.claimedAt());
  }

  static World canonical(World world) {
    GrantModel row = world.row();
    Renaming names = new Renaming();
    int token = row == null ? 0 : names.of(row.refreshToken());
    Replica one = canonical(world.one(), row, names);
    Replica two = canonical(world.two(), row, names);
    Upstream upstream = world.upstream();
    int abandoned = row == null ? 0 : names.of(upstream.abandoned());
    int live = 0;
    long parents = 0;
    for (int old = 1; old < MOST_TOKENS; old++) {
      int name = names.known(old);
      if (name != 0 && upstream.isLive(old)) {
        live |= 1 << name;
        int parent = upstream.parent(old);
        if (parent != 0 && upstream.isLive(parent)) {
          parents |= (long) names.known(parent) << (4 * name);
        }
      }
    }
    return new World(
        row == null ? null : canonical(row, token, one, two),
        one,
        two,
        new Upstream(live, parents, abandoned));
  }

  private static GrantModel canonical(GrantModel row, int token, Replica one, Replica two) {
    boolean waits = GrantModel.GRACE.equals(row.leaseOwner());
    Long until = row.leaseUntil();
    boolean leased = waits || (until != null && until > 0);
    Long end = until == null || !leased ? null : Long.valueOf(Math.max(0, until));
    boolean marked = row.presented() != null && row.presented() == row.refreshToken();
    boolean rivalCounts = waits || needsRival(one) || needsRival(two);
    return new GrantModel(
        CONNECTION,
        row.state(),
        token,
        CURRENT,
        0,
        waits && end != null ? end : 0,
        0,
        null,
        null,
        leased ? (waits ? GrantModel.GRACE : OWNER) : null,
        end,
        CURRENT,
        marked ? Integer.valueOf(token) : null,
        marked ? recent(row.presentedAt()) : null,
        null,
        rivalCounts ? recent(row.rivalPresentedAt()) : null,
        null);
  }

  private static boolean needsRival(Replica replica) {
    return switch (replica.phase()) {
      case DOWN, IDLE, SETTLED -> replica.lease() != null && replica.held().number() == CURRENT;
      case CLAIMED, CALLED, ISSUED, REJECTED, ANSWERED, JOURNALED, REFUSED, OPPOSED, FAILED ->
          replica.held().number() == CURRENT;
    };
  }

  private static @Nullable Long recent(@Nullable Long time) {
    return time == null ? null : Long.valueOf(Math.max(-GRACE, time));
  }

  private static Replica canonical(Replica replica, @Nullable GrantModel row, Renaming names) {
    Held lease = replica.lease();
    if (lease == null) {
      return replica;
    }
    boolean sameConsent = row != null && lease.connection() == row.connection();
    boolean calls =
        switch (replica.phase()) {
          case CLAIMED, CALLED, ISSUED, REJECTED -> true;
          case DOWN, IDLE, ANSWERED, JOURNALED, SETTLED, REFUSED, OPPOSED, FAILED -> false;
        };
    boolean ages = calls || replica.hasToken();
    Held canonical =
        new Held(
            row != null && lease.number() == row.leaseGeneration() ? CURRENT : OLDER,
            sameConsent ? CONNECTION : CONNECTION - 1,
            sameConsent ? names.of(lease.refreshToken()) : 0,
            row != null && sameConsent && row.generation() == lease.generation() ? CURRENT : OLDER,
            ages ? Math.max(-GRACE, lease.claimedAt()) : 0,
            false);
    return new Replica(
        replica.phase(),
        canonical,
        sameConsent && replica.hasToken() ? names.of(replica.token()) : 0,
        calls && replica.late(),
        calls && replica.overRival());
  }

  /** Tokens are numbered in the order in which a state names them. */
  private static final class Renaming {
    private final int[] names = new int[MOST_TOKENS];
    private int last;

    int of(int token) {
      if (token == 0) {
        return 0;
      }
      if (names[token] == 0) {
        names[token] = ++last;
      }
      return names[token];
    }

    int known(int token) {
      return names[token];
    }
  }
}
