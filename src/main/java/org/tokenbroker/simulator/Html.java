package org.tokenbroker.simulator;

import java.util.List;

/** Pieces of the simulator's pages. All work without a script. */
final class Html {

  /** Up to so many agencies stand in a list to choose from; of more, the id is typed in. */
  private static final int CHOICES = 500;

  private static final String STYLE =
      """
      :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
      body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
      header { border-bottom: 1px solid; opacity: .75; font-size: .875rem; }
      form { margin: 1rem 0; }
      form.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: .5rem 0; }
      label { display: block; margin: .5rem 0; }
      form.row label { margin: 0; }
      input:not([type=checkbox]), select { display: block; font: inherit; padding: .25rem .5rem;
        max-width: 100%; box-sizing: border-box; }
      button { font: inherit; padding: .375rem 1rem; cursor: pointer; }
      fieldset { margin: .5rem 0; } fieldset button { margin: .125rem; }
      code, input.token { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
      input.token { width: 100%; }
      table { border-collapse: collapse; }
      th, td { text-align: left; padding: .125rem 1rem .125rem 0; vertical-align: top; }
      """;

  private Html() {}

  /** A whole page. */
  static String page(String title, String content) {
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%s</title>
        <style>
        %s</style>
        </head>
        <body>
        <header>Active911 simulator: nothing here is real</header>
        <main>
        %s
        </main>
        </body>
        </html>
        """
        .formatted(escape(title), STYLE, content);
  }

  /** A text as the content of an element or of a quoted attribute. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** The form by which anybody signs in under any name. */
  static String signIn(String action) {
    return """
        <h1>Sign in</h1>
        <form method="post" action="%s">
        <input type="hidden" name="action" value="sign_in">
        <label>Your name <input name="name" value="chief" required maxlength="100"></label>
        <button type="submit">Sign in</button>
        </form>
        <p>Any name will do.</p>
        """
        .formatted(escape(action));
  }

  /** Where an agency is chosen, as the parameter {@code agency}. */
  static String agencyChoice(List<SimulatedAgency> agencies) {
    StringBuilder html = new StringBuilder("<label>Agency ");
    if (agencies.size() > CHOICES) {
      SimulatedAgency first = agencies.getFirst();
      html.append("<input name=\"agency\" required value=\"%s\">".formatted(escape(first.id())));
      html.append(" (the id of one of %d)".formatted(agencies.size()));
    } else {
      html.append("<select name=\"agency\" required>");
      for (SimulatedAgency agency : agencies) {
        html.append(
            "<option value=\"%s\">%s (%s)</option>"
                .formatted(escape(agency.id()), escape(agency.name()), escape(agency.id())));
      }
      html.append("</select>");
    }
    return html.append("</label>").toString();
  }
}
