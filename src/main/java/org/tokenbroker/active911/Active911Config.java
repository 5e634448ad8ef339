package org.tokenbroker.active911;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Where Active911 is and who we are there. */
@ConfigMapping(prefix = "active911")
public interface Active911Config {

  /** The client id of our registration. */
  String clientId();

  /** The secret of our registration, as it was at the start. */
  String clientSecret();

  /**
   * The secret that Active911 is about to take instead; tried where it refuses the first. As it was
   * at the start.
   */
  Optional<String> clientSecretNext();

  /** The scope of an agency for which none was set. */
  @WithDefault("read_agency")
  String scope();

  /** The authorization endpoint (RFC 6749 §3.1). */
  @WithDefault("https://access.active911.com/interface/open_api/authorize_agency.php")
  URI authorizeUrl();

  /** The token endpoint (RFC 6749 §3.2) of application grants. */
  @WithDefault("https://access.active911.com/interface/open_api/token.php")
  URI tokenUrl();

  /** The root of the API, which names the agency that a token is for. */
  @WithDefault("https://access.active911.com/interface/open_api/api/")
  URI apiUrl();

  /** Where personal grants are refreshed. */
  @WithDefault("https://console.active911.com/interface/dev/api_access.php")
  URI personalTokenUrl();

  /** The parameters that carry the redirect address at authorization. */
  @WithDefault("redirect_uri,redirection_uri")
  List<String> redirectParameters();

  /** Whether the exchange repeats the redirect address (RFC 6749 §4.1.3). */
  @WithDefault("true")
  boolean redirectInExchange();

  /** How long anybody waits for one call, from the first byte sent to the last one received. */
  @WithDefault("10s")
  Duration timeout();

  /**
   * How long the answer of a token endpoint is listened for: longer than anybody waits for it,
   * since it may hold the only live token.
   */
  default Duration answerTimeout() {
    return timeout().multipliedBy(2);
  }
}
