package org.tokenbroker.build;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.callMethod;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rooms and who may know whom, as docs/architecture.md draws them. */
@NullMarked
class ArchitectureTest {

  private static final String ROOT = "org.tokenbroker.";

  /** For each room, those that it may know. A room that is not here may not exist. */
  private static final Map<String, Set<String>> ROOMS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("http", Set.of()),
              Map.entry("oauth", Set.of()),
              Map.entry("problem", Set.of()),
              Map.entry("trace", Set.of()),
              Map.entry("active911", Set.of("http", "oauth", "trace")),
              Map.entry("audit", Set.of()),
              Map.entry("agency", Set.of("oauth", "trace", "audit")),
              Map.entry("caller", Set.of("oauth", "problem", "audit", "agency")),
              Map.entry("review", Set.of("problem", "audit", "caller")),
              Map.entry("refresh", Set.of("oauth", "trace", "active911", "audit", "agency")),
              Map.entry(
                  "handout",
                  Set.of(
                      "oauth",
                      "problem",
                      "trace",
                      "active911",
                      "audit",
                      "agency",
                      "caller",
                      "refresh")),
              Map.entry(
                  "onboarding",
                  Set.of("oauth", "problem", "active911", "audit", "agency", "caller", "refresh")),
              Map.entry("notice", Set.of("http", "oauth", "audit", "agency", "onboarding")),
              Map.entry(
                  "console",
                  Set.of(
                      "oauth",
                      "problem",
                      "active911",
                      "audit",
                      "agency",
                      "caller",
                      "refresh",
                      "review",
                      "onboarding",
                      "notice")),
              Map.entry(
                  "platform",
                  Set.of(
                      "oauth",
                      "problem",
                      "trace",
                      "active911",
                      "agency",
                      "caller",
                      "refresh",
                      "notice",
                      "console")),
              Map.entry("development", Set.of("oauth", "platform", "simulator")),
              Map.entry("simulator", Set.of())));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.tokenbroker");

  static Stream<String> rooms() {
    return ROOMS.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("rooms")
  void aRoomKnowsOnlyThoseThatItMay(String room) {
    String[] known =
        Stream.concat(Stream.of(room), ROOMS.getOrDefault(room, Set.of()).stream())
            .map(name -> ROOT + name + "..")
            .toArray(String[]::new);

    classes()
        .that()
        .resideInAPackage(ROOT + room + "..")
        .should()
        .onlyDependOnClassesThat(
            describe(
                "are of " + Arrays.toString(known) + " or no room of ours",
                type ->
                    !type.getPackageName().startsWith("org.tokenbroker")
                        || resideInAnyPackage(known).test(type)))
        .check(CLASSES);
  }

  @Test
  void everyRoomIsOnTheList() {
    Set<String> found =
        CLASSES.stream()
            .map(JavaClass::getPackageName)
            .map(name -> name.substring(ROOT.length()).split("\\.", 2)[0])
            .collect(Collectors.toCollection(TreeSet::new));

    assertEquals(new TreeSet<>(ROOMS.keySet()), found);
  }

  @Test
  void theRoomsFormNoCircle() {
    slices().matching(ROOT + "(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void timeAndChanceAreInjected() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT + "platform..", ROOT + "simulator..", ROOT + "development..")
        .should(callMethod(Instant.class, "now"))
        .orShould(callMethod(System.class, "currentTimeMillis"))
        .orShould(callMethod(Clock.class, "systemUTC"))
        .orShould(callMethod(UUID.class, "randomUUID"))
        .orShould(callMethod(Math.class, "random"))
        .check(CLASSES);
  }

  @Test
  void namesSayWhatAThingIs() {
    for (String suffix : List.of("Manager", "Impl", "Util", "Utils", "Helper", "DTO", "Dto")) {
      noClasses().should().haveSimpleNameEndingWith(suffix).check(CLASSES);
    }
  }
}
