package org.tokenbroker.console;

import io.vertx.ext.web.RoutingContext;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.caller.Role;
import org.tokenbroker.oauth.Secret;

/**
 * A signed-in admin's session.
 *
 * @param id the value of the session's cookie
 * @param admin whose it is
 */
record Session(Secret id, Admin admin) {

  private static final String KEY = Session.class.getName();

  /** What each form of this session carries. */
  public String csrfToken() {
    return CsrfToken.of(id);
  }

  /** Whether pages show what operators may do. */
  public boolean mayOperate() {
    return admin.role().includes(Role.OPERATOR);
  }

  /** Whether pages show what only full admins may do. */
  public boolean mayAdminister() {
    return admin.role().includes(Role.ADMIN);
  }

  void attachTo(RoutingContext request) {
    request.put(KEY, this);
  }

  /** The session of a request to a page that is {@link SignedIn}. */
  static Session of(RoutingContext request) {
    Session session = request.get(KEY);
    if (session == null) {
      throw new IllegalStateException("this page does not ask for a session");
    }
    return session;
  }
}
