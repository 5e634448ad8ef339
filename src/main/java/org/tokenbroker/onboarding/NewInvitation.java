package org.tokenbroker.onboarding;

import java.net.URI;
import java.time.Instant;
import org.tokenbroker.oauth.Secret;

/**
 * An invitation that was just made; the only time that its link is seen.
 *
 * @param secret the last part of the link
 */
public record NewInvitation(String id, Secret secret, Instant expiresAt) {

  /**
   * The link for the officer. Whoever calls this must not let it reach a log or the audit trail.
   *
   * @param publicUrl where browsers reach the broker
   */
  public String link(URI publicUrl) {
    String base = publicUrl.toString();
    return (base.endsWith("/") ? base : base + "/") + "connect/" + secret.value();
  }
}
