package org.tokenbroker.refresh;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.refresh.ProtocolModel.Kind;
import org.tokenbroker.refresh.ProtocolModel.Step;
import org.tokenbroker.refresh.ProtocolModel.World;

/**
 * Every state that a protocol can come to, found breadth first: the way to a state that breaks a
 * promise is one of the shortest.
 */
@NullMarked
final class Exploration {

  /** More than this is not what the tests were made for. */
  private static final int MOST_STATES = 500_000;

  /** Whether a step breaks something, and what. */
  @FunctionalInterface
  interface Judge {
    @Nullable String brokenBy(World before, Step step);
  }

  private final ProtocolModel protocol;
  private final List<World> worlds = new ArrayList<>();
  private final Map<World, Integer> numbers = new HashMap<>();
  private final List<Integer> parents = new ArrayList<>();
  private final List<String> steps = new ArrayList<>();
  private final List<int[]> fairPredecessors = new ArrayList<>();
  private @Nullable String counterexample;

  private Exploration(ProtocolModel protocol) {
    this.protocol = protocol;
  }

  /** Explores until something is broken or everything was seen. */
  static Exploration of(ProtocolModel protocol, Judge judge) {
    Exploration exploration = new Exploration(protocol);
    exploration.explore(judge);
    return exploration;
  }

  /** How many states there are. */
  int states() {
    return worlds.size();
  }

  /** The steps to what is broken; null if nothing is. */
  @Nullable String counterexample() {
    return counterexample;
  }

  private void explore(Judge judge) {
    World start = protocol.start();
    add(ProtocolModel.key(start), start, -1, "start");
    for (int current = 0; current < worlds.size(); current++) {
      World world = worlds.get(current);
      for (Step step : protocol.steps(world)) {
        String broken = judge.brokenBy(world, step);
        if (broken != null) {
          counterexample =
              broken
                  + way(current)
                  + "\n  "
                  + step.what()
                  + "\n    "
                  + ProtocolModel.describe(step.after());
          return;
        }
        World key = ProtocolModel.key(step.after());
        Integer number = numbers.get(key);
        if (number == null) {
          number = add(key, ProtocolModel.canonical(step.after()), current, step.what());
        }
        if (step.kind() == Kind.FAIR && number != current) {
          int[] before = fairPredecessors.get(number);
          int[] more = Arrays.copyOf(before, before.length + 1);
          more[before.length] = current;
          fairPredecessors.set(number, more);
        }
      }
    }
  }

  private int add(World key, World world, int parent, String step) {
    int number = worlds.size();
    if (number == MOST_STATES) {
      throw new IllegalStateException("too many states");
    }
    worlds.add(world);
    numbers.put(key, number);
    parents.add(parent);
    steps.add(step);
    fairPredecessors.add(new int[0]);
    return number;
  }

  private String way(int state) {
    List<String> way = new ArrayList<>();
    for (int at = state; at >= 0; at = parents.get(at)) {
      way.addFirst("\n  " + steps.get(at) + "\n    " + ProtocolModel.describe(worlds.get(at)));
    }
    return String.join("", way);
  }

  /**
   * A state from which no fair steps lead to a good one; null if there is none.
   *
   * @return the way to it
   */
  @Nullable String stuck(Predicate<World> good) {
    BitSet reaching = new BitSet(worlds.size());
    Deque<Integer> open = new ArrayDeque<>();
    for (int state = 0; state < worlds.size(); state++) {
      if (good.test(worlds.get(state))) {
        reaching.set(state);
        open.add(state);
      }
    }
    while (!open.isEmpty()) {
      for (int before : fairPredecessors.get(open.remove())) {
        if (!reaching.get(before)) {
          reaching.set(before);
          open.add(before);
        }
      }
    }
    int stuck = reaching.nextClearBit(0);
    return stuck < worlds.size() ? "stuck" + way(stuck) : null;
  }
}
