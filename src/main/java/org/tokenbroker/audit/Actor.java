package org.tokenbroker.audit;

import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who did something.
 *
 * @param name among those of its kind; null where the kind says it all
 */
public record Actor(Kind kind, @Nullable String name) {

  /** The broker itself, on its own account. */
  public static final Actor BROKER = new Actor(Kind.BROKER, null);

  /** Somebody who proved nothing. */
  public static final Actor UNKNOWN = new Actor(Kind.UNKNOWN, null);

  private static final String KEY = Actor.class.getName();

  /** What an actor can be; its text is its name in lower case. */
  public enum Kind {
    CALLER,
    ADMIN,
    OFFICER,
    BROKER,
    UNKNOWN;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static Actor admin(String name) {
    return new Actor(Kind.ADMIN, name);
  }

  /**
   * An agency's officer, of whom no more is known.
   *
   * @param invitation the id of the invitation through which he came
   */
  public static Actor officer(String invitation) {
    return new Actor(Kind.OFFICER, invitation);
  }

  public static Actor caller(String name) {
    return new Actor(Kind.CALLER, name);
  }

  /** Whatever this request changes from now on, this one does. */
  public void attachTo(RoutingContext request) {
    request.put(KEY, this);
  }

  /** Whose request this is, as far as it is known by now. */
  static Actor of(RoutingContext request) {
    Actor actor = request.get(KEY);
    return actor == null ? UNKNOWN : actor;
  }
}
