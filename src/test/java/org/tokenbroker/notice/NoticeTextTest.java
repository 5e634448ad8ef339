package org.tokenbroker.notice;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@NullMarked
class NoticeTextTest {

  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
  private static final String CONSOLE =
      "https://broker.example.com/console/agencies/springfield-fd";

  private static ObjectNode data() {
    ObjectNode data = JsonMapper.builder().build().createObjectNode();
    data.put("agency", "springfield-fd");
    data.put("name", "Springfield FD");
    data.put("console", CONSOLE);
    data.put("error", "upstream_timeout");
    data.put("since", "2026-11-24T10:30:00Z");
    data.put("access_token_expires_at", "2026-11-24T17:58:49Z");
    data.put("days", 7);
    data.put("consent_ends_at", "2026-12-01T09:00:00Z");
    data.put("expires_at", "2026-11-25T12:00:00Z");
    data.put("after", "failing");
    return data;
  }

  private static NoticeText text(NoticeKind kind, ObjectNode data) {
    return NoticeText.of(kind, data, NOW);
  }

  @ParameterizedTest
  @EnumSource
  void eachKindNamesTheAgencyAndWhereToLook(NoticeKind kind) {
    NoticeText text = text(kind, data());

    assertThat(text.subject(), containsString("Springfield FD"));
    assertThat(text.body(), containsString(CONSOLE));
    assertThat(text.body(), not(containsString("%")));
  }

  @ParameterizedTest
  @EnumSource
  void eachKindCanBeSaidOfMany(NoticeKind kind) {
    ObjectNode data = data();
    data.removeAll();
    data.put("count", 512);
    data.put("console", "https://broker.example.com/console");
    for (int number = 100; number < 200; number++) {
      data.withArray("agencies").add("agency-" + number);
    }

    NoticeText text = text(kind, data);

    assertThat(text.subject(), containsString("512 agencies"));
    assertThat(text.body(), containsString("  agency-119\n  and 492 more\n"));
  }

  @Test
  void aConsentThatIsGoneSaysUntilWhenTokensAreThere() {
    String body = text(NoticeKind.CONSENT_GONE, data()).body();

    assertThat(
        body,
        containsString(
            "the agency's present token until 24 November 2026, 17:58 UTC, and then none"));
  }

  @Test
  void aTokenThatIsOverIsNotPromised() {
    ObjectNode data = data().put("access_token_expires_at", "2026-11-24T11:00:00Z");

    assertThat(
        text(NoticeKind.CONSENT_GONE, data).body(),
        containsString("Services get no token of this agency now."));
  }

  @Test
  void aCandidateIsCalledByWhatActive911CallsIt() {
    ObjectNode data = data();
    data.putObject("active911_agency").put("id", "123").put("name", "Shelbyville Fire");

    assertThat(
        text(NoticeKind.CANDIDATE_WAITING, data).body(),
        containsString("agency 123, \"Shelbyville Fire\""));
  }

  @Test
  void aNameAddsNoLineAndNoHeader() {
    ObjectNode data = data();
    data.put("name", "Springfield\r\nBcc: everybody@example.org\r\n\r\nHello\u2028\u202Egnp.exe");

    NoticeText text = text(NoticeKind.CONSENT_GONE, data);

    assertFalse(text.subject().contains("\n") || text.subject().contains("\r"), text.subject());
    assertThat(text.body(), not(containsString("\nBcc:")));
    assertThat(text.body(), not(containsString("\u202E")));
  }

  @Test
  void aLongNameIsCutBetweenCharacters() {
    String name = NoticeText.name("🚒".repeat(300));

    assertEquals("🚒".repeat(100) + "…", name);
  }

  @Test
  void aLetterHasTheLinkAndWhoAsks() {
    NoticeText letter =
        NoticeText.letter(
            "Springfield FD\nX: y",
            "ACME Dispatch",
            Instant.parse("2026-12-01T09:00:00Z"),
            "https://broker.example.com/connect/secret",
            Instant.parse("2026-12-09T09:00:00Z"));

    assertThat(letter.subject(), not(containsString("\n")));
    assertThat(letter.body(), containsString("ACME Dispatch"));
    assertThat(letter.body(), containsString("\nhttps://broker.example.com/connect/secret\n"));
    assertThat(letter.body(), containsString("1 December 2026"));
    assertTrue(!letter.toString().contains("secret"), letter::toString);
  }
}
