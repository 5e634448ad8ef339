package org.tokenbroker.problem;

/** Ends a request with a {@link Problem}. Carries no stack trace: it is an answer, not a bug. */
public final class ProblemException extends RuntimeException {

  private final transient Problem problem;

  ProblemException(Problem problem) {
    super(problem.type().uri(), null, false, false);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
