package org.tokenbroker.caller;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.problem.Problem;
import org.tokenbroker.problem.ProblemType;

/**
 * How often somebody may fail to prove who they are, by the address they come from; of IPv6 by the
 * network, since whoever has one address has all of it. Counted by each replica for itself.
 *
 * <p>From where that is used up no key that people may have chosen is looked at any further, so
 * that it cannot be guessed. Generated keys and signatures cannot be guessed anyway, so those who
 * present one are not asked for this unless it is wrong: a neighbour behind the same address who
 * fails all the time does not keep them out.
 */
@Singleton
public class FailedAuthentications {

  private static final Duration PERIOD = Duration.ofMinutes(1);
  private static final int ADDRESSES = 50_000;
  private static final int IPV6_NETWORK_BYTES = 8;

  private final int perMinute;
  private final TrustedProxies proxies;
  private final LongSupplier nanoTime;
  private final Cache<InetAddress, TokenBucket> buckets =
      Caffeine.newBuilder().maximumSize(ADDRESSES).expireAfterAccess(PERIOD.plus(PERIOD)).build();

  @Inject
  FailedAuthentications(
      @ConfigProperty(name = "broker.failed-authentication-rate", defaultValue = "30")
          int perMinute,
      @ConfigProperty(name = "broker.trusted-proxies") Optional<String> proxies) {
    this(
        perMinute,
        proxies.map(TrustedProxies::parse).orElseGet(TrustedProxies::none),
        System::nanoTime);
  }

  FailedAuthentications(int perMinute, TrustedProxies proxies, LongSupplier nanoTime) {
    this.perMinute = perMinute;
    this.proxies = proxies;
    this.nanoTime = nanoTime;
  }

  /** Refuses to look at what a request brings along, if too many from there have failed. */
  public void refuseIfTooMany(RoutingContext request) {
    Duration wait = untilNext(address(request));
    if (!wait.isZero()) {
      throw Problem.of(
              ProblemType.TOO_MANY_REQUESTS,
              "Too many attempts to authenticate have failed from this address.")
          .retryAfter(wait.plusSeconds(1))
          .toException();
    }
  }

  /** How long nobody from there is looked at; zero: they are. */
  Duration untilNext(InetAddress address) {
    TokenBucket bucket = buckets.getIfPresent(address);
    return bucket == null ? Duration.ZERO : bucket.untilNext(nanoTime.getAsLong());
  }

  /** Takes note of a failure. */
  public void note(RoutingContext request) {
    note(address(request));
  }

  void note(InetAddress address) {
    long now = nanoTime.getAsLong();
    TokenBucket bucket = buckets.get(address, _ -> new TokenBucket(perMinute, PERIOD, now));
    // One more than there is room for changes nothing: nobody is kept out for longer by trying on.
    bucket.take(now);
  }

  /** Where a request comes from, as far as it is told apart. */
  public InetAddress address(RoutingContext request) {
    InetAddress peer = peer(request.request().remoteAddress().hostAddress());
    return network(proxies.client(peer, request.request().headers().getAll("X-Forwarded-For")));
  }

  private static InetAddress peer(@Nullable String address) {
    return address == null ? InetAddress.getLoopbackAddress() : InetAddress.ofLiteral(address);
  }

  static InetAddress network(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address;
    }
    byte[] bytes = address.getAddress();
    Arrays.fill(bytes, IPV6_NETWORK_BYTES, bytes.length, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of 16 bytes is one", e);
    }
  }
}
