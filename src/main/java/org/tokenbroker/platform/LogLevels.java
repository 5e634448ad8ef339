package org.tokenbroker.platform;

import io.quarkus.vertx.http.ManagementInterface;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logmanager.Level;
import org.jspecify.annotations.Nullable;

/**
 * Changes what this replica logs, while it runs, on the management port:
 *
 * <ul>
 *   <li>{@code GET /q/log-levels}: what was changed
 *   <li>{@code PUT /q/log-levels/org.tokenbroker.refresh} with {@code DEBUG}
 *   <li>{@code DELETE /q/log-levels/org.tokenbroker.refresh}: as it was at the start
 * </ul>
 *
 * <p>Of our own categories only: what libraries say at finer levels may quote secrets. And the
 * management port asks nobody who he is.
 */
@Singleton
class LogLevels {

  private static final Logger LOG = Logger.getLogger(LogLevels.class);

  private static final String PATH = "/q/log-levels";

  private static final Pattern OURS = Pattern.compile("org\\.tokenbroker(\\.[a-zA-Z0-9]+){0,4}");

  private static final Map<String, Level> LEVELS =
      Map.of(
          "ERROR", Level.ERROR,
          "WARN", Level.WARN,
          "INFO", Level.INFO,
          "DEBUG", Level.DEBUG,
          "TRACE", Level.TRACE);

  private static final int LONGEST_BODY = 16;

  /**
   * What was changed, and how it was before. The loggers are held, since the log forgets the level
   * of one that nobody holds.
   */
  private final Map<String, Changed> changed = new ConcurrentHashMap<>();

  private record Changed(
      java.util.logging.Logger logger, java.util.logging.@Nullable Level before, String now) {}

  void register(@Observes ManagementInterface management) {
    management.router().get(PATH).handler(this::show);
    management
        .router()
        .route(HttpMethod.PUT, PATH + "/:category")
        .handler(BodyHandler.create(false).setBodyLimit(LONGEST_BODY))
        .handler(this::change);
    management.router().delete(PATH + "/:category").handler(this::restore);
  }

  private void show(RoutingContext request) {
    JsonObject levels = new JsonObject();
    new TreeMap<>(changed).forEach((category, change) -> levels.put(category, change.now()));
    request.response().putHeader("Content-Type", "application/json").end(levels.encode());
  }

  private void change(RoutingContext request) {
    String category = request.pathParam("category");
    String level = request.body().asString();
    if (level == null || !LEVELS.containsKey(level.strip()) || !OURS.matcher(category).matches()) {
      request
          .response()
          .setStatusCode(400)
          .end("PUT one of ERROR, WARN, INFO, DEBUG, TRACE for org.tokenbroker or what is below\n");
      return;
    }
    set(category, level.strip());
    request.response().setStatusCode(204).end();
  }

  private void set(String category, String level) {
    changed.compute(
        category,
        (name, before) -> {
          java.util.logging.Logger logger = java.util.logging.Logger.getLogger(name);
          java.util.logging.Level was = before == null ? logger.getLevel() : before.before();
          logger.setLevel(LEVELS.get(level));
          return new Changed(logger, was, level);
        });
    LOG.infof("%s is logged from %s on", category, level);
  }

  private void restore(RoutingContext request) {
    Changed change = changed.remove(request.pathParam("category"));
    if (change != null) {
      change.logger().setLevel(change.before());
      LOG.infof("%s is logged as it was at the start", change.logger().getName());
    }
    request.response().setStatusCode(204).end();
  }
}
