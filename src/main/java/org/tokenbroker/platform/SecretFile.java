package org.tokenbroker.platform;

import java.util.Optional;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.platform.SecretFiles.UnreadableException;

/**
 * A secret that comes from a file, and follows it. New content counts when it was found the same
 * twice, as a file may be seen half written, and if it is what it must be. Otherwise, and where the
 * file is gone or empty, the value stays as it was; but a {@code …_NEXT} is taken back by emptying
 * its file, as an empty file at the start means that there is none.
 */
final class SecretFile {

  private static final Logger LOG = Logger.getLogger(SecretFile.class);

  /** What was refused may be right later: it is tried again after so many looks. */
  static final int LOOKS_BETWEEN_TRIES = 30;

  private final Setting setting;
  private final String path;
  private final Function<Secret, Optional<String>> check;

  private volatile @Nullable Secret secret;

  private boolean unreadable;
  private boolean seenEmpty;
  private @Nullable Secret seen;
  private @Nullable Secret refused;
  private @Nullable String reason;
  private int looksUntilTry;

  /**
   * A secret that was read at the start.
   *
   * @param secret null where the file was empty
   * @param check why a changed value cannot be taken, or empty; asked where it is of the right form
   */
  SecretFile(
      Setting setting,
      String path,
      @Nullable Secret secret,
      Function<Secret, Optional<String>> check) {
    this.setting = setting;
    this.path = path;
    this.secret = secret;
    this.check = check;
  }

  /** The value in force; empty where there is none. */
  Optional<Secret> secret() {
    return Optional.ofNullable(secret);
  }

  /** Reads the file. To be called by one thread at a time. */
  synchronized void look() {
    Optional<Secret> found;
    try {
      found = read();
    } catch (UnreadableException e) {
      seen = null;
      seenEmpty = false;
      if (!unreadable) {
        unreadable = true;
        LOG.warnf(
            "%s names a file that %s: the value that was read before stays in force",
            setting.fileKey(), e.getMessage());
      }
      return;
    }
    unreadable = false;
    if (found.isEmpty()) {
      takeBack();
    } else {
      seenEmpty = false;
      follow(found.get());
    }
  }

  private void takeBack() {
    seen = null;
    if (seenEmpty && secret != null) {
      secret = null;
      LOG.infof("%s was taken back: its file is empty", setting.key());
    }
    seenEmpty = true;
  }

  private void follow(Secret found) {
    if (found.equals(secret)) {
      seen = null;
      refused = null;
    } else if (!found.equals(seen)) {
      seen = found;
    } else if (!found.equals(refused) || --looksUntilTry <= 0) {
      take(found);
    }
  }

  private Optional<Secret> read() throws UnreadableException {
    String text = SecretFiles.read(path);
    if (!text.isEmpty()) {
      return Optional.of(Secret.of(text));
    }
    if (setting.isNext()) {
      return Optional.empty();
    }
    throw new UnreadableException("is empty");
  }

  private void take(Secret found) {
    Optional<String> refusal =
        setting.expectation().isMetBy(found.value())
            ? check.apply(found)
            : Optional.of("must be " + setting.expectation().description());
    if (refusal.isEmpty()) {
      secret = found;
      seen = null;
      refused = null;
      LOG.infof("%s was read anew from its file", setting.key());
      return;
    }
    if (!found.equals(refused) || !refusal.get().equals(reason)) {
      LOG.errorf(
          "What the file of %s holds now is not taken, the value before stays in force: it %s",
          setting.key(), refusal.get());
    }
    refused = found;
    reason = refusal.get();
    looksUntilTry = LOOKS_BETWEEN_TRIES;
  }
}
