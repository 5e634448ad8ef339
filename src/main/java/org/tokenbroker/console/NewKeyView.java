package org.tokenbroker.console;

import java.net.URI;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.caller.NewKey;

/**
 * A key on the one page that ever shows it.
 *
 * @param text the whole key
 * @param curl a line that tries it out
 */
record NewKeyView(String id, String text, @Nullable Moment expires, String curl) {

  /**
   * The key with its line.
   *
   * @param address what to ask for with it, below the public URL; a name in angle brackets is to be
   *     filled in
   */
  static NewKeyView of(NewKey key, URI publicUrl, String address, Instant now) {
    String text = key.key().text().value();
    return new NewKeyView(
        key.key().id(),
        text,
        Moment.of(key.expiresAt(), now),
        "curl -H 'Authorization: Bearer %s' '%s%s'"
            .formatted(text, withoutSlash(publicUrl.toString()), address));
  }

  @Override
  public String toString() {
    return "NewKeyView[" + id + "]";
  }

  private static String withoutSlash(String url) {
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }
}
