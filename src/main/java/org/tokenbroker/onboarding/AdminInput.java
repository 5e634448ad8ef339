package org.tokenbroker.onboarding;

import jakarta.inject.Singleton;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Validator;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencySettings;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.refresh.Refresher;

/** Holds what an admin fills in on a form against the rules that a JSON body is held against. */
@Singleton
public class AdminInput {

  private final Validator validator;
  private final DatabaseClock clock;

  AdminInput(Validator validator, DatabaseClock clock) {
    this.validator = validator;
    this.clock = clock;
  }

  /** An agency's settings, looked at. */
  public sealed interface Settings {
    /** They can be stored. */
    record Valid(AgencySettings settings) implements Settings {}

    /**
     * They cannot.
     *
     * @param faults by field, in snake case, what is wrong with it, as the rest of a sentence
     */
    record Invalid(Map<String, String> faults) implements Settings {
      public Invalid {
        faults = Map.copyOf(faults);
      }
    }
  }

  /** Looks at an agency's settings; null stands for what was left empty. */
  public Settings settings(
      @Nullable String name,
      String scope,
      @Nullable String expectedActive911Id,
      @Nullable String contact) {
    Map<String, String> faults = new TreeMap<>();
    Class<AgenciesResource.Settings> body = AgenciesResource.Settings.class;
    fault(body, "name", name).ifPresent(fault -> faults.put("name", fault));
    fault(body, "scope", scope)
        .or(() -> scopeFault(scope))
        .ifPresent(fault -> faults.put("scope", fault));
    fault(body, "expectedActive911Id", expectedActive911Id)
        .ifPresent(fault -> faults.put("expected_active911_id", fault));
    fault(body, "contact", contact).ifPresent(fault -> faults.put("contact", fault));
    if (name == null || !faults.isEmpty()) {
      return new Settings.Invalid(faults);
    }
    return new Settings.Valid(
        new AgencySettings(name, Scope.parse(scope), expectedActive911Id, contact));
  }

  /** What is wrong with a refresh token that is to be imported, as the rest of a sentence. */
  public Optional<String> refreshTokenFault(@Nullable String refreshToken) {
    return fault(AgenciesResource.ImportRequest.class, "refreshToken", refreshToken);
  }

  /**
   * What is wrong with the time at which a refresh token was first issued, as the rest of a
   * sentence.
   */
  public Optional<String> issuedAtFault(Instant issuedAt) {
    Instant now = clock.instant();
    return issuedAt.isAfter(now.plusSeconds(60))
            || issuedAt.plus(Refresher.REFRESH_TOKEN_LIFE).isBefore(now)
        ? Optional.of("must lie within the last year")
        : Optional.empty();
  }

  /** What is wrong with a scope that is to be asked for, as the rest of a sentence. */
  static Optional<String> scopeFault(String text) {
    try {
      return Scope.parse(text).contains(Scope.READ_AGENCY)
          ? Optional.empty()
          : Optional.of("must hold " + Scope.READ_AGENCY);
    } catch (IllegalArgumentException e) {
      return Optional.of("must be scope names separated by spaces");
    }
  }

  private <T> Optional<String> fault(Class<T> body, String property, @Nullable String value) {
    Set<ConstraintViolation<T>> violations = validator.validateValue(body, property, value);
    return violations.stream().map(ConstraintViolation::getMessage).sorted().findFirst();
  }
}
