package org.tokenbroker.active911;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.smallrye.mutiny.Uni;
import io.vertx.core.VertxException;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import jakarta.ws.rs.HttpMethod;
import jakarta.ws.rs.ProcessingException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.client.api.QuarkusRestClientProperties;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.active911.Replies.Answer;
import org.tokenbroker.oauth.ConfiguredSecrets;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.trace.Traces;

/**
 * Every call to Active911. Each is sent once, follows no redirect, reads at most 1 MB and has one
 * deadline over the whole of it: {@code ACTIVE911_TIMEOUT}, and twice that for the token endpoints,
 * since an answer that comes late may still hold the only live token. No method throws for what
 * Active911 does or fails to do: that is in the reply. All block, and are meant for virtual
 * threads.
 */
@Singleton
public class Active911 {

  private static final Logger LOG = Logger.getLogger(Active911.class);
  private static final String CLIENT_SECRET = "active911.client-secret";
  private static final String CLIENT_SECRET_NEXT = "active911.client-secret-next";
  private static final int BODY_LIMIT = 1 << 20;

  // OpenTelemetry's semantic conventions for HTTP clients, as far as they hold nothing secret.
  private static final AttributeKey<String> SERVER = AttributeKey.stringKey("server.address");
  private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
  private static final int FIRST_ERROR = 400;

  /**
   * More connections than there can be calls: none waits for one. What waits there would be neither
   * sent nor not sent when its time is over, and hold others up that have nothing to do with it.
   */
  private static final int CONNECTIONS = 10_000;

  /**
   * How long an answer is looked for once the deadline is over: a process that stood still until
   * then finds the answer waiting, which may hold the only live token.
   */
  private static final Duration LAST_LOOK = Duration.ofSeconds(1);

  private final Active911Config config;
  private final String redirectAddress;
  private final InstantSource clock;
  private final FormEndpoint tokenEndpoint;
  private final FormEndpoint personalTokenEndpoint;
  private final ApiRoot apiRoot;
  private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();

  private final ConfiguredSecrets secrets;
  private final Traces traces;

  /** The secret that Active911 took last, if it has refused another. */
  private volatile @Nullable Secret taken;

  Active911(
      Active911Config config,
      @ConfigProperty(name = "broker.public-url") URI publicUrl,
      InstantSource clock,
      ConfiguredSecrets secrets,
      Traces traces) {
    this.config = config;
    this.secrets = secrets;
    this.traces = traces;
    this.redirectAddress = redirectAddress(publicUrl);
    this.clock = clock;
    this.tokenEndpoint = client(config.tokenUrl()).build(FormEndpoint.class);
    this.personalTokenEndpoint = client(config.personalTokenUrl()).build(FormEndpoint.class);
    this.apiRoot = client(config.apiUrl()).build(ApiRoot.class);
  }

  /**
   * Without a read timeout: when a process goes on that stood still, the client's timers come
   * before the answer that has been waiting, and would throw it away. {@link #call} keeps the time.
   */
  private QuarkusRestClientBuilder client(URI address) {
    return QuarkusRestClientBuilder.newBuilder()
        .baseUri(address)
        .connectTimeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .readTimeout(0, TimeUnit.MILLISECONDS)
        .property(QuarkusRestClientProperties.CONNECTION_POOL_SIZE, CONNECTIONS)
        .followRedirects(false)
        .disableDefaultMapper(true);
  }

  private static String redirectAddress(URI publicUrl) {
    String base = publicUrl.toString();
    return (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/callback";
  }

  @PreDestroy
  void close() {
    calls.shutdownNow();
  }

  /** Where a browser goes to give consent (RFC 6749 §4.1.1). */
  public URI authorizationRequest(Scope scope, Secret state) {
    List<String> query = new ArrayList<>();
    query.add("client_id=" + encode(config.clientId()));
    query.add("response_type=code");
    query.add("scope=" + encode(scope.toString()));
    query.add("state=" + encode(state.value()));
    for (String parameter : config.redirectParameters()) {
      query.add(encode(parameter) + "=" + encode(redirectAddress));
    }
    String base = config.authorizeUrl().toString();
    return URI.create(base + (base.contains("?") ? "&" : "?") + String.join("&", query));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * Exchanges an authorization code for tokens (RFC 6749 §4.1.3). Never to be repeated: a code is
   * good for one use, and a second one may revoke what the first has won (§4.1.2).
   */
  public TokenReply exchange(Secret code, Scope scope) {
    return asClient(
        secret -> {
          MultivaluedMap<String, String> form = applicationForm("authorization_code", secret);
          form.add("scope", scope.toString());
          form.add("code", code.value());
          if (config.redirectInExchange()) {
            form.add("redirect_uri", redirectAddress);
          }
          return form;
        });
  }

  /** Presents the refresh token of an application grant (RFC 6749 §6). */
  public TokenReply refreshApplication(Secret refreshToken) {
    return asClient(
        secret -> {
          MultivaluedMap<String, String> form = applicationForm("refresh_token", secret);
          form.add("refresh_token", refreshToken.value());
          return form;
        });
  }

  /**
   * Sends a request that proves our client. Sent once; except that where Active911 refuses our
   * secret, and so has not looked at the rest (RFC 6749 §3.2.1), the other configured secret is
   * tried at once.
   */
  private TokenReply asClient(Function<Secret, MultivaluedMap<String, String>> form) {
    long deadline = System.nanoTime() + config.answerTimeout().toNanos();
    List<Secret> configured = clientSecrets();
    Secret secret = configured.getFirst();
    TokenReply reply = tokenAsClient(form.apply(secret), deadline);
    if (!isClientRefused(reply) || configured.size() == 1) {
      return reply;
    }
    Secret other = configured.getLast();
    TokenReply second = tokenAsClient(form.apply(other), deadline);
    if (second instanceof TokenReply.Unavailable) {
      // It may well have been taken. Nothing is known, which is what this reply says.
      return second;
    }
    if (!isClientRefused(second)) {
      taken = other;
      LOG.info("Active911 takes the other configured client secret now");
    }
    return second;
  }

  private TokenReply tokenAsClient(MultivaluedMap<String, String> form, long deadline) {
    return token(span(HttpMethod.POST, "token", config.tokenUrl()), tokenEndpoint, form, deadline);
  }

  /** The configured secrets, one or two, in the order in which they are to be tried. */
  private List<Secret> clientSecrets() {
    Secret first = secrets.get(CLIENT_SECRET);
    Secret next = secrets.find(CLIENT_SECRET_NEXT).orElse(first);
    if (next.equals(first)) {
      return List.of(first);
    }
    return next.equals(taken) ? List.of(next, first) : List.of(first, next);
  }

  private static boolean isClientRefused(TokenReply reply) {
    return reply instanceof TokenReply.Rejected(OAuthError error)
        && error == OAuthError.INVALID_CLIENT;
  }

  /** Presents the refresh token of a personal grant, which needs no client. */
  public TokenReply refreshPersonal(Secret refreshToken) {
    MultivaluedMap<String, String> form = new MultivaluedHashMap<>();
    form.add("refresh_token", refreshToken.value());
    return token(
        span(HttpMethod.POST, "personal token", config.personalTokenUrl()),
        personalTokenEndpoint,
        form,
        System.nanoTime() + config.answerTimeout().toNanos());
  }

  /** Asks which agency an access token is for. */
  public AgencyReply agency(Secret accessToken) {
    long deadline = System.nanoTime() + config.timeout().toNanos();
    Span span = span(HttpMethod.GET, "api root", config.apiUrl());
    return switch (call(span, () -> apiRoot.get("Bearer " + accessToken.value()), deadline)) {
      case Outcome.Answered(Answer answer) -> Replies.agency(answer);
      case Outcome.Failed(Unavailability reason) -> new AgencyReply.Unavailable(reason);
    };
  }

  private MultivaluedMap<String, String> applicationForm(String grantType, Secret secret) {
    MultivaluedMap<String, String> form = new MultivaluedHashMap<>();
    form.add("client_id", config.clientId());
    form.add("client_secret", secret.value());
    form.add("grant_type", grantType);
    return form;
  }

  private TokenReply token(
      Span span, FormEndpoint endpoint, MultivaluedMap<String, String> form, long deadline) {
    return switch (call(span, () -> endpoint.post(form), deadline)) {
      case Outcome.Answered(Answer answer) -> Replies.token(answer, clock.instant());
      case Outcome.Failed(Unavailability reason) -> new TokenReply.Unavailable(reason, null);
    };
  }

  private sealed interface Outcome {
    record Answered(Answer answer) implements Outcome {}

    record Failed(Unavailability reason) implements Outcome {}
  }

  /** What is traced of a call: where it went and what came of it, and nothing of its contents. */
  private Span span(String method, String endpoint, URI address) {
    return traces
        .start(method + " " + endpoint, SpanKind.CLIENT)
        .setAttribute(Traces.METHOD, method)
        .setAttribute(SERVER, address.getHost());
  }

  private Outcome call(Span span, Supplier<Uni<Response>> request, long deadline) {
    try {
      Outcome outcome = call(request, deadline);
      switch (outcome) {
        case Outcome.Answered(Answer answer) -> {
          span.setAttribute(Traces.STATUS, answer.status());
          if (answer.status() >= FIRST_ERROR) {
            span.setStatus(StatusCode.ERROR);
          }
        }
        case Outcome.Failed(Unavailability reason) -> {
          span.setAttribute(ERROR_TYPE, reason.name().toLowerCase(Locale.ROOT));
          span.setStatus(StatusCode.ERROR);
        }
      }
      return outcome;
    } finally {
      span.end();
    }
  }

  /**
   * Runs one request under one deadline, over the whole of it: an answer may drip. What is given up
   * is reset.
   */
  private Outcome call(Supplier<Uni<Response>> request, long deadline) {
    Future<Outcome> call = calls.submit(() -> answer(request));
    try {
      return await(call, deadline);
    } catch (TimeoutException e) {
      call.cancel(true);
      return new Outcome.Failed(Unavailability.TIMEOUT);
    } catch (InterruptedException e) {
      call.cancel(true);
      Thread.currentThread().interrupt();
      return new Outcome.Failed(Unavailability.TIMEOUT);
    } catch (ExecutionException e) {
      if (hasCause(e, ProcessingException.class)
          || hasCause(e, IOException.class)
          || hasCause(e, VertxException.class)) {
        // Only the kind of failure: a client's message may quote an address with its parameters.
        LOG.debugf("Active911 could not be called: %s", kindOf(e));
        return new Outcome.Failed(
            hasCause(e, TimeoutException.class)
                ? Unavailability.TIMEOUT
                : Unavailability.UNREACHABLE);
      }
      throw new IllegalStateException("calling Active911 failed in a way that is a bug", e);
    }
  }

  private static Outcome await(Future<Outcome> call, long deadline)
      throws InterruptedException, ExecutionException, TimeoutException {
    try {
      return call.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return call.get(LAST_LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private static Outcome answer(Supplier<Uni<Response>> request)
      throws IOException, InterruptedException, ExecutionException {
    CompletableFuture<Response> exchange = request.get().subscribeAsCompletionStage();
    try (Response response = exchange.get()) {
      byte[] body = new byte[0];
      if (response.hasEntity()) {
        try (InputStream stream = response.readEntity(InputStream.class)) {
          body = stream.readNBytes(BODY_LIMIT + 1);
        }
      }
      if (body.length > BODY_LIMIT) {
        return new Outcome.Failed(Unavailability.UNINTELLIGIBLE);
      }
      return new Outcome.Answered(
          Answer.of(response.getStatus(), response.getHeaderString(HttpHeaders.RETRY_AFTER), body));
    } finally {
      exchange.cancel(true);
    }
  }

  private static String kindOf(ExecutionException failure) {
    Throwable cause = failure.getCause();
    return (cause == null ? failure : cause).getClass().getSimpleName();
  }

  private static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }
}
