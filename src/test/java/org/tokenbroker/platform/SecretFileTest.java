package org.tokenbroker.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.oauth.Secret;

@NullMarked
class SecretFileTest {

  private static final String OLD = "the-old-admin-key-0123456789abcdef";
  private static final String NEW = "the-new-admin-key-0123456789abcdef";

  @TempDir Path directory;

  private final List<String> logged = new ArrayList<>();
  private final Logger logger = Logger.getLogger(SecretFile.class.getName());
  private final Handler handler = new Recorder();
  private Optional<String> refusal = Optional.empty();
  private int checks;

  private final class Recorder extends Handler {
    private final Formatter formatter = new SimpleFormatter();

    @Override
    public void publish(LogRecord entry) {
      if (Thread.currentThread().equals(test)) {
        logged.add(entry.getLevel() + " " + formatter.formatMessage(entry));
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private final Thread test = Thread.currentThread();

  @BeforeEach
  void listen() {
    logger.addHandler(handler);
  }

  @AfterEach
  void stopListening() {
    logger.removeHandler(handler);
  }

  private SecretFile file(Path path) {
    return file(path, "broker.admin-key");
  }

  private SecretFile file(Path path, String property) {
    return new SecretFile(
        Setting.ofProperty(property).orElseThrow(),
        path.toString(),
        Secret.of(OLD),
        changed -> {
          checks++;
          return refusal;
        });
  }

  private static void look(SecretFile file, int times) {
    for (int i = 0; i < times; i++) {
      file.look();
    }
  }

  private Path write(String content) throws IOException {
    return Files.writeString(directory.resolve("admin-key"), content);
  }

  /** As Kubernetes projects a secret: the file is a link through ..data, which is replaced. */
  private void project(String version, String content) throws IOException {
    Path data = Files.createDirectory(directory.resolve("..version-" + version));
    Files.writeString(data.resolve("admin-key"), content);
    Path link = directory.resolve("..data_tmp");
    Files.createSymbolicLink(link, data.getFileName());
    Files.move(link, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void givenTheDirectoryIsReplacedAsKubernetesDoesThenTheNewValueIsInForce() throws IOException {
    project("1", OLD);
    Path path = directory.resolve("admin-key");
    Files.createSymbolicLink(path, Path.of("..data", "admin-key"));
    SecretFile file = file(path);
    look(file, 3);

    project("2", NEW + "\n");
    look(file, 2);

    assertEquals(Optional.of(Secret.of(NEW)), file.secret());
    assertEquals(List.of("INFO BROKER_ADMIN_KEY was read anew from its file"), logged);
  }

  @Test
  void givenContentThatWasSeenOnceThenItMayBeHalfWrittenAndDoesNotCount() throws IOException {
    SecretFile file = file(write(NEW));
    file.look();
    write(NEW + "-and-the-rest");
    file.look();

    assertEquals(Optional.of(Secret.of(OLD)), file.secret());

    file.look();

    assertEquals(Optional.of(Secret.of(NEW + "-and-the-rest")), file.secret());
  }

  @Test
  void givenTheFileIsGoneThenTheValueStaysAndThatIsSaidOnce() throws IOException {
    SecretFile file = file(write(OLD));
    Files.delete(directory.resolve("admin-key"));

    look(file, 3);

    assertEquals(Optional.of(Secret.of(OLD)), file.secret());
    assertEquals(
        List.of(
            "WARN BROKER_ADMIN_KEY_FILE names a file that does not exist: the value that was read"
                + " before stays in force"),
        logged);
  }

  @Test
  void givenTheFileIsEmptyThenTheValueStays() throws IOException {
    SecretFile file = file(write("\n"));

    look(file, 3);

    assertEquals(Optional.of(Secret.of(OLD)), file.secret());
    assertEquals(1, logged.size(), logged::toString);
  }

  @Test
  void givenANextSecretWhoseFileIsEmptiedThenItIsTakenBackAndMayComeAgain() throws IOException {
    SecretFile file = file(write(OLD), "broker.admin-key-next");
    file.look();
    write("\n");
    file.look();

    assertEquals(Optional.of(Secret.of(OLD)), file.secret(), "it may be half written");

    look(file, 2);

    assertEquals(Optional.empty(), file.secret());

    write(NEW);
    look(file, 2);

    assertEquals(Optional.of(Secret.of(NEW)), file.secret());
    assertEquals(
        List.of(
            "INFO BROKER_ADMIN_KEY_NEXT was taken back: its file is empty",
            "INFO BROKER_ADMIN_KEY_NEXT was read anew from its file"),
        logged);
  }

  @Test
  void givenANextSecretWhoseFileIsGoneThenItStays() throws IOException {
    SecretFile file = file(write(OLD), "broker.admin-key-next");
    Files.delete(directory.resolve("admin-key"));

    look(file, 3);

    assertEquals(Optional.of(Secret.of(OLD)), file.secret());
  }

  @Test
  void givenTheFileComesBackThenItIsReadAndItsNextAbsenceIsSaidAgain() throws IOException {
    SecretFile file = file(directory.resolve("admin-key"));
    file.look();
    write(NEW);
    look(file, 2);
    Files.delete(directory.resolve("admin-key"));
    file.look();

    assertEquals(Optional.of(Secret.of(NEW)), file.secret());
    assertEquals(3, logged.size(), logged::toString);
  }

  @Test
  void givenAValueThatIsNotWhatItMustBeThenItIsRefusedOnceAndNotQuoted() throws IOException {
    SecretFile file = file(write("too-short"));

    look(file, 5);

    assertEquals(Optional.of(Secret.of(OLD)), file.secret());
    assertEquals(0, checks);
    assertEquals(1, logged.size(), logged::toString);
    assertTrue(logged.getFirst().startsWith("ERROR What the file of BROKER_ADMIN_KEY holds now"));
    assertFalse(logged.getFirst().contains("too-short"));
  }

  @Test
  void givenAValueThatCannotBeTakenNowThenItIsTriedAgainLater() throws IOException {
    SecretFile file = file(write(NEW));
    refusal = Optional.of("lacks a key");
    look(file, 10);

    assertEquals(Optional.of(Secret.of(OLD)), file.secret());
    assertEquals(1, checks);

    refusal = Optional.empty();
    look(file, SecretFile.LOOKS_BETWEEN_TRIES);

    assertEquals(Optional.of(Secret.of(NEW)), file.secret());
    assertEquals(2, checks);
    assertEquals(2, logged.size(), logged::toString);
  }
}
