package org.tokenbroker.console;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** For how long a new key can be made valid. */
enum KeyLife {
  DAYS_30("30", "30 days", Duration.ofDays(30)),
  DAYS_90("90", "90 days", Duration.ofDays(90)),
  YEAR("365", "1 year", Duration.ofDays(365)),
  FOR_EVER("never", "until it is revoked", null);

  private final String code;
  private final String words;
  private final @Nullable Duration life;

  KeyLife(String code, String words, @Nullable Duration life) {
    this.code = code;
    this.words = words;
    this.life = life;
  }

  /** What the form sends. */
  public String code() {
    return code;
  }

  public String words() {
    return words;
  }

  /** Null: it does not end. */
  @Nullable Duration life() {
    return life;
  }

  static Optional<KeyLife> of(@Nullable String code) {
    return Arrays.stream(values()).filter(life -> life.code.equals(code)).findFirst();
  }
}
