package org.tokenbroker.onboarding;

import org.tokenbroker.onboarding.CallbackPage.Mood;
import org.tokenbroker.onboarding.CallbackResults.Result;

/** What the page after the callback says to an officer of an agency who followed an invitation. */
final class OfficerPage {

  private static final String OPEN_AGAIN =
      "Open the link that you were sent once more: it is still good.";

  private OfficerPage() {}

  static CallbackPage of(Result result, Organisation organisation) {
    String agency = result.agencyName();
    String company = organisation.name();
    String chosen =
        result.active911Name() == null ? "your agency" : "“" + result.active911Name() + "”";
    return switch (result.outcome()) {
      case CONNECTED ->
          new CallbackPage(
              Mood.GOOD,
              "Thank you: " + agency + " is connected",
              "You allowed " + company + " to work with the data of " + chosen + " at Active911.",
              "Nothing more is to be done, and you can close this page. " + withdraw(company));
      case TO_BE_CONFIRMED ->
          new CallbackPage(
              Mood.WAITING,
              "Thank you: your part is done",
              "You gave a permission for "
                  + chosen
                  + ". Before it is used, "
                  + company
                  + " makes sure that this is the agency that was meant.",
              "You can close this page. If you chose the wrong agency, tell "
                  + company
                  + ". "
                  + withdraw(company));
      case IDENTITY_UNKNOWN ->
          new CallbackPage(
              Mood.WAITING,
              "Thank you: your part is done",
              "Your permission is kept safe. Active911 has still to say which agency it is for; the"
                  + " connection is finished without you as soon as it does.",
              "You can close this page. If something is missing, "
                  + company
                  + " gets in touch with you. "
                  + withdraw(company));
      case OTHER_AGENCY ->
          new CallbackPage(
              Mood.WAITING,
              "Was this the right agency?",
              "You gave a permission for "
                  + chosen
                  + ", but "
                  + agency
                  + " is known here as another agency at Active911. Your permission is kept for 24"
                  + " hours and not used until somebody at "
                  + company
                  + " says that it is right.",
              "If you chose the wrong agency, open the link that you were sent once more and choose"
                  + " "
                  + agency
                  + " at Active911. If the choice was right, tell "
                  + company
                  + " so.");
      case DENIED ->
          notConnected(
              agency,
              "At Active911 the permission was declined. Nothing was stored.",
              "If that is what you wanted, nothing more is to be done. If it was a mistake: "
                  + "open the link that you were sent once more; it is still good.");
      case NOT_AUTHORIZED ->
          notConnected(
              agency,
              "Active911 sent you back without a permission. Most often the account that is signed"
                  + " in there does not have the right to edit the agency. Nothing was stored.",
              "Sign in at Active911 with an account that may edit the agency, then open the link"
                  + " that you were sent once more. If it ends here again, tell "
                  + company
                  + ".");
      case CODE_REFUSED ->
          notConnected(
              agency,
              "Active911 took too long or did not accept the way back to us. Nothing was stored.",
              OPEN_AGAIN + " If it ends here again, tell " + company + ".");
      case CLIENT_REFUSED ->
          notConnected(
              agency,
              "Active911 does not accept our own registration at the moment. You did nothing"
                  + " wrong. Nothing was stored.",
              "Tell "
                  + company
                  + " that its registration at Active911 is refused. Once that is put right, open"
                  + " the link that you were sent once more.");
      case NO_ANSWER ->
          notConnected(
              agency,
              "Active911 did not answer when we wanted to take up your permission. Nothing was"
                  + " stored.",
              "Wait a few minutes. " + OPEN_AGAIN);
      case NO_REFRESH_TOKEN ->
          notConnected(
              agency,
              "Active911 gave a permission for one day only, which is of no use here. Nothing was"
                  + " stored.",
              OPEN_AGAIN + " If it ends here again, tell " + company + ".");
      case AGENCY_DELETED ->
          notConnected(
              agency,
              "While you were at Active911, " + agency + " was removed here. Nothing was stored.",
              "If you think that this is a mistake, ask " + company + ".");
      case INVITATION_REVOKED ->
          notConnected(
              agency,
              "While you were at Active911 the invitation was taken back. Nothing was stored.",
              "If you think that this is a mistake, ask " + company + " for a new link.");
    };
  }

  private static CallbackPage notConnected(String agency, String happened, String next) {
    return new CallbackPage(Mood.BAD, agency + " was not connected", happened, next);
  }

  /** How a permission is taken back. */
  private static String withdraw(String company) {
    return "To withdraw the permission later, sign in at Active911 as somebody who may edit the"
        + " agency and remove this application in the agency's settings; or tell "
        + company
        + ", and what is kept here is erased.";
  }
}
