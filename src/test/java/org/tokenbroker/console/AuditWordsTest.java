package org.tokenbroker.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tokenbroker.audit.AuditEvent;

@NullMarked
class AuditWordsTest {

  @ParameterizedTest
  @EnumSource
  void everyEventIsFoundByItsNameAndHasWords(AuditEvent.Kind kind) {
    assertEquals(AuditWords.of(kind), AuditWords.of(kind.toString()));
    assertNotEquals(kind.toString(), AuditWords.of(kind));
  }

  @Test
  void anEventOfAnotherReleaseKeepsItsName() {
    assertEquals("not_yet_known", AuditWords.of("not_yet_known"));
  }

  @Test
  void detailsAreReadable() {
    assertEquals(
        "from 192.0.2.1, times: 3, error Active911 did not answer in time",
        AuditWords.details(
            new TreeMap<>(
                Map.of("address", "192.0.2.1", "count", 3, "error", "upstream_timeout"))));
    assertEquals(
        "expires 24 November 2026, 17:58:49 UTC, granted a-fd b-fd",
        AuditWords.details(
            new TreeMap<>(
                Map.of("expires_at", "2026-11-24T17:58:49Z", "granted", List.of("a-fd", "b-fd")))));
  }

  @Test
  void whoDidItIsNamedWhereItIsKnown() {
    assertEquals("admin alice", AuditWords.actor("admin", "alice"));
    assertEquals("the broker", AuditWords.actor("broker", ""));
    assertEquals("somebody unknown", AuditWords.actor("unknown", ""));
  }
}
