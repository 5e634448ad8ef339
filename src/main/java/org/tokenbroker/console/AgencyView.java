package org.tokenbroker.console;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.agency.AgencyStatus.CandidateStatus;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.oauth.Scope;

/**
 * An agency's status in words.
 *
 * @param state a word or two
 * @param tone of the state, as the style sheet names it: good, warn, bad or plain
 * @param explanation what the state means for those who use the agency
 * @param attention what a person should look at, the most urgent first
 * @param connected whether it has a consent, living or gone
 * @param connectedTo the Active911 agency of that consent
 * @param kind how the consent was given
 * @param candidate the consent that waits, if one does
 * @param tokenLeft the time left of the access token
 * @param consentEnds when a consent that is not gone runs out
 * @param consentLeft the time left until then
 */
record AgencyView(
    String slug,
    String name,
    String state,
    String tone,
    String explanation,
    List<String> attention,
    boolean connected,
    boolean paused,
    @Nullable Active911Agency connectedTo,
    @Nullable String kind,
    List<Permission> permissions,
    @Nullable Waiting candidate,
    @Nullable String expectedActive911Id,
    @Nullable String contact,
    @Nullable Moment accessTokenExpires,
    @Nullable Bar tokenLeft,
    @Nullable Moment consentEnds,
    @Nullable Bar consentLeft,
    @Nullable Moment lastRefreshed,
    @Nullable Moment nextRefresh,
    int failures,
    @Nullable Failure lastFailure) {

  /** How long before its end a consent is called for. */
  static final Duration SOON = Duration.ofDays(30);

  /** How long Active911's tokens and consents live, for as much as is known. */
  private static final Duration TOKEN_LIFE = Duration.ofDays(1);

  private static final Duration CONSENT_LIFE = Duration.ofDays(365);

  /** A token is refreshed long before it has so little left. */
  private static final Duration TOKEN_LOW = Duration.ofHours(2);

  /**
   * The time that is left of something, as a bar.
   *
   * @param value in seconds, 0 where nothing is left
   * @param max what it has at its beginning
   * @param low below this somebody should look
   */
  record Bar(long value, long max, long low) {
    static @Nullable Bar of(@Nullable Instant end, Instant now, Duration life, Duration low) {
      if (end == null) {
        return null;
      }
      long left = Math.max(0, Duration.between(now, end).toSeconds());
      return new Bar(left, Math.max(left, life.toSeconds()), low.toSeconds());
    }
  }

  /** A consent that waits to be confirmed or discarded. */
  record Waiting(String id, @Nullable Active911Agency active911Agency, Moment expires) {}

  /** A refresh that failed. */
  record Failure(String words, Moment at) {}

  AgencyView {
    attention = List.copyOf(attention);
    permissions = List.copyOf(permissions);
  }

  /**
   * An agency's status in words.
   *
   * @param now on the database's clock
   */
  static AgencyView of(AgencyStatus status, Instant now) {
    boolean connected = status.state() != ConnectionState.PENDING;
    Set<String> asked = Scope.parse(status.scopeRequested()).tokens();
    Set<String> granted =
        status.scopeGranted() == null ? Set.of() : Scope.parse(status.scopeGranted()).tokens();
    CandidateStatus waiting = status.candidate();
    AgencyStatus.LastError error = status.lastError();
    return new AgencyView(
        status.agency(),
        status.name(),
        state(status),
        tone(status),
        explanation(status, now),
        attention(status, asked, granted, now),
        connected,
        status.paused(),
        status.active911Agency(),
        kind(status.kind()),
        Permission.all(asked, granted),
        waiting == null
            ? null
            : new Waiting(
                waiting.id(), waiting.active911Agency(), Moment.at(waiting.expiresAt(), now)),
        status.expectedActive911Id(),
        status.contact(),
        Moment.of(status.accessTokenExpiresAt(), now),
        Bar.of(status.accessTokenExpiresAt(), now, TOKEN_LIFE, TOKEN_LOW),
        status.state() == ConnectionState.CONNECTED
            ? Moment.of(status.refreshTokenExpiresAt(), now)
            : null,
        status.state() == ConnectionState.CONNECTED
            ? Bar.of(status.refreshTokenExpiresAt(), now, CONSENT_LIFE, SOON)
            : null,
        Moment.of(status.lastRefreshedAt(), now),
        Moment.of(status.nextRefreshAt(), now),
        status.consecutiveFailures(),
        error == null ? null : new Failure(failure(error.type()), Moment.at(error.at(), now)));
  }

  private static String state(AgencyStatus status) {
    if (status.paused()) {
      return "Paused";
    }
    return switch (status.state()) {
      case PENDING -> "Never connected";
      case CONNECTED -> status.consecutiveFailures() > 0 ? "Connected, failing" : "Connected";
      case NEEDS_CONSENT -> "Consent gone";
    };
  }

  private static String tone(AgencyStatus status) {
    return switch (status.state()) {
      case PENDING -> "plain";
      case CONNECTED -> status.paused() || status.consecutiveFailures() > 0 ? "warn" : "good";
      case NEEDS_CONSENT -> "bad";
    };
  }

  private static String explanation(AgencyStatus status, Instant now) {
    if (status.paused()) {
      return "An admin paused this agency: no service gets its token."
          + switch (status.state()) {
            case PENDING -> " It was never connected.";
            case CONNECTED -> " The token is kept fresh, so that it can be resumed at once.";
            case NEEDS_CONSENT -> " Its consent is gone as well.";
          };
    }
    boolean tokenLives =
        status.accessTokenExpiresAt() != null && status.accessTokenExpiresAt().isAfter(now);
    return switch (status.state()) {
      case PENDING ->
          "Services get no token yet. Connect the agency, or import a token that was made at"
              + " Active911.";
      case CONNECTED ->
          tokenLives
              ? "Services get this agency's token, and the broker keeps it fresh."
              : "There is a consent, but no valid token at this moment; the broker keeps trying to"
                  + " get one.";
      case NEEDS_CONSENT ->
          "Active911 refuses the consent: it was withdrawn or has run out. "
              + (tokenLives
                  ? "Services still get the last token until it expires. "
                  : "Services get no token. ")
              + "Somebody with the right to edit the agency has to connect it again.";
    };
  }

  private static List<String> attention(
      AgencyStatus status, Set<String> asked, Set<String> granted, Instant now) {
    List<String> attention = new ArrayList<>();
    if (status.candidate() != null) {
      attention.add(
          status.candidate().active911Agency() == null
              ? "A consent waits until Active911 says which agency it is for"
              : status.expectedActive911Id() == null && status.active911Agency() == null
                  ? "A consent waits to be confirmed"
                  : "A consent for another Active911 agency waits to be confirmed");
    }
    if (status.state() == ConnectionState.NEEDS_CONSENT) {
      attention.add("The consent is gone: connect again");
    } else if (status.consecutiveFailures() > 0) {
      attention.add(
          status.consecutiveFailures() == 1
              ? "The last refresh failed"
              : "The last " + status.consecutiveFailures() + " refreshes failed");
    }
    Instant ends = status.refreshTokenExpiresAt();
    if (status.state() == ConnectionState.CONNECTED
        && ends != null
        && ends.isBefore(now.plus(SOON))) {
      attention.add("The consent ends " + Moment.at(ends, now).words());
    }
    if (status.state() == ConnectionState.CONNECTED && !granted.containsAll(asked)) {
      attention.add("Active911 granted less than was asked for");
    }
    return attention;
  }

  private static @Nullable String kind(@Nullable GrantKind kind) {
    return switch (kind) {
      case null -> null;
      case APPLICATION -> "Given to this application at Active911";
      case PERSONAL -> "A personal token that somebody made at Active911";
    };
  }

  /** In words what {@link AgencyStatus.LastError} names. */
  static String failure(String type) {
    return switch (type) {
      case "invalid_grant" -> "Active911 refused the consent";
      case "answer_lost" ->
          "Active911's answer to a refresh was lost, and with it the token that took the old one's place";
      case "invalid_client" -> "Active911 refused the broker's own client id or secret";
      case "invalid_scope" -> "Active911 refused the permissions asked for";
      case "oauth_error" -> "Active911 refused the request";
      case "upstream_unreachable" -> "Active911 could not be reached";
      case "upstream_timeout" -> "Active911 did not answer in time";
      case "upstream_rate_limited" -> "Active911 wanted fewer requests";
      case "upstream_server_error" -> "Active911 had an error of its own";
      case "upstream_unintelligible" -> "Active911's answer could not be understood";
      default -> type;
    };
  }
}
