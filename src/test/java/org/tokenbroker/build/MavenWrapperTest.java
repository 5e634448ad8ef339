package org.tokenbroker.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs {@code mvnw} in a made-up world: its own home, JDKs that are empty shells, and a PATH with
 * nothing but basic tools and stand-ins that record how they were called. Nothing here reaches a
 * network. Every path has a space in it.
 */
@NullMarked
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "mvnw is a script for a POSIX shell")
class MavenWrapperTest {

  private static final Path MVNW = Path.of("mvnw");
  private static final Path PROPERTIES = Path.of(".mvn", "wrapper", "maven-wrapper.properties");

  /** All that {@code mvnw} may need of a system; of the programs for checksums one will do. */
  private static final List<String> TOOLS =
      List.of(
          "chmod",
          "cut",
          "env",
          "mkdir",
          "mktemp",
          "mv",
          "openssl",
          "rm",
          "sed",
          "sha512sum",
          "shasum",
          "sort",
          "tail");

  private static final String VERSION = "3.9.0";
  private static final String ARTIFACT = "org.apache.maven:apache-maven:" + VERSION + ":zip:bin";

  @TempDir Path temp;

  private Path world;
  private Path home;
  private Path project;
  private Path path;
  private Path jdks;
  private Path calls;
  private Path zip;

  @BeforeEach
  void makeUpAWorld() throws Exception {
    world = Files.createDirectory(temp.resolve("a world").toAbsolutePath());
    home = Files.createDirectory(world.resolve("home"));
    project = Files.createDirectory(world.resolve("project"));
    path = Files.createDirectory(world.resolve("path"));
    jdks = Files.createDirectory(world.resolve("jdks"));
    calls = Files.createFile(world.resolve("calls"));
    zip = zipOfMaven();

    Files.copy(MVNW, project.resolve("mvnw"));
    pin(VERSION, sha512(zip));
    for (String tool : TOOLS) {
      borrow(tool);
    }
    fake("curl", "exit 1");
    fake("wget", "exit 1");
  }

  @Test
  void withoutANewEnoughJdkItStopsAndNamesTheOneToInstall() throws Exception {
    Path old = jdk(world.resolve("old"), "17.0.15");
    javaOnPath(old);
    jdk(jdks.resolve("jdk-21"), "21.0.8");
    Path runtime = jdk(jdks.resolve("jre-25"), "25.0.1");
    Files.delete(runtime.resolve("bin/javac"));

    Outcome outcome = mvnw(Map.of("JAVA_HOME", old.toString()), "verify");

    assertNotEquals(0, outcome.exit());
    assertTrue(outcome.err().contains("no JDK 25 or newer"), outcome.err());
    assertEquals(1, outcome.err().lines().count(), outcome.err());
  }

  @Test
  void javaHomeIsUsedIfItIsNewEnough() throws Exception {
    installedMvnDelivers(zip);
    Path chosen = jdk(world.resolve("chosen"), "25");
    javaOnPath(jdk(world.resolve("on path"), "26.0.1"));

    Outcome outcome = mvnw(Map.of("JAVA_HOME", chosen.toString()), "verify");

    assertEquals("JAVA_HOME=" + chosen, outcome.outLines().getFirst(), outcome.toString());
  }

  @Test
  void javaOnThePathComesBeforeTheUsualPlaces() throws Exception {
    installedMvnDelivers(zip);
    Path onPath = jdk(world.resolve("on path"), "25.0.1");
    javaOnPath(onPath);
    jdk(jdks.resolve("jdk-26"), "26");

    Outcome outcome = mvnw(Map.of(), "verify");

    assertEquals("JAVA_HOME=" + onPath, outcome.outLines().getFirst(), outcome.toString());
  }

  @Test
  void ofTheUsualPlacesTheNewestJdkIsUsed() throws Exception {
    installedMvnDelivers(zip);
    javaOnPath(jdk(world.resolve("old"), "17.0.15"));
    jdk(jdks.resolve("a 25.0.9"), "25.0.9");
    Path newest = jdk(jdks.resolve("b 25.0.10"), "25.0.10");
    jdk(jdks.resolve("c 25"), "25");
    jdk(jdks.resolve("d 8"), "1.8.0_402");

    Outcome outcome = mvnw(Map.of(), "verify");

    assertEquals("JAVA_HOME=" + newest, outcome.outLines().getFirst(), outcome.toString());
  }

  @Test
  void aJdkWithoutReleaseFileIsAskedForItsVersion() throws Exception {
    installedMvnDelivers(zip);
    Path silent = jdk(jdks.resolve("silent"), "25.0.1");
    Files.delete(silent.resolve("release"));
    script(silent.resolve("bin/java"), "echo 'openjdk version \"25.0.1\" 2025-10-21' >&2");

    Outcome outcome = mvnw(Map.of(), "verify");

    assertEquals("JAVA_HOME=" + silent, outcome.outLines().getFirst(), outcome.toString());
  }

  @Test
  void anInstalledMvnIsAskedForTheArtifact() throws Exception {
    installedMvnDelivers(zip);
    jdk(jdks.resolve("jdk-25"), "25.0.1");

    Outcome outcome = mvnw(Map.of(), "verify");

    assertEquals(0, outcome.exit(), outcome.err());
    assertTrue(calls().contains("<-Dartifact=" + ARTIFACT + ">"), calls());
    assertTrue(
        calls().lines().allMatch(call -> call.startsWith("mvn ")),
        "only mvn is called: " + calls());
  }

  @Test
  void theInstalledMvnSeesSettingsAndRepositoryButNotTheProject() throws Exception {
    installedMvnDelivers(zip);
    jdk(jdks.resolve("jdk-25"), "25.0.1");

    Outcome outcome =
        mvnw(
            Map.of("MAVEN_USER_HOME", project.resolve(".m2").toString()),
            "-s",
            "ci/my settings.xml",
            "-Dmaven.repo.local=.m2/repository",
            "-Dx=y",
            "verify");

    assertEquals(0, outcome.exit(), outcome.err());
    String fetch =
        calls().lines().filter(call -> call.contains("-Dartifact")).findFirst().orElseThrow();
    assertAll(
        () -> assertTrue(fetch.contains("<-s><" + project + "/ci/my settings.xml>"), fetch),
        () ->
            assertTrue(
                fetch.contains("<-Dmaven.repo.local=" + project + "/.m2/repository>"), fetch),
        () -> assertTrue(!fetch.contains("<-Dx=y>") && !fetch.contains("<verify>"), fetch),
        () -> assertTrue(fetch.contains("in a directory with its own .mvn"), fetch));
  }

  @Test
  void mavenThatIsAlreadyUnpackedIsUsedAsItIs() throws Exception {
    installedMvnDelivers(zip);
    jdk(jdks.resolve("jdk-25"), "25.0.1");
    mvnw(Map.of(), "verify");
    Files.writeString(calls, "");

    Outcome outcome = mvnw(Map.of(), "verify");

    assertEquals(0, outcome.exit(), outcome.err());
    assertEquals("", calls());
    assertEquals("", outcome.err());
  }

  @Test
  void withoutMvnApachesArchiveIsAsked() throws Exception {
    jdk(jdks.resolve("jdk-25"), "25.0.1");

    Outcome outcome = mvnw(Map.of(), "verify");

    assertNotEquals(0, outcome.exit());
    assertTrue(
        calls()
            .contains(
                "<https://archive.apache.org/dist/maven/maven-3/%1$s/binaries/apache-maven-%1$s-bin.zip>"
                    .formatted(VERSION)),
        calls());
    assertTrue(outcome.err().contains("cannot be fetched"), outcome.err());
    assertEquals(List.of(), filesInHome());
  }

  @Test
  void withoutAnyMeansToFetchMavenItSaysSo() throws Exception {
    jdk(jdks.resolve("jdk-25"), "25.0.1");
    Files.delete(path.resolve("curl"));
    Files.delete(path.resolve("wget"));

    Outcome outcome = mvnw(Map.of(), "verify");

    assertNotEquals(0, outcome.exit());
    assertTrue(outcome.err().contains("neither curl nor wget"), outcome.err());
  }

  @Test
  void aZipWithAnotherChecksumIsRefusedAndLeavesNothingBehind() throws Exception {
    installedMvnDelivers(zip);
    jdk(jdks.resolve("jdk-25"), "25.0.1");
    pin(VERSION, "0".repeat(128));

    Outcome outcome = mvnw(Map.of(), "verify");

    assertNotEquals(0, outcome.exit());
    assertTrue(outcome.err().contains(sha512(zip)), outcome.err());
    assertEquals(List.of(), outcome.outLines(), "Maven did not run");
    assertEquals(List.of(), filesInHome());
  }

  @Test
  void argumentsArriveUnchangedAndStandardOutputIsMavensAlone() throws Exception {
    installedMvnDelivers(zip);
    jdk(jdks.resolve("jdk-25"), "25.0.1");
    List<String> arguments = List.of("-Dwith=a space", "", "*", "\"quoted\" $HOME `x` \\", "-f");

    Outcome outcome = mvnw(Map.of(), arguments.toArray(String[]::new));

    List<String> lines = outcome.outLines();
    assertEquals(
        arguments.stream().map(argument -> "<" + argument + ">").toList(),
        lines.subList(1, lines.size()));
  }

  @Test
  void itsExitCodeIsMavens() throws Exception {
    installedMvnDelivers(zip);
    jdk(jdks.resolve("jdk-25"), "25.0.1");

    Outcome outcome = mvnw(Map.of("FAKE_MAVEN_EXIT", "3"), "verify");

    assertEquals(3, outcome.exit(), outcome.err());
  }

  @Test
  void onRequestItSaysWhatItChose() throws Exception {
    installedMvnDelivers(zip);
    Path jdk = jdk(jdks.resolve("jdk-25"), "25.0.1");

    Outcome outcome = mvnw(Map.of("MVNW_VERBOSE", "true"), "verify");

    assertTrue(outcome.err().contains("Java 25.0.1 in " + jdk), outcome.err());
    assertTrue(outcome.err().contains("Maven " + VERSION + " in " + home), outcome.err());
  }

  @Test
  void theProjectPinsAMavenWithItsChecksumAndNamesNoRepository() throws Exception {
    Properties pinned = new Properties();
    try (var reader = Files.newBufferedReader(PROPERTIES)) {
      pinned.load(reader);
    }
    Matcher urls =
        Pattern.compile("[a-z]+://([^/]*)")
            .matcher(Files.readString(MVNW) + Files.readString(PROPERTIES));

    assertTrue(pinned.getProperty("mavenVersion", "").matches("3\\.9\\.\\d+"));
    assertTrue(pinned.getProperty("distributionSha512", "").matches("[0-9a-f]{128}"));
    assertEquals(
        List.of("archive.apache.org"), urls.results().map(url -> url.group(1)).distinct().toList());
  }

  /** What a run of {@code mvnw} left: its exit code and what it printed. */
  private record Outcome(int exit, String out, String err) {

    List<String> outLines() {
      return out.lines().toList();
    }
  }

  private Outcome mvnw(Map<String, String> environment, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("/bin/sh", project.resolve("mvnw").toString()));
    command.addAll(List.of(arguments));
    Path out = world.resolve("out");
    Path err = world.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(project.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    Map<String, String> all = new TreeMap<>();
    all.put("HOME", home.toString());
    all.put("PATH", path.toString());
    all.put("MVNW_JDK_PLACES", world.resolve("nowhere") + ":" + jdks);
    all.putAll(environment);
    builder.environment().clear();
    builder.environment().putAll(all);
    Process process = builder.start();
    if (!process.waitFor(1, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("mvnw does not end: " + Files.readString(err));
    }
    return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private void pin(String version, String sha512) throws IOException {
    Path properties = project.resolve(PROPERTIES);
    Files.createDirectories(properties.getParent());
    Files.writeString(
        properties, "mavenVersion=%s%ndistributionSha512=%s%n".formatted(version, sha512));
  }

  /** A directory that looks like a JDK of the given version, with a {@code jar} that works. */
  private static Path jdk(Path place, String version) throws IOException {
    Path bin = Files.createDirectories(place.resolve("bin"));
    Files.writeString(place.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    script(bin.resolve("java"), "exit 1");
    script(bin.resolve("javac"), "exit 1");
    Path jar = Path.of(System.getProperty("java.home"), "bin", "jar");
    script(bin.resolve("jar"), "exec '" + jar + "' \"$@\"");
    return place;
  }

  /** Puts a {@code java} on the PATH which, when asked, says that it lives in the given JDK. */
  private void javaOnPath(Path jdk) throws IOException {
    script(path.resolve("java"), "echo \"    java.home = " + jdk + "\" >&2");
  }

  /** Puts an {@code mvn} on the PATH which answers any fetch with the given file. */
  private void installedMvnDelivers(Path file) throws IOException {
    fake(
        "mvn",
        """
        for arg; do
          case $arg in
            -DoutputDirectory=*)
              exec /bin/cp 'FILE' "${arg#*=}/apache-maven-VERSION-bin.zip" ;;
          esac
        done
        """
            .replace("FILE", file.toString())
            .replace("VERSION", VERSION));
  }

  /** Puts a program on the PATH which records its arguments, each in angle brackets, and acts. */
  private void fake(String name, String action) throws IOException {
    script(
        path.resolve(name),
        """
        {
          printf '%s ' NAME
          [ -d .mvn ] && printf '%s' 'in a directory with its own .mvn '
          [ $# -eq 0 ] || printf '<%s>' "$@"
          echo
        } >>'CALLS'
        """
                .replace("NAME", name)
                .replace("CALLS", calls.toString())
            + action);
  }

  private static void script(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    assertTrue(file.toFile().setExecutable(true));
  }

  /** Puts a tool of this machine on the made-up PATH, if the machine has it. */
  private void borrow(String tool) throws IOException {
    for (String directory : System.getenv("PATH").split(File.pathSeparator, -1)) {
      Path found = Path.of(directory).resolve(tool).toAbsolutePath();
      if (Files.isExecutable(found)) {
        // Not a link: JUnit warns of every link that leads out of a temporary directory.
        script(path.resolve(tool), "exec '" + found + "' \"$@\"");
        return;
      }
    }
  }

  /** A zip laid out as Maven's, whose {@code mvn} prints its JAVA_HOME and its arguments. */
  private Path zipOfMaven() throws IOException {
    Path file = world.resolve("maven.zip");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zipped = new ZipOutputStream(out)) {
      zipped.putNextEntry(new ZipEntry("apache-maven-" + VERSION + "/bin/mvn"));
      zipped.write(
          """
          #!/bin/sh
          printf '%s\\n' "JAVA_HOME=$JAVA_HOME"
          printf '<%s>\\n' "$@"
          exit ${FAKE_MAVEN_EXIT:-0}
          """
              .getBytes(UTF_8));
    }
    return file;
  }

  private static String sha512(Path file) throws IOException, NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-512").digest(Files.readAllBytes(file)));
  }

  private String calls() throws IOException {
    return Files.readString(calls);
  }

  private List<Path> filesInHome() throws IOException {
    try (Stream<Path> files = Files.walk(home)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
