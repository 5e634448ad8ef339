package org.tokenbroker.console;

import io.quarkus.qute.TemplateGlobal;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import org.tokenbroker.oauth.Secret;

/**
 * Our own style sheet. Browsers keep it for a day, so its address changes with what it holds: a
 * page never comes with the style of the release before.
 */
final class StyleSheet {

  private static final String ADDRESS = "/assets/console.css";
  private static final String FILE = "META-INF/resources" + ADDRESS;
  private static final int VERSION_BYTES = 6;

  /** Its address, known to every template. */
  @TemplateGlobal static final String STYLE_SHEET = ADDRESS + "?v=" + version();

  private StyleSheet() {}

  private static String version() {
    try (InputStream file = StyleSheet.class.getClassLoader().getResourceAsStream(FILE)) {
      if (file == null) {
        throw new IllegalStateException("not in the package: " + FILE);
      }
      return HexFormat.of().formatHex(Secret.sha256(file.readAllBytes()), 0, VERSION_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
