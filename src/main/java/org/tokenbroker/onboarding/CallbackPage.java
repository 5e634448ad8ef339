package org.tokenbroker.onboarding;

import org.tokenbroker.onboarding.CallbackResults.Result;

/**
 * What the page after the callback says. An officer, who knows nothing of OAuth, is told other
 * things than an admin; beside whom an officer may sit.
 *
 * @param mood how it looks
 * @param title what became of it, in a few words
 * @param happened what happened
 * @param next what to do now
 */
record CallbackPage(Mood mood, String title, String happened, String next) {

  /** Whether the agency is connected now. */
  enum Mood {
    /** It is. */
    GOOD,
    /** Not yet, but nothing is lost. */
    WAITING,
    /** It is not. */
    BAD
  }

  /** The mood as the style sheet names it. */
  public String tone() {
    return switch (mood) {
      case GOOD -> "good";
      case WAITING -> "warn";
      case BAD -> "bad";
    };
  }

  /** What is said to whoever reads it. */
  static CallbackPage of(Result result, Organisation organisation) {
    return result.byOfficer() ? OfficerPage.of(result, organisation) : ofAdmin(result);
  }

  private static CallbackPage ofAdmin(Result result) {
    String agency = result.agencyName();
    String atActive911 =
        result.active911Name() == null ? "an agency" : "“" + result.active911Name() + "”";
    return switch (result.outcome()) {
      case CONNECTED ->
          new CallbackPage(
              Mood.GOOD,
              agency + " is connected",
              "Active911 confirmed the permission for "
                  + atActive911
                  + ". The services that use this agency can work with its data from now on.",
              "Nothing more is to be done. You can close this page. To withdraw the permission"
                  + " later, remove this application in Active911's own settings.");
      case OTHER_AGENCY ->
          new CallbackPage(
              Mood.WAITING,
              "Not connected yet: is this the right agency?",
              "The permission given at Active911 is for "
                  + atActive911
                  + ", which is not the one that "
                  + agency
                  + " stands for here. It is kept for 24 hours and not used until an admin says"
                  + " that it is right.",
              "If another agency was meant, connect again and choose that one at Active911. If this"
                  + " one is right, an admin confirms it on the agency's page in the console.");
      case TO_BE_CONFIRMED ->
          new CallbackPage(
              Mood.WAITING,
              "Not connected yet: is this the right agency?",
              "The permission given at Active911 is for "
                  + atActive911
                  + ". It is kept for 24 hours and not used until an admin says that it is right.",
              "An admin confirms it on the agency's page in the console.");
      case IDENTITY_UNKNOWN ->
          new CallbackPage(
              Mood.WAITING,
              "Almost there: waiting for Active911",
              "The permission was given and is kept safe, but Active911 has not said yet which"
                  + " agency it is for. The broker keeps asking for 24 hours and finishes the"
                  + " connection by itself if it is the right one.",
              "You can close this page. An admin sees on the agency's page when it is done.");
      case DENIED ->
          new CallbackPage(
              Mood.BAD,
              agency + " was not connected",
              "At Active911 the permission was declined. Nothing was stored, and nothing that was"
                  + " there before has changed.",
              "If that was a mistake, connect again and choose to allow it at Active911.");
      case NOT_AUTHORIZED ->
          new CallbackPage(
              Mood.BAD,
              agency + " was not connected",
              "Active911 sent you back without a permission and did not say that you declined. Most"
                  + " often the account that was signed in there may not edit the agency, or the"
                  + " application is not registered for what it asked for. Nothing was stored.",
              "Sign in at Active911 with an account that has the right to edit the agency and"
                  + " connect again. If it ends here again, an admin should compare the permissions"
                  + " that are asked for with those of the registration at Active911.");
      case CODE_REFUSED ->
          new CallbackPage(
              Mood.BAD,
              agency + " was not connected",
              "The permission was given, but Active911 did not accept the one-time code with which"
                  + " it sent you back. Such a code is only good for a few seconds. Nothing was"
                  + " stored.",
              "Connect again. If it ends here again, an admin should look whether the redirect"
                  + " address registered at Active911 is the one of this broker.");
      case CLIENT_REFUSED ->
          new CallbackPage(
              Mood.BAD,
              agency + " was not connected",
              "Active911 does not accept the broker's own registration: its client id or its secret"
                  + " is wrong. You did nothing wrong, and trying again does not help yet.",
              "Tell an admin of the broker. Once its client id and secret are right, connect"
                  + " again.");
      case NO_ANSWER ->
          new CallbackPage(
              Mood.BAD,
              agency + " was not connected",
              "The permission was given, but Active911 did not answer when the broker wanted to"
                  + " take it up. What you did cannot be used a second time. Nothing was stored.",
              "Connect again in a few minutes.");
      case NO_REFRESH_TOKEN ->
          new CallbackPage(
              Mood.BAD,
              agency + " was not connected",
              "Active911 gave a permission that runs out within a day and cannot be renewed, which"
                  + " is of no use here. Nothing was stored.",
              "Connect again. If it ends here again, an admin should ask Active911 why this"
                  + " application gets no refresh token.");
      case AGENCY_DELETED ->
          new CallbackPage(
              Mood.BAD,
              agency + " is not here any more",
              "While you were at Active911 an admin deleted this agency from the broker. The"
                  + " permission was not stored.",
              "If it should be connected, an admin adds it again in the console and connects it.");
      case INVITATION_REVOKED ->
          new CallbackPage(
              Mood.BAD,
              agency + " was not connected",
              "While somebody was at Active911 the invitation was taken back. Nothing was stored.",
              "Connect again, or make a new invitation.");
    };
  }
}
