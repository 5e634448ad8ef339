package org.tokenbroker.console;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tokenbroker.audit.AuditEvent.Kind;

/** The audit trail's short names in words for people. */
final class AuditWords {

  private AuditWords() {}

  /** The kind with this name; empty if an older or newer release wrote it. */
  static Optional<Kind> kind(String name) {
    return Arrays.stream(Kind.values()).filter(kind -> kind.toString().equals(name)).findFirst();
  }

  /** What happened. */
  static String of(String name) {
    return kind(name).map(AuditWords::of).orElse(name);
  }

  /** What happened. */
  static String of(Kind kind) {
    return switch (kind) {
      case SIGNED_IN -> "Signed in to the console";
      case SIGNED_OUT -> "Signed out of the console";
      case SIGN_IN_FAILED -> "Sign-in with a wrong key";
      case AUTHENTICATION_FAILED -> "Request without a valid credential";
      case ACCESS_FORBIDDEN -> "Asked for what is not granted";
      case AGENCY_CREATED -> "Agency added";
      case AGENCY_CHANGED -> "Agency's settings changed";
      case AGENCY_PAUSED -> "Agency paused";
      case AGENCY_RESUMED -> "Agency resumed";
      case AGENCY_DELETED -> "Agency disconnected and deleted";
      case INVITATION_CREATED -> "Invitation made";
      case INVITATION_REVOKED -> "Invitation revoked";
      case INVITATION_USED -> "Invitation used by an officer";
      case AUTHORIZATION_STARTED -> "Connecting begun";
      case CALLBACK_ENDED -> "Came back from Active911";
      case CONSENT_IMPORTED -> "Consent imported";
      case CANDIDATE_KEPT -> "Consent kept until it is confirmed";
      case CANDIDATE_CONFIRMED -> "Consent confirmed";
      case CANDIDATE_DISCARDED -> "Consent discarded";
      case CANDIDATE_EXPIRED -> "Consent thrown away: nobody confirmed it";
      case AGENCY_CONNECTED -> "Agency connected";
      case REFRESH_REQUESTED -> "Refresh asked for";
      case TOKEN_REFRESHED -> "Token refreshed";
      case REFRESH_FAILED -> "Refresh failed";
      case CONSENT_LOST -> "Consent found gone";
      case CALLER_CREATED -> "Caller added";
      case CALLER_CHANGED -> "Caller changed";
      case CALLER_DELETED -> "Caller deleted";
      case ADMIN_CREATED -> "Admin added";
      case ADMIN_CHANGED -> "Admin's role changed";
      case ADMIN_DELETED -> "Admin deleted";
      case KEY_CREATED -> "Key made";
      case KEY_REVOKED -> "Key revoked";
      case NOTICE_DELIVERED -> "Notice sent";
      case NOTICE_GIVEN_UP -> "Notice given up: it could not be sent";
      case HANDOUT -> "Tokens handed out";
      case AUDIT_INCOMPLETE -> "Events lost while the database was away";
    };
  }

  /** Who did it. */
  static String actor(String kind, String name) {
    return name.isEmpty()
        ? switch (kind) {
          case "broker" -> "the broker";
          case "unknown" -> "somebody unknown";
          default -> kind;
        }
        : switch (kind) {
          case "admin", "caller", "officer" -> kind + " " + name;
          default -> name;
        };
  }

  /** What else is known, in the order of the names; empty if nothing is. */
  static String details(Map<String, Object> details) {
    return details.entrySet().stream()
        .map(detail -> label(detail.getKey()) + " " + value(detail.getKey(), detail.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static String label(String name) {
    return switch (name) {
      case "active911_id" -> "Active911 id";
      case "address" -> "from";
      case "key_id" -> "key";
      case "count" -> "times:";
      case "last_at" -> "last";
      case "expires_at" -> "expires";
      case "generation" -> "token number";
      default -> name.replace('_', ' ');
    };
  }

  private static String value(String name, Object value) {
    if (value instanceof Collection<?> all) {
      return all.stream().map(Object::toString).collect(Collectors.joining(" "));
    }
    String text = value.toString();
    if (name.endsWith("_at")) {
      return exact(text);
    }
    return switch (name) {
      case "error" -> AgencyView.failure(text);
      case "outcome", "reason", "kind", "role" -> text.replace('_', ' ');
      default -> text;
    };
  }

  private static String exact(String time) {
    try {
      return Moment.exact(Instant.parse(time));
    } catch (DateTimeParseException e) {
      return time;
    }
  }
}
