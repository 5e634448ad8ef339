package org.tokenbroker.console;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import jakarta.inject.Named;
import jakarta.inject.Singleton;

/** Who looks at a page, for what stands above all of them. */
@Singleton
@Named("viewer")
class Viewer {

  private final CurrentVertxRequest request;

  Viewer(CurrentVertxRequest request) {
    this.request = request;
  }

  /** Who is signed in. */
  public String name() {
    return session().admin().name();
  }

  /** The role, as it is written outside. */
  public String role() {
    return session().admin().role().word();
  }

  private Session session() {
    return Session.of(request.getCurrent());
  }
}
