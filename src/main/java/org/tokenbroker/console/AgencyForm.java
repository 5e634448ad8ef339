package org.tokenbroker.console;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencyStatus;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.onboarding.AdminInput;
import org.tokenbroker.problem.Slug;

/**
 * The form for an agency's settings, as it is filled in.
 *
 * @param slug of the agency; empty: to be made from the name
 * @param scope the ticked scope tokens
 * @param faults by field, what is wrong with it, as a whole sentence
 */
record AgencyForm(
    String name,
    String slug,
    Set<String> scope,
    String expectedActive911Id,
    String contact,
    Map<String, String> faults) {

  private static final int SLUG_LENGTH = 63;
  private static final Pattern MARKS = Pattern.compile("\\p{M}+");
  private static final Pattern OTHERS = Pattern.compile("[^a-z0-9]+");
  private static final Pattern OUTER_HYPHENS = Pattern.compile("^-+|-+$");

  AgencyForm {
    scope = new LinkedHashSet<>(scope);
    faults = Map.copyOf(faults);
  }

  /** What was sent; a field that is not there counts as left empty. */
  static AgencyForm sent(
      @Nullable String name,
      @Nullable String slug,
      @Nullable List<String> scope,
      @Nullable String expectedActive911Id,
      @Nullable String contact) {
    Set<String> tokens = new LinkedHashSet<>();
    tokens.add(Scope.READ_AGENCY);
    if (scope != null) {
      tokens.addAll(scope);
    }
    return new AgencyForm(
        stripped(name),
        stripped(slug),
        tokens,
        stripped(expectedActive911Id),
        stripped(contact),
        Map.of());
  }

  /** An empty form. */
  static AgencyForm empty(Scope scope) {
    return new AgencyForm("", "", scope.tokens(), "", "", Map.of());
  }

  /** The form with what is stored. */
  static AgencyForm of(AgencyStatus status) {
    return new AgencyForm(
        status.name(),
        status.agency(),
        Scope.parse(status.scopeRequested()).tokens(),
        status.expectedActive911Id() == null ? "" : status.expectedActive911Id(),
        status.contact() == null ? "" : status.contact(),
        Map.of());
  }

  AgencyForm withSlug(String newSlug) {
    return new AgencyForm(name, newSlug, scope, expectedActive911Id, contact, faults);
  }

  /** What is said where a short name, of whatever it is, has not the form of one. */
  static final String SLUG_FAULT =
      "This must be made of a-z, 0-9 and hyphens, begin with a letter or a digit, and be 63"
          + " characters long at most.";

  AgencyForm withExpectedActive911Id(String id) {
    return new AgencyForm(name, slug, scope, id, contact, faults);
  }

  /** The form, with the fault of its slug if that is of the wrong form. */
  AgencyForm checkedSlug() {
    return Slug.matches(slug) ? this : withFault("slug", SLUG_FAULT);
  }

  AgencyForm withFault(String field, String sentence) {
    Map<String, String> more = new HashMap<>(faults);
    more.put(field, sentence);
    return new AgencyForm(name, slug, scope, expectedActive911Id, contact, more);
  }

  AgencyForm withFaults(AdminInput.Settings.Invalid invalid) {
    Map<String, String> sentences = new HashMap<>(faults);
    invalid.faults().forEach((field, fault) -> sentences.put(field, "This " + fault + "."));
    return new AgencyForm(name, slug, scope, expectedActive911Id, contact, sentences);
  }

  /** Holds it against the rules. */
  AdminInput.Settings check(AdminInput input) {
    return input.settings(
        name.isEmpty() ? null : name,
        String.join(" ", scope),
        expectedActive911Id.isEmpty() ? null : expectedActive911Id,
        contact.isEmpty() ? null : contact);
  }

  /** What is wrong with a field; null if nothing is. */
  public @Nullable String fault(String field) {
    return faults.get(field);
  }

  /** The scope to choose from. */
  public List<Permission> permissions() {
    return Permission.all(scope, Set.of());
  }

  /** A slug made from the name; empty if the name holds nothing that could stand in one. */
  String suggestedSlug() {
    String plain =
        MARKS
            .matcher(Normalizer.normalize(name, Normalizer.Form.NFKD))
            .replaceAll("")
            .toLowerCase(Locale.ROOT);
    String slug = OUTER_HYPHENS.matcher(OTHERS.matcher(plain).replaceAll("-")).replaceAll("");
    return slug.length() <= SLUG_LENGTH
        ? slug
        : OUTER_HYPHENS.matcher(slug.substring(0, SLUG_LENGTH)).replaceAll("");
  }

  private static String stripped(@Nullable String field) {
    return field == null ? "" : field.strip();
  }
}
