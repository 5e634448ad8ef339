package org.tokenbroker.console;

import jakarta.ws.rs.core.UriBuilder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencySearch.Group;
import org.tokenbroker.agency.AgencySearch.Position;
import org.tokenbroker.problem.Slug;

/**
 * What of the agencies is shown, as it stands in the page's address.
 *
 * @param text what to search for; empty: nothing
 */
record AgencyFilter(Group group, String text, Position after) {

  private static final int TEXT_LIMIT = 200;

  /** A rank, which only counts in some lists, and a short name. */
  private static final Pattern AFTER = Pattern.compile("(?:([0-9])\\.)?(" + Slug.REGEX + ")");

  static AgencyFilter of(@Nullable String group, @Nullable String text, @Nullable String after) {
    String stripped = text == null ? "" : text.strip();
    return new AgencyFilter(
        Arrays.stream(Group.values())
            .filter(one -> code(one).equals(group))
            .findFirst()
            .orElse(Group.ALL),
        stripped.length() <= TEXT_LIMIT ? stripped : stripped.substring(0, TEXT_LIMIT),
        position(after));
  }

  private static Position position(@Nullable String after) {
    Matcher parts = AFTER.matcher(after == null ? "" : after);
    return parts.matches()
        ? new Position(
            parts.group(1) == null ? -1 : Integer.parseInt(parts.group(1)), parts.group(2))
        : Position.BEGINNING;
  }

  /** Whether this is the first page. */
  public boolean first() {
    return after.equals(Position.BEGINNING);
  }

  /** Whether this is not simply all there are. */
  public boolean narrows() {
    return group != Group.ALL || !text.isEmpty();
  }

  /** The group as it stands in the address; empty: all. */
  public String groupCode() {
    return group == Group.ALL ? "" : code(group);
  }

  /** The list's heading. */
  public String heading() {
    return text.isEmpty() ? words(group) : words(group) + ": “" + text + "”";
  }

  /** The address of the list's first page. */
  public String firstPage() {
    return address(group).build().toString();
  }

  /** The address of the page behind this place. */
  String pageAfter(Position position) {
    return address(group)
        .queryParam(
            "after",
            group == Group.ATTENTION ? position.rank() + "." + position.slug() : position.slug())
        .build()
        .toString();
  }

  /** A group with its number, as a link that keeps what is searched for. */
  record Count(String words, String tone, long number, String address, boolean chosen) {}

  /** All groups with their numbers. */
  List<Count> counts(Map<Group, Long> numbers) {
    return Arrays.stream(Group.values())
        .map(
            one ->
                new Count(
                    words(one),
                    numbers.getOrDefault(one, 0L) == 0 ? "plain" : tone(one),
                    numbers.getOrDefault(one, 0L),
                    address(one).build().toString(),
                    one == group))
        .toList();
  }

  private UriBuilder address(Group shown) {
    UriBuilder address = UriBuilder.fromPath(ReturnTarget.HOME);
    if (shown != Group.ALL) {
      address.queryParam("state", code(shown));
    }
    if (!text.isEmpty()) {
      address.queryParam("q", "{q}").resolveTemplate("q", text);
    }
    return address;
  }

  private static String code(Group group) {
    return group.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String words(Group group) {
    return switch (group) {
      case ALL -> "All agencies";
      case ATTENTION -> "Need attention";
      case NEVER_CONNECTED -> "Never connected";
      case CONNECTED -> "Connected";
      case FAILING -> "Failing";
      case CONSENT_GONE -> "Consent gone";
      case PAUSED -> "Paused";
    };
  }

  private static String tone(Group group) {
    return switch (group) {
      case ALL, NEVER_CONNECTED -> "plain";
      case CONNECTED -> "good";
      case ATTENTION, FAILING, PAUSED -> "warn";
      case CONSENT_GONE -> "bad";
    };
  }
}
