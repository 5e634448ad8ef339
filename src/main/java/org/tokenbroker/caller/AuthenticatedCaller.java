package org.tokenbroker.caller;

import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * An internal service that has proved who it is.
 *
 * @param name its name among the callers
 * @param allAgencies whether every agency is granted to it, present and to come
 * @param agencies the slugs of the agencies granted to it one by one
 */
public record AuthenticatedCaller(String name, boolean allAgencies, Set<String> agencies)
    implements Identity {

  private static final String KEY = AuthenticatedCaller.class.getName();

  public AuthenticatedCaller {
    agencies = Set.copyOf(agencies);
  }

  /** Whether it may have this agency's tokens; the agency need not exist. */
  public boolean mayRead(String agency) {
    return allAgencies || agencies.contains(agency);
  }

  void attachTo(RoutingContext request) {
    request.put(KEY, this);
  }

  /** Whose request this is; a request that no caller was authenticated for is refused. */
  public static AuthenticatedCaller of(RoutingContext request) {
    AuthenticatedCaller caller = request.get(KEY);
    if (caller == null) {
      throw Problem.of(ProblemType.FORBIDDEN, "This is for callers.").toException();
    }
    return caller;
  }
}
