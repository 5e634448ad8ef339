package org.tokenbroker.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import net.jqwik.api.RandomGenerator;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.sessions.JqwikSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.problem.ProblemType;
import org.tokenbroker.proof.Requests.Request;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.OpenApiDocument;
import org.tokenbroker.testing.RawHttp;
import org.tokenbroker.testing.RawHttp.Answer;
import org.tokenbroker.testing.RawHttp.NoAnswerException;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestSimulator;

/**
 * Whatever is sent, to every operation of the interface and with every kind of credential: the
 * answer is one of the contract's, comes in time, and a refused request has stored nothing.
 */
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before the test
class FuzzIT {

  private static final int REQUESTS = Proof.size(2_000, 20_000);
  private static final int FAULTS_TO_TELL = 10;
  private static final int TRIES_TO_SHRINK = 300;
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Where no operation of the document is meant, or HTTP itself is not kept to. */
  private static final Set<Integer> OF_ANY_ADDRESS =
      Set.of(400, 401, 403, 404, 405, 406, 413, 414, 415, 431);

  private static final Map<String, Integer> PROBLEMS =
      Arrays.stream(ProblemType.values())
          .collect(Collectors.toUnmodifiableMap(ProblemType::uri, ProblemType::status));

  /** Counts the changes of what requests can store; what goes on behind them is left out. */
  private static final String COUNTER =
      """
      create table fuzz_changes (n bigint not null);
      insert into fuzz_changes values (0);
      create function fuzz_changed() returns trigger language plpgsql as
        'begin update fuzz_changes set n = n + 1; return null; end';
      create trigger fuzz after insert or update or delete on agency
        for each row execute function fuzz_changed();
      create trigger fuzz after insert or update or delete on candidate
        for each row execute function fuzz_changed();
      create trigger fuzz after insert or update or delete on caller
        for each row execute function fuzz_changed();
      create trigger fuzz after insert or update or delete on caller_agency
        for each row execute function fuzz_changed();
      create trigger fuzz after insert or delete on caller_key
        for each row execute function fuzz_changed();
      create trigger fuzz after insert or update or delete on admin
        for each row execute function fuzz_changed();
      create trigger fuzz after insert or delete on admin_key
        for each row execute function fuzz_changed();
      create trigger fuzz after insert or delete or update of refresh_token, state on agency_grant
        for each row execute function fuzz_changed();
      create trigger fuzz after insert on authorization_request
        for each row execute function fuzz_changed();
      create trigger fuzz after insert on callback_result
        for each row execute function fuzz_changed();
      """;

  @TempDir Path directory;

  private Simulator active911;
  private BrokerProcess process;
  private Connection connection;
  private PreparedStatement changes;
  private RawHttp http;
  private Requests requests;

  @BeforeEach
  void start() throws SQLException {
    TestDatabase database = TestDatabase.create();
    Map<String, String> environment = BrokerProcess.environment(database);
    active911 = TestSimulator.start(environment.getOrDefault("BROKER_PUBLIC_URL", ""));
    BrokerProcess.connect(environment, active911);
    environment.put("BROKER_FAILED_AUTHENTICATION_RATE", "1000000");
    environment.put("BROKER_REFRESH_RATE", "0");
    process = BrokerProcess.serve(directory, environment);
    BrokerClient broker = new BrokerClient(process.origin().toString(), BrokerProcess.ADMIN_KEY);
    broker.createAgency("fuzz-a");
    broker.connect("fuzz-a", active911.agencies().getFirst().id()).then().statusCode(303);
    String someCaller = broker.createCaller("keeper-of-some", "fuzz-a");
    String allCaller = broker.createCaller("keeper-of-all", "*");
    requests =
        new Requests(
            OpenApiDocument.read(),
            List.of(
                "",
                "Bearer",
                "Basic eDp5",
                "Bearer an-unknown-key-of-some-length-0123456789",
                "Bearer tbk_0_0_0",
                "Bearer e30.e30.e30",
                "Bearer " + someCaller,
                "Bearer " + allCaller,
                "Bearer " + broker.createAdmin("keeper-viewer", "viewer"),
                "Bearer " + broker.createAdmin("keeper-operator", "operator"),
                "Bearer " + broker.createAdmin("keeper-admin", "admin"),
                "bearer " + BrokerProcess.ADMIN_KEY,
                "Bearer " + BrokerProcess.ADMIN_KEY));
    database.execute(COUNTER);
    connection = database.dataSource().getConnection();
    changes = connection.prepareStatement("select n from fuzz_changes");
    http = new RawHttp(process.origin(), DEADLINE);
  }

  @AfterEach
  void stop() throws SQLException {
    http.close();
    connection.close();
    process.close();
    active911.close();
  }

  @Test
  void everyAnswerIsOneOfTheContracts() {
    long seed = Proof.seed();
    Proof.say("fuzzing: -Dproof.seed=%d".formatted(seed));
    Map<String, Integer> statuses = new TreeMap<>();
    Map<String, String> faults = new TreeMap<>();

    JqwikSession.run(
        () -> {
          RandomGenerator<Request> generator = requests.all().generator(REQUESTS);
          Random random = new Random(seed);
          for (int i = 0; i < REQUESTS; i++) {
            Shrinkable<Request> request = generator.next(random);
            String fault = fault(request.value(), statuses);
            if (fault != null && faults.size() < FAULTS_TO_TELL) {
              String kind = fault.substring(fault.indexOf(": ") + 2).lines().findFirst().orElse("");
              if (!faults.containsKey(kind)) {
                faults.put(kind, smallest(request));
              }
            }
          }
        });

    assertEquals(Map.of(), faults, () -> "with seed " + seed);
    Proof.say("fuzzing, answers by status: " + statuses);
    assertTrue(statuses.getOrDefault("2xx", 0) > REQUESTS / 20, statuses::toString);
    assertEquals(List.of(), process.log().lines().filter(FuzzIT::isError).toList());
  }

  private static boolean isError(String line) {
    return line.contains(" ERROR ") || line.contains("\"ERROR\"");
  }

  /** What is left of a request when all was taken away that does not matter. */
  private String smallest(Shrinkable<Request> failing) {
    Shrinkable<Request> smallest = failing;
    int tries = TRIES_TO_SHRINK;
    boolean smaller = true;
    while (smaller && tries > 0) {
      smaller = false;
      for (Shrinkable<Request> next : smallest.shrink().limit(tries).toList()) {
        tries--;
        if (fault(next.value(), new TreeMap<>()) != null) {
          smallest = next;
          smaller = true;
          break;
        }
      }
    }
    Request request = smallest.value();
    return "smallest: %s%n%s%n%s"
        .formatted(fault(request, new TreeMap<>()), request.head("localhost"), request.body());
  }

  /** What is wrong with the answer to a request; null: nothing. */
  private @Nullable String fault(Request request, Map<String, Integer> statuses) {
    long before = changes();
    Optional<Answer> sent;
    try {
      sent =
          http.send(
              request.head("localhost:" + process.origin().getPort()),
              request.body().getBytes(StandardCharsets.UTF_8));
    } catch (NoAnswerException e) {
      return request.operation() + " was not answered within " + DEADLINE;
    }
    if (sent.isEmpty()) {
      return request.operation() + ": the connection was closed without an answer";
    }
    Answer answer = sent.get();
    statuses.merge(answer.status() / 100 + "xx", 1, Integer::sum);
    statuses.merge(Integer.toString(answer.status()), 1, Integer::sum);
    String fault = fault(request, answer);
    if (fault == null && answer.status() >= 400 && answer.status() < 500) {
      fault = changes() == before ? null : "a refused request has stored something";
    }
    return fault == null
        ? null
        : "%s answers %d: %s%n%s"
            .formatted(request.operation(), answer.status(), fault, answer.body());
  }

  /** Whether the HTTP server takes it for a request: RFC 9110 §4.2 and §5.5. */
  private static boolean isHttp(Request request) {
    String head = request.head("localhost");
    String target = head.split(" ", 3)[1];
    try {
      QueryStringDecoder decoder = new QueryStringDecoder(target);
      return decoder.path() != null
          && decoder.parameters() != null
          && head.chars().noneMatch(each -> Character.isISOControl(each) && !isLayout(each));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static boolean isLayout(int each) {
    return each == '\r' || each == '\n' || each == '\t';
  }

  private static @Nullable String fault(Request request, Answer answer) {
    int status = answer.status();
    Set<String> documented = request.operation().answers().get(status);
    if (status < 400) {
      return documented == null && request.plainPath() ? "a status that is not documented" : null;
    }
    boolean isPage = answer.header("Content-Type").orElse("").startsWith("text/html");
    if (isPage) {
      // ".." may lead to where people look.
      boolean isMeant = request.plainPath() ? documented != null : OF_ANY_ADDRESS.contains(status);
      return isMeant && status < 500 ? null : "a page that is not documented";
    }
    if (status == 431 || status == 414) {
      return null; // refused before it is a request
    }
    if (status == 400 && answer.body().isEmpty() && !isHttp(request)) {
      return null; // likewise: the server refuses it without asking anybody
    }
    if (!answer.header("Content-Type").orElse("").equals("application/problem+json")) {
      return "no problem: " + answer.headers();
    }
    JsonNode problem;
    try {
      problem = JSON.readTree(answer.body());
    } catch (JsonProcessingException e) {
      return "a problem that is no JSON";
    }
    String type = problem.path("type").asText();
    if (!Integer.valueOf(status).equals(PROBLEMS.get(type))
        || problem.path("status").asInt() != status
        || problem.path("title").asText().isEmpty()
        || problem.path("detail").asText().isEmpty()) {
      return "a problem that is not one of the contract's";
    }
    if (status == 500) {
      return "a bug";
    }
    if ((status == 503 || status == 429) && answer.header("Retry-After").isEmpty()) {
      return "no Retry-After";
    }
    if (documented != null && documented.contains(type)) {
      return null;
    }
    return status < 500
            && OF_ANY_ADDRESS.contains(status)
            && (!request.plainPath() || status == 400 || status == 406)
        ? null
        : "a problem that is not documented here: " + type;
  }

  private long changes() {
    try (ResultSet row = changes.executeQuery()) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
