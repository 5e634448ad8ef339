package org.tokenbroker.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.oauth.Secret;

/**
 * What somebody pasted where a refresh token belongs: taken out of what surrounds it, or found to
 * be something else. That it works only Active911 can say.
 */
sealed interface PastedToken {

  /**
   * It can be a refresh token.
   *
   * @param kind what its surroundings say of it; null: nothing
   * @param findings what surrounded it
   */
  record Recognised(Secret token, @Nullable GrantKind kind, Set<Finding> findings)
      implements PastedToken {
    public Recognised {
      findings = Set.copyOf(findings);
    }
  }

  /**
   * It cannot.
   *
   * @param fault why, and what to do, in whole sentences that hold nothing of it
   */
  record Faulty(String fault) implements PastedToken {}

  /** What a token was taken out of. */
  enum Finding {
    SPACES("Spaces or line breaks around the token were left out."),
    QUOTES("Quotation marks around the token were left out."),
    JSON("You pasted a whole answer in JSON; the refresh token was taken out of it."),
    LABEL("You pasted a text with a label; the refresh token was taken out of it."),
    APPLICATION("What you pasted is an answer to an application, and was taken as such.");

    private final String sentence;

    Finding(String sentence) {
      this.sentence = sentence;
    }

    String code() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The sentences of the findings with these codes; others are passed over. */
    static List<String> sentences(@Nullable String codes) {
      List<String> known = codes == null ? List.of() : List.of(codes.split("-", -1));
      return Arrays.stream(values())
          .filter(finding -> known.contains(finding.code()))
          .map(finding -> finding.sentence)
          .toList();
    }
  }

  /** Takes it apart. */
  static PastedToken read(String pasted) {
    return new Reader(pasted).read();
  }

  /** Takes one apart. */
  final class Reader {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static final String INVISIBLE = "[\\s\\u00A0\\u200B-\\u200D\\u2060\\uFEFF]";
    private static final Pattern AROUND =
        Pattern.compile("^" + INVISIBLE + "+|" + INVISIBLE + "+$");
    private static final Pattern WITHIN = Pattern.compile(INVISIBLE);
    private static final Pattern QUOTED =
        Pattern.compile("[\"'`“”„‘’«»<](.*?)[\"'`“”‘’«»>][,;]?", Pattern.DOTALL);
    private static final Pattern REFRESH_LABEL =
        Pattern.compile(
            "refresh[_ -]?token[\"'“”]?\\s*[:=]\\s*[\"'“]?([^\\s\"'“”,;&{}]+)",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern ACCESS_LABEL =
        Pattern.compile("access[_ -]?token[\"'“”]?\\s*[:=]", Pattern.CASE_INSENSITIVE);
    private static final Pattern CODE_LABEL = Pattern.compile("(^|[?&])code=");
    private static final Pattern BEARER =
        Pattern.compile("(authorization:\\s*)?bearer\\s.*", Pattern.CASE_INSENSITIVE);
    private static final Pattern OUR_KEY = Pattern.compile("tb[ka]_.*");

    private static final String ACCESS_TOKEN_ONLY =
        "This holds an access token, which is good for a day only, and no refresh token. The refresh"
            + " token came with the first answer, or stands on the page where the token was made.";

    private final String pasted;
    private final Set<Finding> findings = EnumSet.noneOf(Finding.class);

    Reader(String pasted) {
      this.pasted = pasted;
    }

    PastedToken read() {
      String text = AROUND.matcher(pasted).replaceAll("");
      if (text.isEmpty()) {
        return new Faulty("Paste the refresh token here.");
      }
      if (!text.equals(pasted)) {
        findings.add(Finding.SPACES);
      }
      if (text.startsWith("{")) {
        return json(text);
      }
      Matcher label = REFRESH_LABEL.matcher(text);
      if (label.find()) {
        findings.add(Finding.LABEL);
        return recognised(label.group(1), null);
      }
      if (ACCESS_LABEL.matcher(text).find()) {
        return new Faulty(ACCESS_TOKEN_ONLY);
      }
      if (CODE_LABEL.matcher(text).find()) {
        return new Faulty(
            "This is an address with a one-time code, which is of no use here. Connect the agency"
                + " with the button on its page instead.");
      }
      return bare(text);
    }

    private PastedToken json(String text) {
      JsonNode json;
      try {
        json = JSON.readTree(text);
      } catch (JsonProcessingException e) {
        return new Faulty(
            "This looks like JSON, but is not whole. Paste all of it, or only the refresh token.");
      }
      String token = json.path("refresh_token").asText("");
      if (token.isBlank()) {
        return new Faulty(
            json.has("access_token")
                ? ACCESS_TOKEN_ONLY
                : "This is JSON without a refresh_token in it. Paste only the refresh token.");
      }
      findings.add(Finding.JSON);
      // Only the token endpoint of applications speaks of these (RFC 6749 §5.1).
      boolean ofApplication = json.has("token_type") || json.has("expires_in");
      if (ofApplication) {
        findings.add(Finding.APPLICATION);
      }
      return recognised(token.strip(), ofApplication ? GrantKind.APPLICATION : null);
    }

    private PastedToken bare(String text) {
      Matcher quoted = QUOTED.matcher(text);
      String token = text;
      if (quoted.matches()) {
        findings.add(Finding.QUOTES);
        token = AROUND.matcher(quoted.group(1)).replaceAll("");
      }
      if (BEARER.matcher(token).matches()) {
        return new Faulty(
            "“Bearer” stands before access tokens, which are good for a day only. The refresh token"
                + " is needed.");
      }
      return recognised(token, null);
    }

    private PastedToken recognised(String token, @Nullable GrantKind kind) {
      if (token.isEmpty()) {
        return new Faulty("There is nothing between the quotation marks.");
      }
      if (OUR_KEY.matcher(token).matches()) {
        return new Faulty(
            "This is a key of this broker, not a token of Active911. If others may have seen it,"
                + " revoke it.");
      }
      if (WITHIN.matcher(token).find()) {
        return new Faulty(
            "There is a space or a line break in the middle. Paste only the refresh token, in one"
                + " piece.");
      }
      return new Recognised(Secret.of(token), kind, findings);
    }
  }
}
