package org.tokenbroker.audit;

import io.quarkus.arc.Arc;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** On whose account the present thread works. */
interface CurrentOrigin {

  /**
   * Where an event comes from.
   *
   * @param requestId of the request in which it happened; null: in none
   */
  record Origin(Actor actor, @Nullable String requestId) {}

  Origin get();

  /** Whatever the present request does from now on, this one does. */
  void actAs(Actor actor);

  /** The request that the present thread answers; without one, the broker itself acts. */
  @Singleton
  final class OfTheRequest implements CurrentOrigin {

    private final CurrentVertxRequest current;

    OfTheRequest(CurrentVertxRequest current) {
      this.current = current;
    }

    private @Nullable RoutingContext request() {
      return Arc.container().requestContext().isActive() ? current.getCurrent() : null;
    }

    @Override
    public void actAs(Actor actor) {
      RoutingContext request = request();
      if (request != null) {
        actor.attachTo(request);
      }
    }

    @Override
    public Origin get() {
      RoutingContext request = request();
      return request == null
          ? new Origin(Actor.BROKER, null)
          : new Origin(Actor.of(request), RequestId.of(request));
    }
  }
}
