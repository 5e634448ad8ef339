package org.tokenbroker.console;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An e-mail that brings an officer the link, ready to be sent by the admin. */
final class InvitationLetter {

  private static final Pattern ADDRESS = Pattern.compile("[^\\s@,;<>?&]+@[^\\s@,;<>?&]+");
  private static final Pattern PLUS = Pattern.compile("+", Pattern.LITERAL);

  private InvitationLetter() {}

  /**
   * A {@code mailto:} address (RFC 6068).
   *
   * @param contact of the agency; only an e-mail address is taken over
   * @param company who asks, within a sentence
   */
  static String address(String agencyName, @Nullable String contact, String link, String company) {
    String to = contact != null && ADDRESS.matcher(contact).matches() ? encoded(contact) : "";
    String subject = "Active911: please connect " + agencyName;
    String body =
        "Hello,\r\n\r\nplease allow "
            + company
            + " to work with the data of "
            + agencyName
            + " at Active911. You need an account there with the right to edit the agency. Open"
            + " this link, which is for you alone and works once:\r\n\r\n"
            + link
            + "\r\n";
    return "mailto:" + to + "?subject=" + encoded(subject) + "&body=" + encoded(body);
  }

  private static String encoded(String text) {
    return PLUS.matcher(URLEncoder.encode(text, StandardCharsets.UTF_8)).replaceAll("%20");
  }
}
