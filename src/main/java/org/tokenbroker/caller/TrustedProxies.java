package org.tokenbroker.caller;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose word on a client's address is taken: what each of these proxies adds to {@code
 * X-Forwarded-For} is true, and what stands left of it is true only if a trusted proxy wrote that
 * too.
 */
public final class TrustedProxies {

  private final List<IpSubnetFilterRule> networks;

  private TrustedProxies(List<IpSubnetFilterRule> networks) {
    this.networks = networks;
  }

  /**
   * Reads a list such as {@code 10.0.0.0/8, 192.0.2.7, fd00::/8}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static TrustedProxies parse(String list) {
    List<IpSubnetFilterRule> networks = new ArrayList<>();
    for (String text : list.split(",", -1)) {
      String network = text.strip();
      int slash = network.indexOf('/');
      InetAddress address =
          InetAddress.ofLiteral(slash < 0 ? network : network.substring(0, slash));
      int bits = address.getAddress().length * Byte.SIZE;
      networks.add(
          new IpSubnetFilterRule(
              address,
              slash < 0 ? bits : Integer.parseInt(network.substring(slash + 1)),
              IpFilterRuleType.ACCEPT));
    }
    return new TrustedProxies(List.copyOf(networks));
  }

  /** None. */
  static TrustedProxies none() {
    return new TrustedProxies(List.of());
  }

  private boolean contains(InetAddress address) {
    InetSocketAddress socket = new InetSocketAddress(address, 0);
    return networks.stream().anyMatch(network -> network.matches(socket));
  }

  /**
   * Where a request comes from.
   *
   * @param peer who is connected
   * @param forwardedFor the lines of {@code X-Forwarded-For}
   */
  InetAddress client(InetAddress peer, List<String> forwardedFor) {
    InetAddress client = peer;
    List<String> hops = List.of(String.join(",", forwardedFor).split(",", -1));
    for (String hop : hops.reversed()) {
      if (!contains(client)) {
        return client;
      }
      InetAddress before = address(hop.strip());
      if (before == null) {
        return client;
      }
      client = before;
    }
    return client;
  }

  /** Of an address as proxies write it, some with a port; null if it is none. */
  private static @Nullable InetAddress address(String text) {
    String address = text;
    if (text.startsWith("[") && text.indexOf(']') > 0) {
      address = text.substring(1, text.indexOf(']'));
    } else if (text.indexOf(':') >= 0 && text.indexOf(':') == text.lastIndexOf(':')) {
      address = text.substring(0, text.indexOf(':'));
    }
    try {
      return InetAddress.ofLiteral(address);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
