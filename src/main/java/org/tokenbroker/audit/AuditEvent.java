package org.tokenbroker.audit;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened. It holds names, numbers and times of ours: what could be a token, a key
 * or somebody else's sentence does not get in.
 *
 * @param agency the slug of the agency that it is about
 * @param caller the name of the caller that did it or that it is about
 * @param details by name; numbers, texts, or lists of texts
 */
public record AuditEvent(
    Kind kind, @Nullable String agency, @Nullable String caller, Map<String, Object> details) {

  /**
   * What can stand in a detail. Shorter than an access token of Active911, 40 characters, and than
   * any key that we make; an IPv6 address fits.
   */
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.:*-]{1,39}");

  /** A name as it stands in addresses, which can be as long as a token: only for such names. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9_*][a-z0-9_-]{0,62}");

  /** What stands for a text that is no such word. */
  private static final String OMITTED = "?";

  /** A list's length is bounded; how long it was is said beside it. */
  private static final int LIST_LIMIT = 100;

  /** What can happen; its text, the name in lower case, never changes. */
  @Schema(name = "AuditEventKind")
  public enum Kind {
    SIGNED_IN,
    SIGNED_OUT,
    /** Wrong keys at the console's sign-in, counted by address and minute. */
    SIGN_IN_FAILED,
    /** Requests without a valid credential, counted by address and minute. */
    AUTHENTICATION_FAILED,
    /** Requests for what is not granted, counted by who asks, agency and minute. */
    ACCESS_FORBIDDEN,
    AGENCY_CREATED,
    AGENCY_CHANGED,
    AGENCY_PAUSED,
    AGENCY_RESUMED,
    AGENCY_DELETED,
    AUTHORIZATION_STARTED,
    CALLBACK_ENDED,
    CONSENT_IMPORTED,
    CANDIDATE_KEPT,
    CANDIDATE_CONFIRMED,
    CANDIDATE_DISCARDED,
    CANDIDATE_EXPIRED,
    INVITATION_CREATED,
    INVITATION_REVOKED,
    /** A consent that an officer gave through it is kept. */
    INVITATION_USED,
    /** A consent became the agency's grant without a question. */
    AGENCY_CONNECTED,
    REFRESH_REQUESTED,
    TOKEN_REFRESHED,
    /** The first failure after a success; those after it are not written down one by one. */
    REFRESH_FAILED,
    CONSENT_LOST,
    CALLER_CREATED,
    CALLER_CHANGED,
    CALLER_DELETED,
    ADMIN_CREATED,
    ADMIN_CHANGED,
    ADMIN_DELETED,
    KEY_CREATED,
    KEY_REVOKED,
    /** A notice was sent, and has arrived as far as can be told. */
    NOTICE_DELIVERED,
    /** A notice could not be sent for days, or is not wanted where it is sent. */
    NOTICE_GIVEN_UP,
    /** Tokens handed out, counted by caller, agency, token and minute. */
    HANDOUT,
    /** The database was away for so long that not everything could be kept until it came back. */
    AUDIT_INCOMPLETE;

    @JsonValue
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a detail can be about; its text, the name in lower case, never changes. */
  public enum Detail {
    ACTIVE911_ID,
    ADDRESS,
    ADMIN,
    CANDIDATE,
    CHANGED,
    CHANNEL,
    ERROR,
    EXPIRES_AT,
    GRANTED,
    INVITATION,
    KEY_ID,
    KIND,
    LOST,
    OUTCOME,
    REASON,
    REVOKED,
    ROLE;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public AuditEvent {
    details = Collections.unmodifiableMap(new TreeMap<>(details));
  }

  public static AuditEvent of(Kind kind) {
    return new AuditEvent(kind, null, null, Map.of());
  }

  /** It is about this agency. */
  public AuditEvent agency(String slug) {
    return new AuditEvent(kind, slug, caller, details);
  }

  /** It is about this caller. */
  public AuditEvent caller(String name) {
    return new AuditEvent(kind, agency, name, details);
  }

  public AuditEvent with(Detail detail, long value) {
    return withValue(detail.toString(), value);
  }

  /** One of a few words of ours; null: nothing to say. */
  public AuditEvent with(Detail detail, @Nullable Enum<?> value) {
    return value == null
        ? this
        : withValue(detail.toString(), value.name().toLowerCase(Locale.ROOT));
  }

  /** A time in whole seconds; null: nothing to say. */
  public AuditEvent with(Detail detail, @Nullable Instant value) {
    return value == null
        ? this
        : withValue(detail.toString(), value.truncatedTo(ChronoUnit.SECONDS).toString());
  }

  /** A short name; anything else is left out. */
  public AuditEvent with(Detail detail, String value) {
    return withValue(detail.toString(), word(value));
  }

  /** A name of the form that names in addresses have. */
  public AuditEvent withName(Detail detail, String name) {
    return withValue(detail.toString(), name(name));
  }

  /** Such names, the first hundred of them; an empty list has nothing to say. */
  public AuditEvent withNames(Detail detail, Collection<String> values) {
    if (values.isEmpty()) {
      return this;
    }
    AuditEvent event =
        withValue(
            detail.toString(),
            new TreeSet<>(values).stream().limit(LIST_LIMIT).map(AuditEvent::name).toList());
    return values.size() > LIST_LIMIT
        ? event.withValue(detail + "_count", (long) values.size())
        : event;
  }

  private static String name(String value) {
    return NAME.matcher(value).matches() ? value : OMITTED;
  }

  private static String word(String value) {
    return WORD.matcher(value).matches() ? value : OMITTED;
  }

  private AuditEvent withValue(String name, Object value) {
    Map<String, Object> more = new TreeMap<>(details);
    more.put(name, value);
    return new AuditEvent(kind, agency, caller, more);
  }
}
