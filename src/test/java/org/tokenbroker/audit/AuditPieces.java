package org.tokenbroker.audit;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What a read adds to the audit trail, at 1,000 agencies in turn; nothing is written meanwhile. */
@NullUnmarked // what a read does not touch is not there; the rest is filled before it is measured
@State(Scope.Thread)
public class AuditPieces {

  private static final int AGENCIES = 1_000;

  private final List<String> agencies =
      IntStream.range(0, AGENCIES).mapToObj(i -> "agency-" + i).toList();
  private final AuditLog audit =
      new AuditLog(new AuditTables(null), new AuditWriter(new AuditTables(null)), null);
  private int next;

  /** One hand-out, counted by caller, agency and token. */
  @Benchmark
  public void countHandOut() {
    next = next + 1 == AGENCIES ? 0 : next + 1;
    audit.handedOut("dispatch-board", agencies.get(next), 1);
  }
}
