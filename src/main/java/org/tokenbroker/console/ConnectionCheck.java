package org.tokenbroker.console;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.active911.Active911;
import org.tokenbroker.active911.AgencyReply;
import org.tokenbroker.active911.Unavailability;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.agency.ConnectionState;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.HandoutState;
import org.tokenbroker.agency.HandoutState.CurrentToken;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.refresh.RefreshOutcome;
import org.tokenbroker.refresh.Refresher;

/**
 * Goes the way of a token step by step, and stops where it ends. Active911 is asked for a new token
 * only where there is no valid one, as each refresh could go wrong.
 */
@Singleton
class ConnectionCheck {

  private final Agencies agencies;
  private final Grants grants;
  private final Refresher refresher;
  private final Active911 active911;
  private final DatabaseClock clock;
  private final AuditLog audit;

  ConnectionCheck(
      Agencies agencies,
      Grants grants,
      Refresher refresher,
      Active911 active911,
      DatabaseClock clock,
      AuditLog audit) {
    this.agencies = agencies;
    this.grants = grants;
    this.refresher = refresher;
    this.active911 = active911;
    this.clock = clock;
    this.audit = audit;
  }

  /** How a step ended. */
  enum Verdict {
    PASSED,
    /** It works, but somebody should look at it. */
    WARNING,
    /** Here it stops. */
    FAILED,
    /** An earlier step has failed. */
    NOT_REACHED
  }

  /**
   * A step.
   *
   * @param happened what was found, in whole sentences; empty where it was not reached
   * @param next what to do; empty: nothing
   */
  record Step(String name, Verdict verdict, String happened, String next) {

    /** The verdict in a word. */
    public String word() {
      return switch (verdict) {
        case PASSED -> "Good";
        case WARNING -> "Look at this";
        case FAILED -> "Stops here";
        case NOT_REACHED -> "Not reached";
      };
    }

    /** The verdict as the style sheet names it. */
    public String tone() {
      return switch (verdict) {
        case PASSED -> "good";
        case WARNING -> "warn";
        case FAILED -> "bad";
        case NOT_REACHED -> "plain";
      };
    }
  }

  private static final List<String> NAMES =
      List.of(
          "A token is stored",
          "The token is valid, or can be refreshed",
          "Active911’s API takes it",
          "It is for the right agency",
          "It has the permissions that were asked for");

  private static final String RECONNECT =
      "Connect the agency again, or send its officer an invitation.";

  /** The steps of one run as they are found. */
  private static final class Report {
    private final List<Step> steps = new ArrayList<>();

    void passed(String happened) {
      add(Verdict.PASSED, happened, "");
    }

    void warning(String happened, String next) {
      add(Verdict.WARNING, happened, next);
    }

    List<Step> failed(String happened, String next) {
      add(Verdict.FAILED, happened, next);
      return complete();
    }

    private void add(Verdict verdict, String happened, String next) {
      steps.add(new Step(NAMES.get(steps.size()), verdict, happened, next));
    }

    List<Step> complete() {
      while (steps.size() < NAMES.size()) {
        add(Verdict.NOT_REACHED, "", "");
      }
      return List.copyOf(steps);
    }
  }

  /** Tries an agency's connection. Blocks. */
  List<Step> run(String slug) {
    Report report = new Report();
    AgencyStatus status = Page.status(agencies, slug);
    HandoutState state = grants.handoutState(slug).orElseThrow(() -> Page.unknown(slug));
    CurrentToken token = state.token();
    if (token == null) {
      return report.failed(
          "The agency was never connected.",
          status.candidate() == null
              ? "Connect it, send its officer an invitation, or import a token."
              : "A consent waits to be confirmed: see the agency’s page.");
    }
    report.passed(
        status.paused()
            ? "There is one. The agency is paused, so no service gets it."
            : "There is one.");
    if (token.expiresAt().isAfter(clock.instant())) {
      if (status.state() == ConnectionState.NEEDS_CONSENT) {
        return report.failed(
            "The access token is valid for a while still, but Active911 has refused the consent: it"
                + " was withdrawn or has run out, and there will be no next token.",
            RECONNECT);
      }
      report.passed("It is valid, so it was not refreshed for this test.");
    } else {
      Failure failure = refresh(state, slug, token);
      if (failure != null) {
        return report.failed(failure.happened(), failure.next());
      }
      report.passed("It had expired. Active911 gave a new one.");
      status = Page.status(agencies, slug);
      token = grants.handoutState(slug).map(HandoutState::token).orElse(null);
      if (token == null) {
        throw Page.unknown(slug);
      }
    }
    return atTheApi(report, status, token);
  }

  private static final String LATER =
      "Test again in a minute; the broker tries on by itself. If Active911 refuses the broker’s own"
          + " client id or secret, whoever runs the broker has to set them right.";

  /**
   * Why there is no new token.
   *
   * @param happened in whole sentences
   * @param next what to do
   */
  private record Failure(String happened, String next) {}

  private static final Failure UNDER_WAY =
      new Failure("It had expired, and another refresh is under way.", LATER);

  /** Refreshes the token; returns what went wrong, null if nothing did. */
  private @Nullable Failure refresh(HandoutState state, String slug, CurrentToken token) {
    audit.note(AuditEvent.of(Kind.REFRESH_REQUESTED).agency(slug));
    return switch (refresher
        .refresh(state.agencyId(), slug, token.generation(), Refresher.Reason.BY_ADMIN)
        .join()) {
      case RefreshOutcome.Refreshed() -> null;
      case RefreshOutcome.NotDue() -> null;
      case RefreshOutcome.ConsentGone() ->
          new Failure(
              "It had expired, and Active911 refuses the consent: it was withdrawn or has run out.",
              RECONNECT);
      case RefreshOutcome.HeldElsewhere() -> UNDER_WAY;
      case RefreshOutcome.TooSoon(Instant _) -> UNDER_WAY;
      case RefreshOutcome.Deferred(String error, Duration _) -> new Failure(deferred(error), LATER);
    };
  }

  private static String deferred(String error) {
    String reason =
        switch (error) {
          case "rate_limited" -> "the broker sends Active911 no more requests just now";
          case "database_unavailable" -> "the database cannot be reached";
          default -> lowerFirst(AgencyView.failure(error));
        };
    return "It had expired, and there is no new one: " + reason + ".";
  }

  private static String lowerFirst(String text) {
    return text.startsWith("Active911")
        ? text
        : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
  }

  private List<Step> atTheApi(Report report, AgencyStatus status, CurrentToken token) {
    return switch (active911.agency(token.accessToken())) {
      case AgencyReply.Identified(String id, String name) ->
          identified(report, status, new Active911Agency(id, name));
      case AgencyReply.Refused() ->
          report.failed(
              "Active911 does not take the access token, although it should be valid: most likely"
                  + " the consent was withdrawn.",
              "Press “Refresh now” on the agency’s page. If Active911 refuses that too, connect the"
                  + " agency again.");
      case AgencyReply.Unavailable(Unavailability reason) ->
          report.failed(
              switch (reason) {
                case UNREACHABLE -> "Active911 could not be reached.";
                case TIMEOUT -> "Active911 did not answer in time.";
                case RATE_LIMITED -> "Active911 wants fewer requests.";
                case SERVER_ERROR -> "Active911 has an error of its own.";
                case UNINTELLIGIBLE -> "Active911’s answer does not say which agency it is for.";
              },
              "Nothing is wrong with the stored token as far as is known. Test again in a few"
                  + " minutes.");
    };
  }

  private static List<Step> identified(Report report, AgencyStatus status, Active911Agency found) {
    report.passed("It answers.");
    String named = "“" + found.name() + "” (id " + found.id() + ")";
    Active911Agency connected = status.active911Agency();
    String expected = status.expectedActive911Id();
    if (connected != null && !connected.id().equals(found.id())) {
      return report.failed(
          "The token is for "
              + named
              + ", but the agency was connected as the one with the id "
              + connected.id()
              + ".",
          "Pause the agency, and connect it again with the right agency chosen at Active911.");
    }
    if (expected != null && !expected.equals(found.id())) {
      report.warning(
          "It is for " + named + ", as when it was connected. Expected is the id " + expected + ".",
          "If it is the right one, change the expected id in the settings; if not, connect again.");
    } else {
      report.passed("It is for " + named + ".");
    }
    Set<String> missing = new LinkedHashSet<>(Scope.parse(status.scopeRequested()).tokens());
    if (status.scopeGranted() != null) {
      missing.removeAll(Scope.parse(status.scopeGranted()).tokens());
    }
    if (missing.isEmpty()) {
      report.passed("Asked for and granted: " + status.scopeGranted() + ".");
    } else {
      report.warning(
          "Missing: " + String.join(" ", missing) + ".",
          "Connect again and allow all that is asked for at Active911; or take what is not needed"
              + " out of the settings. An application can only be granted what it is registered"
              + " for.");
    }
    return report.complete();
  }
}
