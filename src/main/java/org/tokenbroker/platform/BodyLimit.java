package org.tokenbroker.platform;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.ext.Provider;
import jakarta.ws.rs.ext.ReaderInterceptor;
import jakarta.ws.rs.ext.ReaderInterceptorContext;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.Audience;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemException;
import org.tokenbroker.problem.ProblemType;

/**
 * Refuses bodies that are too large: by what they say of their length, and where they say nothing,
 * by what is read of them. The server's own limit answers without a problem, so it stands further
 * out.
 */
@Provider
@Singleton
public class BodyLimit implements ReaderInterceptor {

  private static final int LIMIT = 64 * 1024;

  /** After it is known whose request it is, and before anything else of it is looked at. */
  @ServerRequestFilter(
      preMatching = true,
      nonBlocking = true,
      priority = Priorities.AUTHENTICATION + 1)
  public void refuseByLength(RoutingContext context) {
    HttpServerRequest request = context.request();
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length != null) {
      if (exceeds(length)) {
        // The rest of the body is not read, so the connection cannot be used again.
        close(request);
        throw tooLarge();
      }
    } else if (request.getHeader("Transfer-Encoding") != null
        && Audience.of(context.normalizedPath()) == Audience.BROWSERS) {
      close(request);
      throw Problem.of(ProblemType.INVALID_REQUEST, "A form must say how long it is.")
          .toException();
    }
  }

  /** Over HTTP/2 a stream ends by itself, and there is no such header (RFC 9113 section 8.2.2). */
  private static void close(HttpServerRequest request) {
    if (request.version() != HttpVersion.HTTP_2) {
      request.response().putHeader("Connection", "close");
    }
  }

  private static boolean exceeds(String length) {
    try {
      return Long.parseLong(length) > LIMIT;
    } catch (NumberFormatException e) {
      return true;
    }
  }

  @Override
  public @Nullable Object aroundReadFrom(ReaderInterceptorContext context) throws IOException {
    context.setInputStream(new Limited(context.getInputStream()));
    return context.proceed();
  }

  private static ProblemException tooLarge() {
    return Problem.of(ProblemType.TOO_LARGE, "A body may have 64 KB at most.").toException();
  }

  private static final class Limited extends FilterInputStream {
    private int read;

    Limited(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      count(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = super.read(bytes, offset, length);
      count(Math.max(0, count));
      return count;
    }

    private void count(int more) {
      read += more;
      if (read > LIMIT) {
        throw tooLarge();
      }
    }
  }
}
