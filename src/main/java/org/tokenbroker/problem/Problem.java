package org.tokenbroker.problem;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One refusal, as the caller is told (RFC 9457). It holds only our own words and what the caller
 * itself sent as a name: never a token, key, code, or text of the upstream.
 *
 * @param type which of the contract's problems it is
 * @param detail what is wrong this time and what to do
 * @param agency the agency it is about, if about one
 * @param candidate the id of the candidate that was kept, for {@link ProblemType#AGENCY_MISMATCH}
 * @param errors the fields that are wrong, for {@link ProblemType#INVALID_REQUEST}
 * @param retryAfter when to come back, for those that pass by themselves
 */
public record Problem(
    ProblemType type,
    String detail,
    @Nullable String agency,
    @Nullable String candidate,
    List<FieldError> errors,
    @Nullable Duration retryAfter) {

  /**
   * One field that is wrong.
   *
   * @param field its name as the caller sent it
   * @param message what is wrong with it
   */
  public record FieldError(String field, String message) {}

  public Problem {
    errors = List.copyOf(errors);
  }

  public static Problem of(ProblemType type, String detail) {
    return new Problem(type, detail, null, null, List.of(), null);
  }

  /** A request of which one field is wrong. */
  public static Problem invalid(String field, String message) {
    return new Problem(
        ProblemType.INVALID_REQUEST,
        "One field is not valid: " + field,
        null,
        null,
        List.of(new FieldError(field, message)),
        null);
  }

  public Problem about(String newAgency) {
    return new Problem(type, detail, newAgency, candidate, errors, retryAfter);
  }

  public Problem withCandidate(String newCandidate) {
    return new Problem(type, detail, agency, newCandidate, errors, retryAfter);
  }

  public Problem retryAfter(Duration newRetryAfter) {
    return new Problem(type, detail, agency, candidate, errors, newRetryAfter);
  }

  /** The problem as an exception, for code that can only answer by throwing. */
  public ProblemException toException() {
    return new ProblemException(this);
  }
}
