package org.tokenbroker.refresh;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.agency.Lease;
import org.tokenbroker.agency.Renewal;
import org.tokenbroker.agency.TokenCipher;
import org.tokenbroker.agency.TokenCipher.Place;
import org.tokenbroker.agency.TokenCipher.UndecipherableException;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;

/**
 * Answers of Active911 that the database does not hold yet: in encrypted files, on the disk for
 * good before the answer is stored, and removed after. What is written here survives the loss of
 * the process and of the database at the same time.
 *
 * <p>Answers that come while a file is being written share the next one, since it is the disk's
 * confirmation that takes time; a consent has a file of its own, so that it is gone as soon as it
 * is settled.
 *
 * <p>A journal that cannot be written is an alarm and not a failure: the answer is still stored in
 * the ordinary way.
 */
@Singleton
class Journal {

  private static final Logger LOG = Logger.getLogger(Journal.class);
  private static final String ENDING = ".answer";

  /** How the name of a file begins that holds several: with their number. */
  private static final Pattern SEVERAL = Pattern.compile("several-(\\d{1,6})-");

  /** More than come at once, and no more than the pattern above has room for. */
  private static final int MOST_IN_A_FILE = 10_000;

  private static final int NAME_BYTES = 8;

  private static final JsonMapper JSON =
      JsonMapper.builder().addModule(new JavaTimeModule()).build();
  private static final TypeReference<List<Written>> ALL = new TypeReference<>() {};

  // With the type named, so that what it is stands in the text; and one by itself as it always was,
  // so that the release before can read it.
  private static final ObjectWriter WRITER =
      JSON.writerFor(ALL).with(SerializationFeature.WRITE_SINGLE_ELEM_ARRAYS_UNWRAPPED);

  private static final ObjectReader READER =
      JSON.readerFor(ALL).with(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY);

  private final Path directory;
  private final TokenCipher cipher;
  private final SecureRandom random;
  private final AtomicBoolean ill = new AtomicBoolean();
  private final GroupCommit<Unsettled, Entry> together =
      new GroupCommit<>(
          Thread.ofPlatform().daemon().name("journal").factory(), MOST_IN_A_FILE, this::write);

  Journal(
      @ConfigProperty(name = "broker.journal-dir", defaultValue = "journal") Path directory,
      TokenCipher cipher,
      SecureRandom random) {
    this.directory = directory;
    this.cipher = cipher;
    this.random = random;
  }

  /**
   * An answer in the journal.
   *
   * @param sheet on which it stands; empty if it could not be written
   */
  record Entry(Unsettled answer, Optional<Sheet> sheet) {

    /** Where it stands; empty if it could not be written. */
    Optional<Path> file() {
      return sheet.map(Sheet::path);
    }
  }

  /**
   * A file of the journal.
   *
   * @param unsettled which of its answers are still needed
   */
  record Sheet(Path path, Set<Unsettled> unsettled) {

    static Sheet of(Path path, Collection<Unsettled> answers) {
      Set<Unsettled> unsettled = ConcurrentHashMap.newKeySet();
      unsettled.addAll(answers);
      return new Sheet(path, unsettled);
    }
  }

  /**
   * An answer as it is written; secrets in it are plain, and the whole is encrypted. One that does
   * not say what it is an answer to was written when there were only those to refreshes.
   */
  @JsonTypeInfo(
      use = JsonTypeInfo.Id.NAME,
      property = "answerTo",
      defaultImpl = WrittenAnswer.class)
  @JsonSubTypes({
    @JsonSubTypes.Type(value = WrittenAnswer.class, name = "refresh"),
    @JsonSubTypes.Type(value = WrittenConsent.class, name = "consent")
  })
  private sealed interface Written {

    static Written of(Unsettled answer) {
      return switch (answer) {
        case Answer refresh -> WrittenAnswer.of(refresh);
        case WonConsent consent -> WrittenConsent.of(consent);
      };
    }

    Unsettled read();
  }

  private record WrittenConsent(
      String candidateId,
      long agencyId,
      String slug,
      GrantKind kind,
      String accessToken,
      Instant accessTokenExpiresAt,
      String refreshToken,
      Instant refreshTokenExpiresAt,
      String scope,
      boolean anyAgency,
      Instant wonAt)
      implements Written {

    static Written of(WonConsent consent) {
      TokenSet tokens = consent.tokens();
      return new WrittenConsent(
          consent.candidateId(),
          consent.agencyId(),
          consent.slug(),
          consent.kind(),
          tokens.accessToken().value(),
          tokens.accessTokenExpiresAt(),
          tokens.refreshToken().value(),
          tokens.refreshTokenExpiresAt(),
          tokens.scope().toString(),
          consent.anyAgency(),
          consent.wonAt());
    }

    @Override
    public Unsettled read() {
      return new WonConsent(
          candidateId,
          agencyId,
          slug,
          kind,
          new TokenSet(
              Secret.of(accessToken),
              accessTokenExpiresAt,
              Secret.of(refreshToken),
              refreshTokenExpiresAt,
              Scope.parse(scope)),
          anyAgency,
          wonAt);
    }

    @Override
    public String toString() {
      return "WrittenConsent[" + slug + "]";
    }
  }

  private record WrittenAnswer(
      long agencyId,
      String slug,
      String owner,
      long number,
      UUID connectionId,
      GrantKind kind,
      String presented,
      Instant presentedExpiresAt,
      String leaseScope,
      long generation,
      int consecutiveFailures,
      Instant oldExpiresAt,
      Instant claimedAt,
      boolean forced,
      String accessToken,
      Instant accessTokenExpiresAt,
      String refreshToken,
      Instant refreshTokenExpiresAt,
      String scope,
      Instant nextRefreshAt)
      implements Written {

    static Written of(Answer answer) {
      Lease lease = answer.renewal().lease();
      TokenSet tokens = answer.renewal().tokens();
      return new WrittenAnswer(
          lease.agencyId(),
          lease.slug(),
          lease.owner(),
          lease.number(),
          lease.connectionId(),
          lease.kind(),
          lease.refreshToken().value(),
          lease.refreshTokenExpiresAt(),
          lease.scope().toString(),
          lease.generation(),
          lease.consecutiveFailures(),
          lease.accessTokenExpiresAt(),
          lease.claimedAt(),
          lease.forced(),
          tokens.accessToken().value(),
          tokens.accessTokenExpiresAt(),
          tokens.refreshToken().value(),
          tokens.refreshTokenExpiresAt(),
          tokens.scope().toString(),
          answer.renewal().nextRefreshAt());
    }

    @Override
    public Unsettled read() {
      return new Answer(
          new Renewal(
              new Lease(
                  agencyId,
                  slug,
                  owner,
                  number,
                  connectionId,
                  kind,
                  Secret.of(presented),
                  presentedExpiresAt,
                  Scope.parse(leaseScope),
                  generation,
                  consecutiveFailures,
                  oldExpiresAt,
                  claimedAt,
                  forced),
              new TokenSet(
                  Secret.of(accessToken),
                  accessTokenExpiresAt,
                  Secret.of(refreshToken),
                  refreshTokenExpiresAt,
                  Scope.parse(scope)),
              nextRefreshAt));
    }

    @Override
    public String toString() {
      return "WrittenAnswer[" + slug + "]";
    }
  }

  /** Writes an answer down; when this returns it is on the disk, or the alarm was raised. */
  Entry append(Unsettled answer) {
    return switch (answer) {
      case WonConsent consent -> write(List.of(consent)).getFirst();
      case Answer refresh -> appendWithOthers(refresh);
    };
  }

  private Entry appendWithOthers(Answer answer) {
    try {
      return together.commit(answer);
    } catch (CompletionException e) {
      LOG.errorf(e.getCause(), "Several answers could not be journaled together");
      return write(List.of(answer)).getFirst();
    }
  }

  /**
   * Writes some answers into one file.
   *
   * @return an entry for each, in their order
   */
  List<Entry> write(List<Unsettled> answers) {
    Optional<Sheet> sheet = Optional.empty();
    try {
      sheet = Optional.of(Sheet.of(writeThrough(answers), answers));
      if (ill.compareAndSet(true, false)) {
        LOG.info("The journal can be written again");
      }
    } catch (IOException | RuntimeException e) {
      // Of whatever kind: what Active911 has given can still be stored without it.
      if (ill.compareAndSet(false, true)) {
        LOG.errorf(
            "The journal in BROKER_JOURNAL_DIR cannot be written (%s): a refreshed token would be"
                + " lost if the process ended while the database is away",
            e.getClass().getSimpleName());
      }
    }
    List<Entry> entries = new ArrayList<>();
    for (Unsettled answer : answers) {
      entries.add(new Entry(answer, sheet));
    }
    return entries;
  }

  /** Whether it could be written when it was last tried. */
  boolean isWritable() {
    return !ill.get();
  }

  private Path writeThrough(List<Unsettled> answers) throws IOException {
    byte[] name = new byte[NAME_BYTES];
    random.nextBytes(name);
    String file =
        (answers.size() == 1
                ? answers.getFirst().agencyId() + "-"
                : "several-" + answers.size() + "-")
            + HexFormat.of().formatHex(name)
            + ENDING;
    String text = WRITER.writeValueAsString(answers.stream().map(Written::of).toList());
    byte[] content = cipher.encrypt(Secret.of(text), Place.ofJournal(file));
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
    }
    Path path = directory.resolve(file);
    Path draft = directory.resolve(file + ".new");
    try {
      sync(draft, content);
      Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      // Half a draft on a disk that is full would only fill it further.
      Files.deleteIfExists(draft);
    }
    // The name of a file is part of its directory, which has to reach the disk as well.
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
    return path;
  }

  private static void sync(Path draft, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            draft,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  /** Takes an answer out again, once it is settled: its file goes with the last one in it. */
  void remove(Entry entry) {
    entry
        .sheet()
        .ifPresent(
            sheet -> {
              if (sheet.unsettled().remove(entry.answer()) && sheet.unsettled().isEmpty()) {
                delete(sheet.path());
              }
            });
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // Settling it again at the next start changes nothing.
      LOG.warnf("A settled answer stays in the journal: %s", file.getFileName());
    }
  }

  /** What an earlier process left. What cannot be read is reported and left where it is. */
  List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return entries;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + ENDING)) {
      for (Path file : files) {
        List<Unsettled> answers = read(file);
        Optional<Sheet> sheet = Optional.of(Sheet.of(file, answers));
        answers.forEach(answer -> entries.add(new Entry(answer, sheet)));
      }
    } catch (IOException e) {
      LOG.errorf("The journal cannot be read (%s)", e.getClass().getSimpleName());
    }
    return entries;
  }

  /** How many answers there are, without reading them; negative: that cannot be said. */
  int size() {
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(ENDING))
          .mapToInt(Journal::answersIn)
          .sum();
    } catch (IOException | UncheckedIOException e) {
      LOG.debugf("The journal's entries cannot be counted (%s)", e.getClass().getSimpleName());
      return -1;
    }
  }

  private static int answersIn(String name) {
    Matcher several = SEVERAL.matcher(name);
    return several.lookingAt() ? Integer.parseInt(several.group(1)) : 1;
  }

  private List<Unsettled> read(Path file) {
    String name = file.getFileName().toString();
    try {
      Secret text = cipher.decrypt(Files.readAllBytes(file), Place.ofJournal(name));
      List<Written> written = READER.readValue(text.value());
      return written.stream().map(Written::read).toList();
    } catch (IOException | UndecipherableException | IllegalArgumentException e) {
      LOG.errorf(
          "Journal entry %s cannot be read (%s) and stays where it is",
          name, e.getClass().getSimpleName());
      return List.of();
    }
  }
}
