package org.tokenbroker.build;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tokenbroker.build.Manifests.Workload;
import org.tokenbroker.testing.ExternalTool;

/**
 * Renders every overlay and example of {@code k8s}, and one with all components at once, and holds
 * each object against the schema of its kind and the rules below.
 */
@NullMarked
class ManifestsTest {

  private static final Path K8S = Path.of("k8s");

  /** Labels by which others reach the broker's pods. */
  private static final Map<String, String> BROKER =
      Map.of("app.kubernetes.io/name", "token-broker", "app.kubernetes.io/component", "broker");

  private static final Pattern PINNED_IMAGE =
      Pattern.compile("[a-z0-9./_-]+:(?!latest$)[A-Za-z0-9][A-Za-z0-9._-]*");

  /** Kinds that belong to no namespace. */
  private static final Set<String> CLUSTER_WIDE = Set.of("Namespace");

  /** Made by the cluster itself. */
  private static final Set<String> CONFIG_MAP_OF_EVERY_NAMESPACE = Set.of("kube-root-ca.crt");

  private static List<Manifests> all = List.of();

  @BeforeAll
  static void render() throws Exception {
    Path kubectl = ExternalTool.orSkip("kubectl");
    List<Manifests> rendered = new ArrayList<>();
    for (String directory : List.of("overlays", "examples")) {
      for (Path kustomization : directories(K8S.resolve(directory))) {
        rendered.add(Manifests.render(kubectl, kustomization));
      }
    }
    rendered.add(Manifests.render(kubectl, everything()));
    all = List.copyOf(rendered);
  }

  /** A kustomization of the base and all components, also those that no overlay has. */
  private static Path everything() throws IOException {
    Path directory = Files.createDirectories(Path.of("target", "kustomize", "everything"));
    List<String> lines = new ArrayList<>();
    lines.add("namespace: everything");
    lines.add("resources:\n  - " + directory.relativize(K8S.resolve("base")));
    lines.add("components:");
    for (Path component : directories(K8S.resolve("components"))) {
      lines.add("  - " + directory.relativize(component));
    }
    Files.write(directory.resolve("kustomization.yaml"), lines);
    return directory;
  }

  private static List<Path> directories(Path parent) throws IOException {
    try (Stream<Path> children = Files.list(parent)) {
      return children.filter(Files::isDirectory).sorted().toList();
    }
  }

  @Test
  void eachObjectIsAsItsKindsSchemaSays() throws Exception {
    KubernetesSchemas schemas = new KubernetesSchemas();

    assertNoFaults(
        (manifests, faults) ->
            manifests
                .objects()
                .forEach(
                    object ->
                        schemas
                            .faults(object)
                            .forEach(
                                fault -> faults.add(manifests.nameOf(object) + ": " + fault))));
  }

  /** The schemas see what would otherwise be dropped, or refused by the cluster. */
  @Test
  void aFieldThatNoSchemaNamesIsAFault() throws Exception {
    KubernetesSchemas schemas = new KubernetesSchemas();
    JsonNode object = production().ofKind("StatefulSet").findFirst().orElseThrow();
    ObjectNode misspelt = object.deepCopy();
    ((ObjectNode) misspelt.at("/spec/template/spec/containers/0")).put("imagePolicy", "Always");
    ObjectNode ofAnotherType = object.deepCopy();
    ((ObjectNode) ofAnotherType.path("spec")).put("replicas", "three");
    ObjectNode ofNoKind = object.deepCopy();
    ofNoKind.put("apiVersion", "apps/v1beta1");

    assertAll(
        () -> assertEquals(List.of(), schemas.faults(object)),
        () -> assertEquals(1, schemas.faults(misspelt).size()),
        () -> assertEquals(1, schemas.faults(ofAnotherType).size()),
        () -> assertEquals(1, schemas.faults(ofNoKind).size()));
  }

  @Test
  void noTwoObjectsAreTheSameAndEachHasANamespace() {
    assertNoFaults(
        (manifests, faults) -> {
          List<String> names = manifests.objects().stream().map(manifests::nameOf).toList();
          if (Set.copyOf(names).size() != names.size()) {
            faults.add(manifests.name() + ": two objects have one name: " + names);
          }
          manifests.objects().stream()
              .filter(object -> !CLUSTER_WIDE.contains(Manifests.kind(object)))
              .filter(object -> !object.path("metadata").has("namespace"))
              .forEach(object -> faults.add(manifests.nameOf(object) + " is in no namespace"));
        });
  }

  @Test
  void imagesArePinned() {
    assertNoFaults(
        eachContainer(
            (workload, container) ->
                PINNED_IMAGE.matcher(container.path("image").asText()).matches()
                    ? List.of()
                    : List.of("its image must have a tag, and not latest")));
  }

  @Test
  void nothingRunsAsRootOrMayBecomeIt() {
    assertNoFaults(
        eachContainer(
            (workload, container) -> {
              List<String> faults = new ArrayList<>();
              JsonNode pod = workload.pod().path("securityContext");
              JsonNode own = container.path("securityContext");
              expect(faults, pod.path("runAsNonRoot").asBoolean(), "runAsNonRoot");
              expect(faults, pod.path("runAsUser").asLong() > 0, "runAsUser");
              expect(faults, !own.has("runAsUser"), "a user that is the pod's");
              expect(
                  faults,
                  pod.at("/seccompProfile/type").asText().equals("RuntimeDefault"),
                  "seccompProfile RuntimeDefault");
              expect(
                  faults,
                  !own.path("allowPrivilegeEscalation").asBoolean(true),
                  "allowPrivilegeEscalation: false");
              expect(faults, !own.path("privileged").asBoolean(), "no privileges");
              expect(
                  faults, own.path("readOnlyRootFilesystem").asBoolean(), "readOnlyRootFilesystem");
              expect(
                  faults,
                  own.at("/capabilities/drop").toString().equals("[\"ALL\"]")
                      && !own.path("capabilities").has("add"),
                  "no capabilities");
              return faults;
            }));
  }

  @Test
  void podsShareNothingWithTheirNode() {
    assertNoFaults(
        eachWorkload(
            workload -> {
              List<String> faults = new ArrayList<>();
              for (String field : List.of("hostNetwork", "hostPID", "hostIPC")) {
                expect(faults, !workload.pod().path(field).asBoolean(), "no " + field);
              }
              workload
                  .pod()
                  .path("volumes")
                  .forEach(volume -> expect(faults, !volume.has("hostPath"), "no hostPath"));
              return faults;
            }));
  }

  @Test
  void tokensOfTheClusterAreMountedOnlyWhereTheyAreProjected() {
    assertNoFaults(
        eachWorkload(
            workload ->
                workload.pod().path("automountServiceAccountToken").asBoolean(true)
                    ? List.of("automountServiceAccountToken must be false")
                    : List.of()));
  }

  @Test
  void whatAPodMayUseIsLimited() {
    assertNoFaults(
        eachContainer(
            (workload, container) -> {
              List<String> faults = new ArrayList<>();
              JsonNode resources = container.path("resources");
              expect(faults, resources.path("requests").has("cpu"), "a request of CPU");
              expect(faults, resources.path("requests").has("memory"), "a request of memory");
              expect(faults, resources.path("limits").has("memory"), "a limit of memory");
              workload
                  .pod()
                  .path("volumes")
                  .forEach(
                      volume ->
                          expect(
                              faults,
                              !volume.has("emptyDir") || volume.path("emptyDir").has("sizeLimit"),
                              "a limit of what " + volume.path("name").asText() + " may hold"));
              return faults;
            }));
  }

  @Test
  void whatServesIsProbed() {
    assertNoFaults(
        eachContainer(
            (workload, container) ->
                !workload.serves() || container.has("readinessProbe")
                    ? List.of()
                    : List.of("it needs a readinessProbe")));
  }

  @Test
  void theBrokerIsProbedOnTheManagementPort() {
    assertNoFaults(
        (manifests, faults) ->
            brokers(manifests)
                .flatMap(Workload::containers)
                .forEach(
                    container ->
                        Map.of(
                                "startupProbe", "/q/health/started",
                                "readinessProbe", "/q/health/ready",
                                "livenessProbe", "/q/health/live")
                            .forEach(
                                (probe, path) ->
                                    expect(
                                        faults,
                                        container
                                                .at("/" + probe + "/httpGet/path")
                                                .asText()
                                                .equals(path)
                                            && container
                                                .at("/" + probe + "/httpGet/port")
                                                .asText()
                                                .equals("management"),
                                        probe + " of " + path))));
  }

  /** Losing the database takes no replica out of service, which the ready-made check would. */
  @Test
  void theDatabaseDecidesAboutNobodysReadiness() throws Exception {
    assertEquals("false", properties().getProperty("quarkus.datasource.health.enabled"));
  }

  @Test
  void theBrokerIsLeftTheTimeThatItTakesToEnd() throws Exception {
    long requests = seconds(properties().getProperty("quarkus.shutdown.timeout"));
    long calls = seconds(defaultOf("BROKER_REFRESH_SHUTDOWN_GRACE"));

    assertNoFaults(
        (manifests, faults) ->
            brokers(manifests)
                .forEach(
                    workload -> {
                      JsonNode pod = workload.pod();
                      long before =
                          pod.at("/containers/0/lifecycle/preStop/sleep/seconds").asLong();
                      expect(faults, before > 0, "time for load balancers to forget a pod");
                      expect(
                          faults,
                          pod.path("terminationGracePeriodSeconds").asLong()
                              > before + requests + calls,
                          "more than %d + %d + %d s to end".formatted(before, requests, calls));
                    }));
  }

  @Test
  void theJournalOutlivesItsPodInProduction() {
    Workload broker = brokers(production()).findFirst().orElseThrow();
    String directory =
        broker
            .pod()
            .at("/containers/0/env")
            .valueStream()
            .filter(variable -> variable.path("name").asText().equals("BROKER_JOURNAL_DIR"))
            .findFirst()
            .orElseThrow()
            .path("value")
            .asText();
    Set<String> claimed =
        broker
            .object()
            .at("/spec/volumeClaimTemplates")
            .valueStream()
            .map(claim -> claim.at("/metadata/name").asText())
            .collect(toSet());

    assertTrue(
        broker
            .pod()
            .at("/containers/0/volumeMounts")
            .valueStream()
            .filter(mount -> claimed.contains(mount.path("name").asText()))
            .anyMatch(mount -> directory.startsWith(mount.path("mountPath").asText() + "/")),
        directory);
  }

  @Test
  void productionHasThreeBrokersOfWhichOneMayBeAway() {
    Workload broker = brokers(production()).findFirst().orElseThrow();
    JsonNode budget = production().ofKind("PodDisruptionBudget").findFirst().orElseThrow();

    assertAll(
        () -> assertEquals(3, broker.object().at("/spec/replicas").asInt()),
        () -> assertFalse(broker.pod().path("topologySpreadConstraints").isEmpty()),
        () -> assertEquals(1, budget.at("/spec/maxUnavailable").asInt()));
  }

  @Test
  void tokensAreOnNoIngressAndThePublicOneHasNothingButConsent() {
    List<String> open = paths("token-broker-public");
    List<String> inside = paths("token-broker-internal");

    assertAll(
        () -> assertEquals(List.of("/callback", "/connect", "/assets", "/webjars"), open),
        () -> assertTrue(inside.containsAll(open), "a consent ends where it began"),
        () ->
            assertEquals(
                List.of(),
                Stream.of(open, inside)
                    .flatMap(List::stream)
                    .filter(path -> "/tokens".startsWith(path) && !path.equals("/"))
                    .toList()),
        () ->
            assertEquals(
                List.of("Exact"),
                production()
                    .ofKind("Ingress")
                    .flatMap(ingress -> ingress.at("/spec/rules/0/http/paths").valueStream())
                    .filter(path -> path.path("path").asText().equals("/"))
                    .map(path -> path.path("pathType").asText())
                    .toList()));
  }

  private static List<String> paths(String ingress) {
    return production()
        .ofKind("Ingress")
        .filter(object -> object.at("/metadata/name").asText().equals(ingress))
        .flatMap(object -> object.at("/spec/rules").valueStream())
        .flatMap(rule -> rule.at("/http/paths").valueStream())
        .map(path -> path.path("path").asText())
        .toList();
  }

  @Test
  void managementHasAServiceOfItsOwn() {
    assertNoFaults(
        (manifests, faults) ->
            manifests
                .ofKind("Service")
                .filter(service -> service.path("spec").path("ports").size() > 0)
                .filter(service -> ports(service).contains("management"))
                .forEach(
                    service ->
                        expect(
                            faults,
                            ports(service).equals(Set.of("management")),
                            manifests.nameOf(service) + " with no other port")));
  }

  private static Set<String> ports(JsonNode service) {
    return service
        .at("/spec/ports")
        .valueStream()
        .map(port -> port.path("targetPort").asText())
        .collect(toSet());
  }

  @Test
  void servicesAndBudgetsFindTheirPodsAndNoOthers() {
    assertNoFaults(
        (manifests, faults) -> {
          manifests
              .ofKind("Service")
              .forEach(
                  service -> {
                    List<Workload> found = selected(manifests, service.at("/spec/selector"));
                    expect(
                        faults,
                        found.size() == 1
                            && found.stream()
                                .flatMap(Workload::containers)
                                .flatMap(container -> container.path("ports").valueStream())
                                .map(port -> port.path("name").asText())
                                .collect(toSet())
                                .containsAll(ports(service)),
                        manifests.nameOf(service) + " with one workload that has its ports");
                  });
          manifests
              .ofKind("PodDisruptionBudget")
              .forEach(
                  budget ->
                      expect(
                          faults,
                          selected(manifests, budget.at("/spec/selector/matchLabels")).size() == 1,
                          manifests.nameOf(budget) + " with one workload"));
        });
  }

  private static List<Workload> selected(Manifests manifests, JsonNode labels) {
    return manifests
        .workloads()
        .filter(
            workload ->
                labels
                    .propertyStream()
                    .allMatch(
                        label -> label.getValue().equals(workload.labels().get(label.getKey()))))
        .toList();
  }

  @Test
  void nobodyTalksToAnybodyUnlessAPolicySaysSo() {
    assertNoFaults(
        (manifests, faults) -> {
          if (brokers(manifests).findAny().isEmpty()) {
            return;
          }
          expect(
              faults,
              manifests
                  .ofKind("NetworkPolicy")
                  .map(policy -> policy.path("spec"))
                  .anyMatch(
                      spec ->
                          spec.path("podSelector").isEmpty()
                              && spec.path("policyTypes").size() == 2
                              && !spec.has("ingress")
                              && !spec.has("egress")),
              "a policy that denies everything");
          manifests
              .ofKind("NetworkPolicy")
              .filter(policy -> policy.path("spec").has("ingress"))
              .forEach(
                  policy ->
                      policy
                          .at("/spec/ingress")
                          .forEach(
                              rule ->
                                  expect(
                                      faults,
                                      rule.path("from").size() > 0 && rule.path("ports").size() > 0,
                                      manifests.nameOf(policy) + " that says who and where")));
        });
  }

  @Test
  void theConfigMapsThatAreNamedAreThere() {
    assertNoFaults(
        (manifests, faults) -> {
          Set<String> there =
              manifests
                  .ofKind("ConfigMap")
                  .map(object -> object.at("/metadata/name").asText())
                  .collect(toSet());
          manifests
              .workloads()
              .forEach(
                  workload -> {
                    List<String> named =
                        new ArrayList<>(
                            workload.pod().findValues("configMapRef").stream()
                                .map(reference -> reference.path("name").asText())
                                .toList());
                    workload
                        .pod()
                        .findValues("configMap")
                        .forEach(reference -> named.add(reference.path("name").asText()));
                    named.removeAll(CONFIG_MAP_OF_EVERY_NAMESPACE);
                    expect(
                        faults,
                        there.containsAll(named),
                        workload.name() + " with the ConfigMaps " + named);
                  });
        });
  }

  @Test
  void settingsAreOnesThatTheBrokerKnows() throws Exception {
    String readme = Files.readString(Path.of("README.md"));

    assertNoFaults(
        (manifests, faults) ->
            Stream.concat(
                    manifests
                        .ofKind("ConfigMap")
                        .flatMap(map -> map.path("data").propertyStream())
                        .map(Map.Entry::getKey),
                    brokers(manifests)
                        .flatMap(Workload::containers)
                        .flatMap(container -> container.path("env").valueStream())
                        .map(variable -> variable.path("name").asText()))
                .filter(key -> key.matches("(BROKER|ACTIVE911)_.*"))
                .map(key -> key.replaceFirst("_FILE$", ""))
                .forEach(
                    key ->
                        expect(
                            faults,
                            readme.contains("| `" + key + "`"),
                            "no setting " + key + ", which the README does not have")));
  }

  /**
   * Secrets come as files: what a process is given by its environment is seen in too many places.
   */
  @Test
  void noSecretComesByTheEnvironmentOrLiesHere() {
    assertNoFaults(
        (manifests, faults) -> {
          expect(faults, manifests.ofKind("Secret").findAny().isEmpty(), "no Secret");
          manifests
              .workloads()
              .forEach(
                  workload -> {
                    expect(
                        faults,
                        workload.pod().findValues("secretRef").isEmpty()
                            && workload.pod().findValues("secretKeyRef").isEmpty(),
                        workload.name() + " without secrets in its environment");
                  });
        });
  }

  private static Manifests production() {
    return all.stream()
        .filter(manifests -> manifests.name().equals("production"))
        .findFirst()
        .orElseThrow();
  }

  private static Stream<Workload> brokers(Manifests manifests) {
    return manifests
        .workloads()
        .filter(
            workload ->
                BROKER.entrySet().stream()
                    .allMatch(
                        label ->
                            workload
                                .labels()
                                .path(label.getKey())
                                .asText()
                                .equals(label.getValue())));
  }

  private static BiConsumer<Manifests, List<String>> eachWorkload(
      Function<Workload, List<String>> rule) {
    return (manifests, faults) ->
        manifests
            .workloads()
            .forEach(
                workload ->
                    rule.apply(workload)
                        .forEach(fault -> faults.add(workload.name() + ": " + fault)));
  }

  private static BiConsumer<Manifests, List<String>> eachContainer(
      BiFunction<Workload, JsonNode, List<String>> rule) {
    return eachWorkload(
        workload ->
            workload
                .containers()
                .flatMap(container -> rule.apply(workload, container).stream())
                .toList());
  }

  private static void expect(List<String> faults, boolean met, String what) {
    if (!met) {
      faults.add("expected: " + what);
    }
  }

  /** Applies a rule to everything that was rendered. */
  private static void assertNoFaults(BiConsumer<Manifests, List<String>> rule) {
    List<String> faults = new ArrayList<>();
    all.forEach(manifests -> rule.accept(manifests, faults));

    assertFalse(all.isEmpty());
    assertEquals(List.of(), faults);
  }

  private static Properties properties() throws IOException {
    Properties properties = new Properties();
    try (var reader =
        Files.newBufferedReader(Path.of("src", "main", "resources", "application.properties"))) {
      properties.load(reader);
    }
    return properties;
  }

  /** A setting's default, from the README's table. */
  private static String defaultOf(String key) throws IOException {
    return Files.readAllLines(Path.of("README.md")).stream()
        .filter(line -> line.startsWith("| `" + key + "`"))
        .map(line -> line.split("\\|", -1)[2].strip().replace("`", ""))
        .findFirst()
        .orElseThrow();
  }

  private static long seconds(String duration) {
    assertTrue(duration.matches("[0-9]+s"), duration);
    return Long.parseLong(duration.substring(0, duration.length() - 1));
  }
}
