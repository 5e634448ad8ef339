package org.tokenbroker.refresh;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** When and how hard to refresh. */
@ConfigMapping(prefix = "broker.refresh")
public interface RefreshConfig {

  /** How often to look for tokens that are due. */
  @WithDefault("10s")
  Duration interval();

  /** How many scheduled refreshes may be under way at once in this process. */
  @WithDefault("16")
  int concurrency();

  /** How long a refresh may hold an agency's lease; longer than a call to Active911 can take. */
  @WithDefault("60s")
  Duration lease();

  /** How many calls a second the whole fleet may make; 0: any number. */
  @WithDefault("10")
  int rate();

  /** How long the process may take to end: calls under way are finished, answers are stored. */
  @WithDefault("30s")
  Duration shutdownGrace();
}
