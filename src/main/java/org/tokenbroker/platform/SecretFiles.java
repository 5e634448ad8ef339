package org.tokenbroker.platform;

import io.smallrye.config.ConfigSourceContext;
import io.smallrye.config.ConfigSourceFactory;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.common.MapBackedConfigSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * The secrets that come from files: where {@code <key>_FILE} is set, the file's content is the
 * value of {@code <key>}. A file that cannot be read gives no value here; {@link
 * ConfigurationCheck} says so.
 */
public final class SecretFiles implements ConfigSourceFactory {

  static final String NAME = "SecretFiles";

  /** Just below the environment: setting both the key and its file is a fault in any case. */
  private static final int ORDINAL = 290;

  private static final int SIZE_LIMIT = 1 << 16;

  @Override
  public Iterable<ConfigSource> getConfigSources(ConfigSourceContext context) {
    Map<String, String> values = new HashMap<>();
    for (Setting setting : Setting.ALL) {
      if (!setting.secret()) {
        continue;
      }
      ConfigValue file = context.getValue(setting.fileProperty());
      if (file == null || file.getValue() == null || file.getValue().isEmpty()) {
        continue;
      }
      try {
        values.put(setting.property(), read(file.getValue()));
      } catch (UnreadableException e) {
        // Named, with every other fault, by the check.
      }
    }
    return List.of(new MapBackedConfigSource(NAME, values, ORDINAL) {});
  }

  /**
   * The file's text, without the line break that editors and {@code echo} put at the end.
   *
   * @throws UnreadableException if there is no such text; its message says why in our words
   */
  static String read(String file) throws UnreadableException {
    byte[] content;
    try {
      Path path = Path.of(file);
      if (!Files.exists(path)) {
        throw new UnreadableException("does not exist");
      }
      if (Files.isDirectory(path)) {
        throw new UnreadableException("is a directory");
      }
      try (InputStream stream = Files.newInputStream(path)) {
        content = stream.readNBytes(SIZE_LIMIT + 1);
      }
    } catch (IOException | InvalidPathException e) {
      throw new UnreadableException("cannot be read");
    }
    if (content.length > SIZE_LIMIT) {
      throw new UnreadableException("is larger than 64 KB");
    }
    try {
      return withoutLineBreak(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString());
    } catch (CharacterCodingException e) {
      throw new UnreadableException("is not UTF-8 text");
    }
  }

  private static String withoutLineBreak(String text) {
    if (text.endsWith("\r\n")) {
      return text.substring(0, text.length() - 2);
    }
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  /** A secret's file that holds no text for us. */
  static final class UnreadableException extends Exception {
    UnreadableException(String reason) {
      super(reason);
    }
  }
}
