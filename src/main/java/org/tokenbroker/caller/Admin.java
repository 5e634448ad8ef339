package org.tokenbroker.caller;

import io.vertx.ext.web.RoutingContext;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * A person or pipeline that has proved to be an admin.
 *
 * @param name the name among the admins; {@code bootstrap} for the key of the configuration
 */
public record Admin(String name) {

  /** The admin whose key stands in the configuration. */
  public static final Admin BOOTSTRAP = new Admin("bootstrap");

  private static final String KEY = Admin.class.getName();

  void attachTo(RoutingContext request) {
    request.put(KEY, this);
  }

  /** Whose request this is; a request that no admin was authenticated for is refused. */
  public static Admin of(RoutingContext request) {
    Admin admin = request.get(KEY);
    if (admin == null) {
      throw Problem.of(ProblemType.FORBIDDEN, "This is for admins.").toException();
    }
    return admin;
  }
}
