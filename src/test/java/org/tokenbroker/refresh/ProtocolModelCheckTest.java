package org.tokenbroker.refresh;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Predicate;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.GrantModel;
import org.tokenbroker.agency.GrantModel.Claimed;
import org.tokenbroker.agency.GrantModel.Held;
import org.tokenbroker.refresh.Exploration.Judge;
import org.tokenbroker.refresh.ProtocolModel.Kind;
import org.tokenbroker.refresh.ProtocolModel.Phase;
import org.tokenbroker.refresh.ProtocolModel.Replica;
import org.tokenbroker.refresh.ProtocolModel.Rotation;
import org.tokenbroker.refresh.ProtocolModel.Statements;
import org.tokenbroker.refresh.ProtocolModel.Step;
import org.tokenbroker.refresh.ProtocolModel.World;

/**
 * Whatever two replicas, their machines, the network, Active911 and an admin do, and in whatever
 * order: the protocol keeps its promises. {@link ProtocolModel} says what can happen, {@link
 * Exploration} tries it all. In every state that can be reached
 *
 * <ol type="a">
 *   <li>no live refresh token is lost: the last one stays in the row, in a process's memory, in a
 *       journal or on its way; except where a reply is lost, or a process is killed before the
 *       answer is in its journal;
 *   <li>a consent counts as gone only if no live token is stored, nor held by anybody who is within
 *       the time that is allowed him; and who is not still brings the consent back;
 *   <li>no token is presented twice at a time, unless by who was held up longer than his lease;
 *   <li>nothing newer is overwritten;
 *   <li>nothing is stuck: steps that a live system takes lead on to a live token or to a consent
 *       that is gone.
 * </ol>
 *
 * <p>The tests below show the limits: what breaks these promises after all, and what each part of
 * the protocol is there for.
 */
@NullMarked
class ProtocolModelCheckTest {

  private static ProtocolModel protocol(Rotation rotation, Statements statements) {
    return new ProtocolModel(rotation, false, statements, true);
  }

  private static Exploration explore(ProtocolModel protocol) {
    return Exploration.of(protocol, protocol::brokenBy);
  }

  /** Where the old token dies at once a lost answer costs the consent: this is tried each time. */
  @Test
  void thePromisesAreKeptWhereTheOldTokenDiesAtOnce() {
    thePromisesAreKept(Rotation.AT_ONCE, false);
  }

  @Tag("full")
  @ParameterizedTest
  @CsvSource({
    "NEVER,false",
    "AT_ONCE,true",
    "ON_USE,false",
    "ON_USE,true",
    "SOMETIMES,false",
    "SOMETIMES,true"
  })
  void thePromisesAreKept(Rotation rotation, boolean revokesOnReplay) {
    ProtocolModel protocol = new ProtocolModel(rotation, revokesOnReplay, new Statements(), true);

    Exploration exploration = explore(protocol);

    assertNull(exploration.counterexample());
    assertNull(exploration.stuck(ProtocolModel::isSound));
    assertNull(exploration.stuck(protocol::isOpenToAdmin));
    System.out.printf(
        "ProtocolModelCheckTest: rotation %s, revokes on replay %s: %d states%n",
        rotation, revokesOnReplay, exploration.states());
  }

  /** An exploration that looks at nothing is no proof. */
  @Test
  void everyPhaseAndTheGraceAreReached() {
    ProtocolModel protocol = protocol(Rotation.AT_ONCE, new Statements());
    for (Phase phase : Phase.values()) {
      assertReached(protocol, world -> world.two().phase() == phase);
    }
    assertReached(protocol, world -> isWaiting(world.row()));
    assertReached(
        protocol,
        world ->
            isWaiting(world.row())
                && world.one().phase() == Phase.JOURNALED
                && world.upstream().isLive(world.one().token()));
  }

  private static boolean isWaiting(@Nullable GrantModel row) {
    return row != null && GrantModel.GRACE.equals(row.leaseOwner());
  }

  private static void assertReached(ProtocolModel protocol, Predicate<World> goal) {
    Exploration exploration =
        Exploration.of(protocol, (before, step) -> goal.test(step.after()) ? "reached" : null);
    assertNotNull(exploration.counterexample());
  }

  // --- the limits ---

  private static void assertBroken(String promise, ProtocolModel protocol) {
    assertBroken(promise, protocol, protocol::brokenBy);
  }

  private static void assertBroken(String promise, ProtocolModel protocol, Judge judge) {
    String counterexample = Exploration.of(protocol, judge).counterexample();
    assertNotNull(counterexample, "nothing is broken");
    assertTrue(counterexample.startsWith(promise), counterexample);
  }

  /** The one window that cannot be closed. */
  @Test
  void anAnswerIsLostWithTheProcessThatDidNotJournalIt() {
    ProtocolModel protocol = protocol(Rotation.AT_ONCE, new Statements());

    assertBroken(
        "(a)",
        protocol,
        (before, step) ->
            before.one().phase() == Phase.ANSWERED && step.after().one().phase() == Phase.DOWN
                ? protocol.brokenBy(before, new Step(step.what(), Kind.CHANCE, step.after()))
                : null);
  }

  /**
   * Where presenting a dead token costs the consent, an answer that is kept by a process which is
   * down or cut off is lost to the next who presents the stored token: not before the access token
   * ends, or a quarter of an hour is over.
   */
  @Test
  void anUpstreamThatRevokesOnReplayPunishesWhoPresentsAfterASilentRival() {
    assertBroken("revoked", revoking(), revokedBy(replica -> !replica.late()));
  }

  /** The same for a process that sleeps after its last look at its lease, before it calls. */
  @Test
  void anUpstreamThatRevokesOnReplayPunishesWhoCallsAfterItsLease() {
    assertBroken("revoked", revoking(), revokedBy(replica -> !replica.overRival()));
  }

  private static ProtocolModel revoking() {
    return new ProtocolModel(Rotation.AT_ONCE, true, new Statements(), true);
  }

  private static Judge revokedBy(Predicate<Replica> who) {
    return (before, step) -> {
      Replica presenter = ProtocolModel.revokedBy(before, step.after());
      return presenter != null && who.test(presenter) ? "revoked" : null;
    };
  }

  /** Which of two new tokens is the later one is not known. */
  @Test
  void anUpstreamThatReplacesWhatItIssuedIsNotProvidedFor() {
    assertBroken("(d)", protocol(Rotation.LAST_ON_USE, new Statements()));
  }

  // --- what each part is there for ---

  @Test
  void withoutTheTokenThatWasPresentedALateAnswerOverwritesALiveToken() {
    Statements mutant =
        new Statements() {
          @Override
          GrantModel settle(GrantModel row, Held held, int token) {
            return super.settle(row, asStored(row, held), token);
          }
        };

    assertBroken("(d)", protocol(Rotation.AT_ONCE, mutant));
  }

  @Test
  void withoutTheGenerationALateAnswerOverwritesANewerAccessToken() {
    Statements mutant =
        new Statements() {
          @Override
          GrantModel settle(GrantModel row, Held held, int token) {
            boolean same = row.refreshToken() == held.refreshToken();
            return super.settle(row, same ? asStored(row, held) : held, token);
          }
        };

    assertBroken("(d)", protocol(Rotation.NEVER, mutant));
  }

  private static Held asStored(GrantModel row, Held held) {
    return new Held(
        held.number(),
        row.connection(),
        row.refreshToken(),
        row.generation(),
        held.claimedAt(),
        held.forced());
  }

  @Test
  void whereNothingIsSettledOutOfNeedsConsentALateAnswerIsLost() {
    Statements mutant =
        new Statements() {
          @Override
          GrantModel settle(GrantModel row, Held held, int token) {
            return row.state() == ConnectionState.CONNECTED ? super.settle(row, held, token) : row;
          }
        };

    assertBroken("(a)", protocol(Rotation.AT_ONCE, mutant));
  }

  @Test
  void whereALateAnswerEndsTheNextLeaseATokenIsPresentedTwice() {
    Statements mutant =
        new Statements() {
          @Override
          GrantModel settle(GrantModel row, Held held, int token) {
            GrantModel after = super.settle(row, held, token);
            return after.equals(row)
                ? row
                : after.change().lease(null, null, row.leaseGeneration()).row();
          }
        };

    assertBroken("(c)", protocol(Rotation.NEVER, mutant));
  }

  @Test
  void whereALateAnswerDoesNotEndTheGraceALiveTokenIsGivenUp() {
    Statements mutant =
        new Statements() {
          @Override
          GrantModel settle(GrantModel row, Held held, int token) {
            GrantModel after = super.settle(row, held, token);
            return isWaiting(row) && !after.equals(row)
                ? after
                    .change()
                    .lease(row.leaseOwner(), row.leaseUntil(), row.leaseGeneration())
                    .row()
                : after;
          }
        };

    assertBroken("(b)", protocol(Rotation.AT_ONCE, mutant));
  }

  @Test
  void withoutTheMarkerARefusalCountsThoughTheAnswerIsUnderWay() {
    Statements mutant =
        new Statements() {
          @Override
          Claimed claim(GrantModel row, boolean evenWithoutConsent) {
            return super.claim(row.change().marker(null, null, null).row(), evenWithoutConsent);
          }
        };

    assertBroken("(b)", protocol(Rotation.AT_ONCE, mutant));
  }

  @Test
  void whereAFailureTakesTheRivalsMarkerARefusalCountsThoughTheAnswerIsUnderWay() {
    Statements mutant =
        new Statements() {
          @Override
          GrantModel deferred(GrantModel row, Held held) {
            GrantModel after = super.deferred(row, held);
            return after.equals(row) ? row : after.change().marker(null, null, null).row();
          }
        };

    assertBroken("(b)", protocol(Rotation.AT_ONCE, mutant));
  }

  @Test
  void withoutGraceARefusalCountsThoughTheAnswerIsUnderWay() {
    assertBroken("(b)", protocol(Rotation.AT_ONCE, new Statements(2, 0)));
  }

  @Test
  void withAGraceAsShortAsALeaseARefusalCountsThoughTheAnswerIsUnderWay() {
    assertBroken("(b)", protocol(Rotation.AT_ONCE, new Statements(2, 2)));
  }

  @Test
  void whereALateRefusalCountsDuringTheNextLeaseItsAnswerIsUnderWay() {
    Statements mutant =
        new Statements() {
          @Override
          GrantModel consentGone(GrantModel row, Held held) {
            return super.consentGone(
                row,
                new Held(
                    row.leaseGeneration(),
                    held.connection(),
                    held.refreshToken(),
                    held.generation(),
                    held.claimedAt(),
                    held.forced()));
          }
        };

    assertBroken("(b)", protocol(Rotation.AT_ONCE, mutant));
  }

  @Test
  void withALeaseShorterThanTheCallATokenIsPresentedTwice() {
    assertBroken("(c)", protocol(Rotation.AT_ONCE, new Statements(1, ProtocolModel.GRACE)));
  }

  @Test
  void withoutTheJournalAnAnswerIsLostWithItsProcess() {
    assertBroken("(a)", new ProtocolModel(Rotation.AT_ONCE, false, new Statements(), false));
  }

  @Tag("full")
  @Test
  void whereNobodyGivesUpAWaitNeverEnds() {
    Statements mutant =
        new Statements() {
          @Override
          GrantModel giveUpRivals(GrantModel row) {
            return row;
          }
        };
    Exploration exploration = explore(protocol(Rotation.NEVER, mutant));

    assertNull(exploration.counterexample());
    assertNotNull(exploration.stuck(ProtocolModel::isSound));
  }
}
