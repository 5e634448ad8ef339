package org.tokenbroker.simulator;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The file in which consents survive a restart. */
final class StateFile {

  /**
   * What is in it.
   *
   * @param codes how many codes each agency was given
   */
  record Content(
      long seed,
      List<SimulatedAgency> agencies,
      List<Consent.Saved> consents,
      Map<String, Long> codes) {}

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .addModule(
              new SimpleModule()
                  .addSerializer(Instant.class, ToStringSerializer.instance)
                  .addDeserializer(Instant.class, new InstantReader()))
          .build();

  private final Path path;

  StateFile(Path path) {
    this.path = path;
  }

  /**
   * Reads it; null if it is not there.
   *
   * @throws UncheckedIOException if it cannot be read
   */
  @Nullable Content load() {
    if (!Files.exists(path)) {
      return null;
    }
    try {
      return MAPPER.readValue(Files.readAllBytes(path), Content.class);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the simulator's state file " + path, e);
    }
  }

  /**
   * Replaces it as a whole; a reader sees the old content or the new.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  synchronized void save(Content content) {
    try {
      Path directory = path.toAbsolutePath().getParent();
      Files.createDirectories(directory);
      Path temporary = Files.createTempFile(directory, path.getFileName().toString(), ".new");
      Files.write(temporary, MAPPER.writeValueAsBytes(content));
      Files.move(
          temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the simulator's state file " + path, e);
    }
  }
}
