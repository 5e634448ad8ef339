package org.tokenbroker.caller;

import io.vertx.ext.web.RoutingContext;
import org.tokenbroker.audit.Actor;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * A person or pipeline that has proved to be an admin.
 *
 * @param name the name among the admins; {@code bootstrap} for the key of the configuration
 * @param role what the admin may do
 */
public record Admin(String name, Role role) implements Identity {

  /** The admin whose key stands in the configuration: the way in that cannot be lost. */
  public static final Admin BOOTSTRAP = new Admin("bootstrap", Role.ADMIN);

  private static final String KEY = Admin.class.getName();

  /** Makes it the admin whose request this is. */
  public void attachTo(RoutingContext request) {
    request.put(KEY, this);
    Actor.admin(name).attachTo(request);
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
