package org.tokenbroker.notice;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A notice in words for people. Names of agencies are somebody else's text: they get no line break
 * and no other control character in, and are cut.
 *
 * @param subject one line
 */
record NoticeText(String subject, String body) {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("d MMMM uuuu", Locale.ENGLISH).withZone(ZoneOffset.UTC);

  /** Also what turns the direction of text, or is not seen. */
  private static final Pattern CONTROL = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]+");

  private static final int NAME_LIMIT = 100;

  /** How many agencies a mail about many of them names. */
  private static final int NAMED = 20;

  /** A name as it may stand in a line of ours. */
  static String name(String text) {
    String line = CONTROL.matcher(text).replaceAll(" ").strip();
    return line.codePointCount(0, line.length()) <= NAME_LIMIT
        ? line
        : line.substring(0, line.offsetByCodePoints(0, NAME_LIMIT)) + "…";
  }

  static String time(JsonNode data, String field) {
    return TIME.format(Instant.parse(data.path(field).asText()));
  }

  static String date(Instant time) {
    return DATE.format(time);
  }

  /**
   * For those who run the broker.
   *
   * @param data of the notice
   * @param now on the database's clock
   */
  static NoticeText of(NoticeKind kind, JsonNode data, Instant now) {
    String what = data.has("count") ? many(kind, data) : one(kind, data, now);
    return new NoticeText(
        subject(kind, data), what + "\n\n" + data.path("console").asText() + "\n");
  }

  private static String subject(NoticeKind kind, JsonNode data) {
    String about =
        data.has("count")
            ? data.path("count").asLong() + " agencies"
            : data.has("agency") ? name(data.path("name").asText()) : "all agencies";
    return about
        + ": "
        + switch (kind) {
          case CONSENT_GONE -> "Active911 refuses the consent";
          case CONSENT_ENDING ->
              data.has("days")
                  ? "the consent ends within " + days(data.path("days").asInt())
                  : "consents end within 30 days";
          case FAILING -> "not refreshed for an hour";
          case RECOVERED -> "well again";
          case CANDIDATE_WAITING -> "a consent waits for you";
          case CLIENT_REFUSED -> "Active911 refuses our client id or secret";
        };
  }

  private static String days(int days) {
    return days == 1 ? "a day" : days + " days";
  }

  private static String one(NoticeKind kind, JsonNode data, Instant now) {
    String agency =
        data.has("agency")
            ? "%s (%s)".formatted(name(data.path("name").asText()), data.path("agency").asText())
            : "";
    return switch (kind) {
      case CONSENT_GONE ->
          """
          Active911 refuses the consent of %s: it was withdrawn, or has run out.

          %s

          Somebody with the right to edit the agency at Active911 has to connect it again. You can do
          that yourself, or send its officer an invitation:"""
              .formatted(agency, tokens(data, now, "Services get no token of this agency now."));
      case CONSENT_ENDING ->
          """
          The consent of %s ends on %s.

          Until then everything works. Have somebody with the right to edit the agency at Active911
          connect it again before, or send its officer an invitation:"""
              .formatted(agency, time(data, "consent_ends_at"));
      case FAILING ->
          """
          %s could not be refreshed since %s: %s.

          %s The consent is not affected, and the broker goes on trying by itself. If it goes on for
          long, look at whether Active911 can be reached, and at what the agency's page says:"""
              .formatted(
                  agency,
                  time(data, "since"),
                  error(data.path("error").asText()),
                  tokens(data, now, "Services get no token of this agency now."));
      case RECOVERED -> recovered(agency, data);
      case CANDIDATE_WAITING ->
          """
          A consent for %s was won that is not used yet: %s

          The agency stays as it was. Confirm the consent if it is the right one, or discard it; on %s
          it is thrown away:"""
              .formatted(agency, candidate(data), time(data, "expires_at"));
      case CLIENT_REFUSED ->
          """
          Since %s Active911 refuses the broker's own client id or secret.

          No agency is refreshed until it takes them; one is tried every 15 seconds. Tokens that are
          valid are handed out until they expire, and no consent is lost. Set ACTIVE911_CLIENT_ID and
          ACTIVE911_CLIENT_SECRET right; it then goes on by itself:"""
              .formatted(time(data, "since"));
    };
  }

  private static String tokens(JsonNode data, Instant now, String none) {
    Instant until = Instant.parse(data.path("access_token_expires_at").asText());
    return until.isAfter(now)
        ? "Services get the agency's present token until %s, and then none."
            .formatted(TIME.format(until))
        : none;
  }

  private static String recovered(String agency, JsonNode data) {
    return switch (data.path("after").asText()) {
      case "client_refused" ->
          "Active911 takes the broker's client id and secret again. Refreshing goes on; nothing is"
              + "\nto be done:";
      case "consent_gone" -> agency + " has a consent that works again. Nothing is to be done:";
      default -> agency + " is refreshed again. Nothing is to be done:";
    };
  }

  private static String candidate(JsonNode data) {
    JsonNode named = data.path("active911_agency");
    if (named.isObject()) {
      return "it is for the Active911\nagency %s, \"%s\"."
          .formatted(name(named.path("id").asText()), name(named.path("name").asText()));
    }
    return "Active911 has not\nsaid yet which agency it is for.";
  }

  /** In words what the broker calls a failure. */
  private static String error(String name) {
    return switch (name) {
      case "invalid_scope" -> "Active911 refused the permissions asked for";
      case "oauth_error" -> "Active911 refused the request";
      case "upstream_unreachable" -> "Active911 could not be reached";
      case "upstream_timeout" -> "Active911 did not answer in time";
      case "upstream_rate_limited" -> "Active911 wanted fewer requests";
      case "upstream_server_error" -> "Active911 had an error of its own";
      case "upstream_unintelligible" -> "Active911's answer could not be understood";
      default -> name;
    };
  }

  private static String many(NoticeKind kind, JsonNode data) {
    long count = data.path("count").asLong();
    String what =
        switch (kind) {
          case CONSENT_GONE -> "Active911 refuses the consents of %d agencies.";
          case CONSENT_ENDING -> "The consents of %d agencies end within 30 days.";
          case FAILING -> "%d agencies could not be refreshed for an hour.";
          case RECOVERED ->
              "%d agencies that were failing, or had lost their consent, are well again.";
          case CANDIDATE_WAITING -> "Consents for %d agencies wait to be confirmed or discarded.";
          case CLIENT_REFUSED -> "%d times Active911 refused the broker's client id or secret.";
        };
    List<String> lines = new ArrayList<>();
    lines.add(what.formatted(count));
    lines.add("They are too many for a notice each:");
    lines.add("");
    for (JsonNode agency : data.path("agencies")) {
      if (lines.size() == NAMED + 3) {
        break;
      }
      lines.add("  " + agency.asText());
    }
    long more = count - (lines.size() - 3);
    if (more > 0) {
      lines.add("  and %d more".formatted(more));
    }
    lines.add("");
    lines.add("The console lists all:");
    return String.join("\n", lines);
  }

  /**
   * For an agency's contact: asks for the consent to be given again.
   *
   * @param agency its name
   * @param company who asks, within a sentence
   * @param ends when the present consent does
   * @param link the invitation's, a secret
   */
  static NoticeText letter(
      String agency, String company, Instant ends, String link, Instant linkEnds) {
    String name = name(agency);
    return new NoticeText(
        "Active911: please renew the permission for " + name,
        """
        Hello,

        the permission by which %1$s works with the data of %2$s at Active911 ends on
        %3$s. Please give it again before that day.

        You need an account at Active911 with the right to edit the agency. Open this link, which is
        for you alone and works once:

        %4$s

        It can be used until %5$s. If you get another mail like this one, use the link in
        the newest. If the permission was given again already, nothing is to be done.
        """
            .formatted(name(company), name, date(ends), link, date(linkEnds)));
  }

  @Override
  public String toString() {
    return "NoticeText"; // a letter holds a secret
  }
}
