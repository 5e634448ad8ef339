package org.tokenbroker.console;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.caller.AdminStatus;

/**
 * An admin as the pages show it.
 *
 * @param configured whether it is the one of the configuration, which is not changed here
 * @param self whether it is who looks at the page
 * @param lastKeyUse when one of its keys was used last
 */
record AdminView(
    String name,
    String role,
    boolean configured,
    boolean self,
    List<KeyView> keys,
    @Nullable Moment lastKeyUse) {

  static AdminView of(AdminStatus status, Session session, Instant now) {
    return new AdminView(
        status.name(),
        status.role().word(),
        status.name().equals(Admin.BOOTSTRAP.name()),
        status.name().equals(session.admin().name()),
        KeyView.of(status.keys(), now),
        KeyView.lastUse(status.keys(), now));
  }
}
