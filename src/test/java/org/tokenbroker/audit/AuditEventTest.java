package org.tokenbroker.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;

@NullMarked
class AuditEventTest {

  private static final AuditEvent EVENT = AuditEvent.of(Kind.CALLER_CHANGED);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "two words",
        "The client credentials are invalid",
        "9fe142d40e52465f5e71532a4587d5a6b5847859",
        "tbk_qJSdEHA8heD8_B9cg2WUooVBcONqmOZVK1UZxyuQW830nqBhjgXc6jFi_1ETSe0",
        "=1+1",
        "line\nbreak"
      })
  void whatIsNoShortNameIsLeftOut(String text) {
    assertEquals(Map.of("error", "?"), EVENT.with(Detail.ERROR, text).details());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "qJSdEHA8heD8",
        "upstream_timeout",
        "0123456789abcdef0123456789abcdef",
        "2001:db8::1",
        "*"
      })
  void aShortNameIsKept(String text) {
    assertEquals(Map.of("error", text), EVENT.with(Detail.ERROR, text).details());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Two words", "tbk_A_b", "=1+1", "a.b.c"})
  void whatIsNoNameIsLeftOutOfAList(String text) {
    assertEquals(
        Map.of("granted", List.of("?")), EVENT.withNames(Detail.GRANTED, List.of(text)).details());
  }

  @Test
  void aLongNameIsKept() {
    String slug = "a".repeat(63);

    assertEquals(Map.of("admin", slug), EVENT.withName(Detail.ADMIN, slug).details());
  }

  @Test
  void ofALongListTheLengthIsKept() {
    List<String> slugs = IntStream.range(0, 250).mapToObj("agency-%03d"::formatted).toList();

    Map<String, Object> details = EVENT.withNames(Detail.GRANTED, slugs).details();

    assertEquals(slugs.subList(0, 100), details.get("granted"));
    assertEquals(250L, details.get("granted_count"));
  }
}
