package org.tokenbroker.console;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.CallerStatus;
import org.tokenbroker.caller.Callers;
import org.tokenbroker.problem.Slug;

/**
 * The form for a caller, as it is filled in.
 *
 * @param all whether it is to read every agency; what stands under agencies is then of no account
 * @param agencies short names, with spaces, commas or line ends between them
 * @param faults by field, what is wrong with it, as a whole sentence
 */
record CallerForm(
    String name,
    boolean all,
    String agencies,
    String issuer,
    String subject,
    String certificateSubject,
    Map<String, String> faults) {

  private static final Pattern BETWEEN = Pattern.compile("[\\s,;]+");

  CallerForm {
    faults = Map.copyOf(faults);
  }

  static CallerForm empty() {
    return new CallerForm("", false, "", "", "", "", Map.of());
  }

  /** What was sent; a field that is not there counts as left empty. */
  static CallerForm sent(
      @Nullable String name,
      @Nullable String all,
      @Nullable String agencies,
      @Nullable String issuer,
      @Nullable String subject,
      @Nullable String certificateSubject) {
    return new CallerForm(
        stripped(name),
        all != null,
        stripped(agencies),
        stripped(issuer),
        stripped(subject),
        stripped(certificateSubject),
        Map.of());
  }

  /** The form with what is stored. */
  static CallerForm of(CallerStatus status) {
    boolean all = status.agencies().contains(Callers.ALL);
    return new CallerForm(
        status.caller(),
        all,
        all ? "" : String.join("\n", status.agencies()),
        stripped(status.issuer()),
        stripped(status.subject()),
        stripped(status.certificateSubject()),
        Map.of());
  }

  CallerForm withFault(String field, String sentence) {
    Map<String, String> more = new HashMap<>(faults);
    more.put(field, sentence);
    return new CallerForm(name, all, agencies, issuer, subject, certificateSubject, more);
  }

  /** What is wrong with a field; null if nothing is. */
  public @Nullable String fault(String field) {
    return faults.get(field);
  }

  /** What is to be stored, if nothing is wrong with it. */
  Callers.Settings settings() {
    return new Callers.Settings(
        all ? Set.of(Callers.ALL) : names(),
        issuer.isEmpty() ? null : issuer,
        subject.isEmpty() ? null : subject,
        certificateSubject.isEmpty() ? null : certificateSubject);
  }

  /** The form with everything said that is wrong with it. */
  CallerForm checked() {
    CallerForm checked = this;
    if (!Slug.matches(name)) {
      checked = checked.withFault("name", AgencyForm.SLUG_FAULT);
    }
    for (Map.Entry<String, String> fault : settings().faults().entrySet()) {
      checked = checked.withFault(fault.getKey(), sentence(fault.getValue()));
    }
    List<String> none =
        all ? List.of() : names().stream().filter(word -> !Slug.matches(word)).toList();
    if (!none.isEmpty()) {
      checked =
          checked.withFault(
              "agencies",
              none.stream().limit(3).collect(Collectors.joining("”, “", "“", "”"))
                  + (none.size() == 1 ? " is no short name" : " are no short names")
                  + " of an agency; those look like springfield-fd.");
    }
    return checked;
  }

  private Set<String> names() {
    return Arrays.stream(BETWEEN.split(agencies))
        .filter(word -> !word.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String sentence(String fault) {
    return fault.startsWith("must ")
        ? "This " + fault + "."
        : fault.substring(0, 1).toUpperCase(Locale.ROOT) + fault.substring(1) + ".";
  }

  private static String stripped(@Nullable String field) {
    return field == null ? "" : field.strip();
  }
}
