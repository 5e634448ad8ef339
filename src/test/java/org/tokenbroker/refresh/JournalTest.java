package org.tokenbroker.refresh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.agency.Lease;
import org.tokenbroker.agency.Renewal;
import org.tokenbroker.agency.TokenCipher;
import org.tokenbroker.agency.TokenCipher.Place;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.TestKeyset;

/** What is written down survives, and is readable only with the keyset. */
@NullMarked
@SuppressWarnings("NullAway.Init") // filled before each test
class JournalTest {

  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00.123456Z");

  @TempDir Path directory;
  private String keyset;
  private Journal journal;

  @BeforeEach
  void aJournal() {
    keyset = TestKeyset.create();
    journal =
        new Journal(directory.resolve("journal"), new TokenCipher(keyset), new SecureRandom());
  }

  private static Answer answer(long agencyId) {
    return new Answer(
        new Renewal(
            new Lease(
                agencyId,
                "springfield-fd",
                "owner",
                3,
                UUID.fromString("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
                GrantKind.APPLICATION,
                Secret.of("refresh-presented"),
                NOW.plus(Duration.ofDays(300)),
                Scope.parse("read_agency read_alert"),
                7,
                2,
                NOW.plusSeconds(60),
                NOW,
                true),
            new TokenSet(
                Secret.of("access-new"),
                NOW.plusSeconds(86_400),
                Secret.of("refresh-new"),
                NOW.plus(Duration.ofDays(365)),
                Scope.parse("read_agency")),
            NOW.plusSeconds(65_000)));
  }

  private static WonConsent consent() {
    return new WonConsent(
        "00112233445566778899aabbccddeeff",
        4,
        "springfield-fd",
        GrantKind.PERSONAL,
        answer(4).renewal().tokens(),
        true,
        NOW);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void anAnswerIsReadBackByTheNextProcess() {
    journal.append(answer(1));

    List<Journal.Entry> entries =
        new Journal(directory.resolve("journal"), new TokenCipher(keyset), new SecureRandom())
            .entries();

    assertEquals(List.of(answer(1)), entries.stream().map(Journal.Entry::answer).toList());
  }

  @Test
  void aConsentIsReadBackByTheNextProcess() {
    journal.append(consent());

    assertEquals(
        List.of(consent()), journal.entries().stream().map(Journal.Entry::answer).toList());
  }

  @Test
  void anAnswerThatDoesNotSayWhatItAnswersIsOneToARefresh() throws IOException {
    TokenCipher cipher = new TokenCipher(keyset);
    journal.append(answer(1));
    Path file = files().getFirst();
    Place place = Place.ofJournal(file.getFileName().toString());
    String written = cipher.decrypt(Files.readAllBytes(file), place).value();
    String earlier = written.replace("\"answerTo\":\"refresh\",", "");
    assertNotEquals(written, earlier);
    Files.write(file, cipher.encrypt(Secret.of(earlier), place));

    assertEquals(
        List.of(answer(1)), journal.entries().stream().map(Journal.Entry::answer).toList());
  }

  @Test
  void aSettledAnswerIsTakenOut() throws IOException {
    Journal.Entry entry = journal.append(answer(1));

    journal.remove(entry);

    assertEquals(List.of(), files());
  }

  @Test
  void answersOfOneFileAreReadBackByTheNextProcess() throws IOException {
    journal.write(List.of(answer(1), answer(2), answer(3)));

    assertEquals(1, files().size());
    assertEquals(3, journal.size());
    assertEquals(
        List.of(answer(1), answer(2), answer(3)),
        journal.entries().stream().map(Journal.Entry::answer).toList());
  }

  @Test
  void aFileStaysUntilTheLastAnswerInItIsSettled() throws IOException {
    List<Journal.Entry> entries = journal.write(List.of(answer(1), answer(2)));

    // As two threads that store the same answer do.
    journal.remove(entries.getFirst());
    journal.remove(entries.getFirst());
    assertEquals(1, files().size());

    journal.remove(entries.getLast());
    assertEquals(List.of(), files());
  }

  @Test
  void whatAnEarlierProcessLeftInOneFileStaysUntilTheLastOfItIsSettled() throws IOException {
    journal.write(List.of(answer(1), answer(2)));
    List<Journal.Entry> entries = journal.entries();

    journal.remove(entries.getLast());
    assertEquals(1, files().size());

    journal.remove(entries.getFirst());
    assertEquals(List.of(), files());
  }

  @Test
  void eachOfManyAnswersAtOnceIsOnTheDiskWhenItsWriterGoesOn() throws Exception {
    List<Long> ids = LongStream.rangeClosed(1, 200).boxed().toList();
    List<Future<Boolean>> written = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (long id : ids) {
        written.add(
            threads.submit(
                () -> {
                  Path file = journal.append(answer(id)).file().orElseThrow();
                  return Files.exists(file);
                }));
      }
    }
    for (Future<Boolean> each : written) {
      assertTrue(each.get());
    }

    List<Journal.Entry> entries = journal.entries();
    assertEquals(ids, entries.stream().map(entry -> entry.answer().agencyId()).sorted().toList());
    assertEquals(200, journal.size());
    entries.forEach(journal::remove);
    assertEquals(List.of(), files());
  }

  @Test
  void aConsentHasAFileOfItsOwn() throws IOException {
    Path file = journal.append(consent()).file().orElseThrow();

    assertTrue(file.getFileName().toString().startsWith("4-"), file.toString());
  }

  @Test
  void aFileThatSomebodyPutThereIsCountedAsOneAnswer() throws IOException {
    Files.createDirectories(directory.resolve("journal"));
    Files.writeString(directory.resolve("journal/several-many.answer"), "");

    assertEquals(1, journal.size());
  }

  @Test
  void noTokenIsReadableOnTheDisk() throws IOException {
    journal.append(answer(1));

    for (Path file : files()) {
      String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
      assertFalse(content.contains("refresh-new") || content.contains("access-new"), content);
    }
  }

  @Test
  void anEntryOfAnotherKeysetIsLeftWhereItIs() throws IOException {
    journal.append(answer(1));
    Journal other =
        new Journal(
            directory.resolve("journal"), new TokenCipher(TestKeyset.create()), new SecureRandom());

    assertEquals(List.of(), other.entries());
    assertEquals(1, files().size());
  }

  @Test
  void anEntryThatWasRenamedIsNotBelieved() throws IOException {
    journal.append(answer(1));
    Path file = files().getFirst();
    Files.move(file, file.resolveSibling("2-0000000000000000.answer"));

    assertEquals(List.of(), journal.entries());
  }

  @Test
  void aHalfWrittenEntryIsNotRead() throws IOException {
    Files.createDirectories(directory.resolve("journal"));
    Files.writeString(directory.resolve("journal/1-00.answer.new"), "half");

    assertEquals(List.of(), journal.entries());
  }

  @Test
  void aJournalThatCannotBeWrittenIsNoFailure() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "in the way");
    Journal ill = new Journal(file, new TokenCipher(keyset), new SecureRandom());

    Journal.Entry entry = ill.append(answer(1));

    assertTrue(entry.file().isEmpty());
    assertEquals(answer(1), entry.answer());
  }

  @Test
  void theNewAccessTokenFollowsTheOneThatWasReplaced() {
    assertEquals(8, answer(1).accessToken().generation());
    assertEquals(Secret.of("access-new"), answer(1).accessToken().accessToken());
  }
}
