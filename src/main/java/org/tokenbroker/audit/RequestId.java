package org.tokenbroker.audit;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jboss.logging.MDC;
import org.jspecify.annotations.Nullable;

/**
 * Gives each request a name that is in its answer, in each line that is logged for it, and in the
 * audit trail. Who sends one keeps it, if it has the form of one.
 */
@Singleton
class RequestId {

  static final CharSequence HEADER = HttpHeaders.createOptimized("X-Request-ID");

  /** Its name in the log's context. */
  static final String LOG_KEY = "request_id";

  /** A UUID, and whatever proxies make; not a token or key of ours or of Active911. */
  private static final Pattern FORM = Pattern.compile("[0-9A-Za-z-]{1,36}");

  /** Before everything else, so that whatever happens to a request happens to a named one. */
  private static final int FIRST = 1000;

  /** Reads that memory answers are over by then, and most requests are such. */
  private static final int BEHIND_WHAT_LOGS_NOTHING = 800;

  private static final int PREFIX_BYTES = 6;

  /** Random once, counted on from there: unique, and made without asking for more randomness. */
  private final String prefix;

  private final AtomicLong count = new AtomicLong();

  RequestId(SecureRandom random) {
    byte[] bytes = new byte[PREFIX_BYTES];
    random.nextBytes(bytes);
    this.prefix = HexFormat.of().formatHex(bytes) + '-';
  }

  void register(@Observes Filters filters) {
    filters.register(this::name, FIRST);
    filters.register(RequestId::nameInLog, BEHIND_WHAT_LOGS_NOTHING);
  }

  private void name(RoutingContext request) {
    String sent = request.request().getHeader(HEADER);
    String id =
        sent != null && FORM.matcher(sent).matches()
            ? sent
            : prefix + Long.toHexString(count.incrementAndGet());
    request.response().putHeader(HEADER, id);
    request.next();
  }

  private static void nameInLog(RoutingContext request) {
    MDC.put(LOG_KEY, of(request));
    request.next();
  }

  static @Nullable String of(RoutingContext request) {
    return request.response().headers().get(HEADER);
  }
}
