package org.tokenbroker.console;

import io.quarkus.qute.TemplateGlobal;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import org.tokenbroker.oauth.Secret;

/**
 * Our own style sheet and script. Browsers keep them for a day, so their addresses change with what
 * they hold: a page never comes with the style of the release before.
 */
final class Assets {

  private static final String ROOT = "META-INF/resources";
  private static final int VERSION_BYTES = 6;

  /** The style sheet's address, known to every template. */
  @TemplateGlobal static final String STYLE_SHEET = versioned("/assets/console.css");

  /** The script's. Every page works without it. */
  @TemplateGlobal static final String SCRIPT = versioned("/assets/console.js");

  private Assets() {}

  private static String versioned(String address) {
    return address + "?v=" + version(ROOT + address);
  }

  private static String version(String path) {
    try (InputStream file = Assets.class.getClassLoader().getResourceAsStream(path)) {
      if (file == null) {
        throw new IllegalStateException("not in the package: " + path);
      }
      return HexFormat.of().formatHex(Secret.sha256(file.readAllBytes()), 0, VERSION_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
