package org.tokenbroker.console;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What became of the form that was sent before this page. It goes along in the page's address as a
 * code, so that nothing needs to be remembered for it; the text is ours alone, whatever the address
 * says.
 */
enum Notice {
  SIGNED_OUT(Tone.GOOD, "You are signed out."),
  CALLER_ADDED(
      Tone.GOOD, "The caller is added. Make a key for it next, if it proves itself by one."),
  CALLER_SAVED(Tone.GOOD, "The caller is saved. It counts within two seconds everywhere."),
  CALLER_DELETED(Tone.GOOD, "The caller is deleted. Its keys are refused from now on."),
  ADMIN_ADDED(Tone.GOOD, "The admin is added. Make a key for it next."),
  ADMIN_DELETED(Tone.GOOD, "The admin is deleted. Its keys and its sessions are over."),
  ROLE_CHANGED(Tone.GOOD, "The role is changed. It counts in sessions that are under way, too."),
  KEY_REVOKED(Tone.GOOD, "The key is revoked. It is refused within two seconds everywhere."),
  OWN_LAST_KEY(
      Tone.WARN,
      "Nothing was revoked: this is your last valid key, and you would be locked out. Make another"
          + " one first."),
  AGENCY_ADDED(Tone.GOOD, "The agency is added. Connect it next, or import a token for it."),
  SETTINGS_SAVED(
      Tone.GOOD,
      "The settings are saved. Permissions that are new in them count from the next connection"
          + " on."),
  REBIND_EXPECTED(
      Tone.GOOD,
      "The other agency’s id is expected from now on. What is connected stays in use until its"
          + " consent is won: connect, invite its officer, or import a token."),
  REBIND_BY_CHOICE(
      Tone.GOOD,
      "Connect and choose the other agency at Active911. Its consent then waits here until you"
          + " confirm it."),
  PAUSED(Tone.GOOD, "Paused. No service gets this agency's token now; refreshing goes on."),
  RESUMED(Tone.GOOD, "Resumed. Services get this agency's token again."),
  REFRESHED(Tone.GOOD, "Refreshed. A new access token is stored."),
  REFRESHED_BY_OTHER(Tone.GOOD, "A new access token was stored already; nothing was to be done."),
  NEVER_CONNECTED(Tone.BAD, "There is nothing to refresh: connect the agency first."),
  CONSENT_GONE(Tone.BAD, "Active911 refuses this agency's consent. Connect the agency again."),
  REFRESH_UNDER_WAY(Tone.WARN, "Another refresh of this agency is under way. Look again soon."),
  REFRESHED_A_MOMENT_AGO(Tone.WARN, "The agency was refreshed a moment ago; nothing was done."),
  REFRESH_FAILED(
      Tone.BAD,
      "Active911 gave no token. The consent is not affected, and the broker tries again by itself;"
          + " why it failed is said below."),
  IMPORTED(Tone.GOOD, "The token works and is this agency's consent now."),
  IMPORTED_AGAIN(
      Tone.GOOD, "This is the token that the agency has already. It was refreshed and works."),
  IMPORT_UNIDENTIFIED(
      Tone.WARN,
      "The token works and is kept, but Active911 has not said yet which agency it is for. It is"
          + " taken over by itself once that is known and right."),
  IMPORT_OTHER_AGENCY(
      Tone.WARN,
      "The token works, but it is for another Active911 agency than this one. It is kept and not"
          + " used: see below."),
  IMPORT_SUPERSEDED(
      Tone.WARN,
      "The token works, but the agency was connected anew meanwhile. It is kept and not used: see"
          + " below."),
  IMPORT_UNANSWERED(
      Tone.BAD,
      "Active911 did not answer, and nothing was stored. It may have used the token up: if it is"
          + " refused the next time, a new one is needed."),
  IMPORT_NOT_SENT(
      Tone.WARN,
      "Active911 has asked the broker to slow down, so the token was not sent and is as good as"
          + " before. Try again in a minute."),
  CLIENT_REFUSED(
      Tone.BAD,
      "Active911 refuses the broker's own client id or secret, so it did not even look. An operator"
          + " has to set them right."),
  SLOWED_DOWN(
      Tone.WARN,
      "Active911 has asked the broker to slow down. The agency is refreshed as soon as that is"
          + " over."),
  CANDIDATE_CONFIRMED(Tone.GOOD, "Confirmed. This is the agency's consent now."),
  CANDIDATE_UNIDENTIFIED(
      Tone.WARN, "Active911 has not said yet which agency this consent is for. Look again soon."),
  CANDIDATE_DISCARDED(Tone.GOOD, "The consent that waited is discarded."),
  CANDIDATE_GONE(
      Tone.WARN,
      "That consent is not waiting any more: it was taken over, discarded, or its time was over."),
  INVITATION_REVOKED(Tone.GOOD, "The invitation is taken back: its link opens nothing any more."),
  INVITATION_UNKNOWN(Tone.WARN, "There is no such invitation any more."),
  DELETED(
      Tone.GOOD,
      "The agency is disconnected and deleted. The permission itself can be withdrawn at Active911"
          + " only.");

  /** The query parameter that carries the code. */
  static final String PARAMETER = "notice";

  /** How it looks. */
  enum Tone {
    GOOD,
    WARN,
    BAD
  }

  private final Tone tone;
  private final String text;

  Notice(Tone tone, String text) {
    this.tone = tone;
    this.text = text;
  }

  /** What stands in the address. */
  String code() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The tone as the style sheet names it. */
  public String tone() {
    return tone.name().toLowerCase(Locale.ROOT);
  }

  public String text() {
    return text;
  }

  /** The notice with this code; null if there is none. */
  static @Nullable Notice of(@Nullable String code) {
    return Arrays.stream(values())
        .filter(notice -> notice.code().equals(code))
        .findFirst()
        .orElse(null);
  }
}
