package org.tokenbroker.packaging;

import static io.restassured.RestAssured.given;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.GreenMailUtil;
import com.icegreen.greenmail.util.ServerSetup;
import io.opentelemetry.proto.trace.v1.Span;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jose4j.jwt.JwtClaims;
import org.jsoup.Jsoup;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tokenbroker.agency.TokenCipher;
import org.tokenbroker.agency.TokenCipher.Place;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.simulator.CallKind;
import org.tokenbroker.simulator.ConsentBrowser;
import org.tokenbroker.simulator.Fault;
import org.tokenbroker.simulator.Fault.Body;
import org.tokenbroker.simulator.Fault.Moment;
import org.tokenbroker.simulator.FaultRule;
import org.tokenbroker.simulator.Rotation;
import org.tokenbroker.simulator.Simulator;
import org.tokenbroker.simulator.SimulatorOptions;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerProcess;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.OpenApiDocument;
import org.tokenbroker.testing.OpenApiDocument.Operation;
import org.tokenbroker.testing.OpenApiDocument.Parameter;
import org.tokenbroker.testing.TestCollector;
import org.tokenbroker.testing.TestDatabase;
import org.tokenbroker.testing.TestIssuer;
import org.tokenbroker.testing.WebhookReceiver;

/**
 * Secrets are given to the broker wherever it takes one, every address is called and much fails;
 * then they are looked for in all that came out of it: its log at every level that can be switched
 * on, each answer's status, headers and body, metrics, health, its directory, and every column of
 * every table. Each answer that may hold one says so where it is asked for; there is no other
 * exception.
 */
@NullMarked
@Tag("full")
@SuppressWarnings("NullAway.Init") // filled before the test
class LeakIT {

  private static final String AGENCY = "leak-fd";
  private static final String OTHER_AGENCY = "leak-other-fd";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path directory;

  private final PlantedSecrets planted = new PlantedSecrets();
  private final List<String> leaks = new ArrayList<>();
  private final SecureRandom random = new SecureRandom();
  private final Map<String, String> environment = new HashMap<>();
  private final Set<String> called = new TreeSet<>();
  private final WebhookReceiver receiver = WebhookReceiver.start();
  private final GreenMail mail =
      new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
  private TestDatabase database;
  private Simulator active911;
  private TestIssuer issuer;
  private TestCollector collector;
  private BrokerProcess process;
  private BrokerClient broker;
  private String callerKey = "";
  private int answers;

  @BeforeEach
  void start() {
    PlantedSecrets.provesItself();
    database = TestDatabase.createWithPassword(plant("the database's password"));
    environment.putAll(BrokerProcess.environment(database));
    String clientSecret = plant("the client secret");
    active911 =
        Simulator.start(
            SimulatorOptions.defaults()
                .withClient("client-of-the-tests", clientSecret)
                .withRedirectAddresses(
                    List.of(URI.create(setting("BROKER_PUBLIC_URL") + "/callback"))));
    BrokerProcess.connect(environment, active911);
    issuer = TestIssuer.start();
    collector = new TestCollector();
    environment.putAll(collector.environment());
    planted.plant("the secret at the identity provider", TestIssuer.CLIENT_SECRET);
    environment.put("ACTIVE911_CLIENT_ID", "client-of-the-tests");
    environment.put("ACTIVE911_CLIENT_SECRET", clientSecret);
    environment.put("ACTIVE911_CLIENT_SECRET_NEXT", plant("the next client secret"));
    environment.put("ACTIVE911_TIMEOUT", "1s");
    environment.put("BROKER_REFRESH_LEASE", "13s");
    environment.put("BROKER_REFRESH_RATE", "0");
    environment.put("BROKER_ADMIN_KEY", plant("the admin key"));
    environment.put("BROKER_ADMIN_KEY_NEXT", plant("the next admin key"));
    environment.put("BROKER_FAILED_AUTHENTICATION_RATE", "1000000");
    environment.put("BROKER_OIDC_ISSUERS", issuer.name());
    environment.put("BROKER_OIDC_CONSOLE_ISSUER", issuer.name());
    environment.put("BROKER_OIDC_CONSOLE_CLIENT_ID", TestIssuer.CLIENT_ID);
    environment.put("BROKER_OIDC_CONSOLE_CLIENT_SECRET", TestIssuer.CLIENT_SECRET);
    environment.put("QUARKUS_LOG_LEVEL", "TRACE");
    environment.put("QUARKUS_LOG_CATEGORY__ORG_TOKENBROKER__LEVEL", "TRACE");
    environment.put("QUARKUS_LOG_CATEGORY__IO_QUARKUS_OIDC__LEVEL", "TRACE");
    environment.put("QUARKUS_LOG_CATEGORY__IO_VERTX__LEVEL", "TRACE");
    mail.start();
    String password = plant("the mail server's password");
    mail.setUser("leak@example.org", "leak", password);
    environment.put("BROKER_NOTIFY_WEBHOOK", receiver.address() + "/" + plant("a webhook's path"));
    environment.put("BROKER_NOTIFY_WEBHOOK_SECRET", webhookSecret());
    environment.put("BROKER_NOTIFY_WEBHOOK_SECRET_NEXT", webhookSecret());
    environment.put("BROKER_NOTIFY_MAIL", "dispatch@example.org");
    environment.put("BROKER_NOTIFY_CONTACT", "true");
    environment.put("QUARKUS_MAILER_FROM", "broker@example.org");
    environment.put("QUARKUS_MAILER_HOST", "127.0.0.1");
    environment.put("QUARKUS_MAILER_PORT", Integer.toString(mail.getSmtp().getPort()));
    environment.put("QUARKUS_MAILER_START_TLS", "DISABLED");
    environment.put("QUARKUS_MAILER_USERNAME", "leak");
    environment.put("QUARKUS_MAILER_PASSWORD", password);
    plantKeyset(setting("BROKER_ENCRYPTION_KEYSET"));
    process = BrokerProcess.serve(directory, environment);
    broker = new BrokerClient(process.origin().toString(), setting("BROKER_ADMIN_KEY"));
  }

  @AfterEach
  void stop() {
    process.close();
    active911.close();
    issuer.close();
    collector.close();
    mail.stop();
    receiver.close();
  }

  private String webhookSecret() {
    byte[] key = new byte[32];
    random.nextBytes(key);
    return "whsec_" + planted.plant("a webhook's secret", Base64.getEncoder().encodeToString(key));
  }

  private void plantKeyset(String keyset) {
    try {
      String value = JSON.readTree(keyset).at("/key/0/keyData/value").asText();
      planted.plant("the keyset's key", value);
      byte[] key = Base64.getDecoder().decode(value);
      // The last 32 bytes are the key itself; what stands before says that it is one.
      planted.plant(
          "the keyset's key, bare",
          Base64.getEncoder()
              .withoutPadding()
              .encodeToString(Arrays.copyOfRange(key, key.length - 32, key.length)));
      planted.plant(
          "the keyset's key in hexadecimal",
          HexFormat.of().formatHex(key, key.length - 32, key.length));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String setting(String key) {
    return environment.getOrDefault(key, "");
  }

  private String plant(String name) {
    return planted.plant(name, "leak-" + Secret.random(random).value());
  }

  /** Looks through an answer; what is sanctioned may stand in it. */
  private Response look(String what, Response answer, String... sanctioned) {
    answers++;
    look(
        what + " answers " + answer.statusCode(),
        answer.statusLine() + "\n" + answer.headers() + "\n" + answer.asString(),
        List.of(sanctioned));
    return answer;
  }

  private void look(String where, String text, Collection<String> sanctioned) {
    for (String name : planted.foundIn(text, sanctioned)) {
      leaks.add(name + " in: " + where);
    }
  }

  private RequestSpecification admin() {
    return broker.admin();
  }

  // --- What goes right, and the tokens and keys that come of it
  // --------------------------------------

  private String key(String path) {
    Response answer = admin().body("{}").post(path).then().statusCode(201).extract().response();
    String key = planted.plant("a key of " + path, answer.path("api_key"));
    look("POST " + path, answer, key); // sanctioned: the only time that it is shown
    return key;
  }

  private void connect(String agency, String active911Id) {
    Response authorize = authorize(agency);
    try (ConsentBrowser browser = new ConsentBrowser()) {
      URI back = browser.allow(URI.create(authorize.header("Location")), active911Id);
      planted.plant("a code", query(back, "code"));
      Response answer = look("GET /callback", broker.callback(authorize, back));
      look("the callback's page", broker.anonymous().get(answer.header("Location")));
      look("GET /callback with a used state", broker.callback(authorize, back));
    }
    plantStored();
  }

  /** An officer's way: the link, its page, Active911, and back; then the link again. */
  private void invite(String agency, String active911Id) {
    Response made = admin().body("{}").post("/agencies/" + agency + "/invitations");
    String url = made.path("url");
    String link = planted.plant("an invitation's link", url.substring(url.lastIndexOf('/') + 1));
    look("POST an invitation", made, link); // sanctioned: the only time that it is shown
    look("GET the invitations", admin().get("/agencies/" + agency + "/invitations"));
    Response page = broker.anonymous().get("/connect/" + link);
    List<String> cookie = plantCookies("the cookie of an officer's page", page);
    List<String> sanctioned = new ArrayList<>(cookie);
    sanctioned.add(link); // the page's form leads to its own address
    look("an officer's page", page, sanctioned.toArray(String[]::new));
    look("an officer's page without its cookie", broker.anonymous().post("/connect/" + link));
    look(
        "an officer's page that is not there", broker.anonymous().get("/connect/" + unknownLink()));
    Response away =
        broker
            .anonymous()
            .cookies(page.cookies())
            .formParam("csrf", Jsoup.parse(page.asString()).select("input[name=csrf]").val())
            .post("/connect/" + link);
    List<String> flow = new ArrayList<>(plantCookies("a flow's cookie", away));
    flow.add(planted.plant("a state", query(URI.create(away.header("Location")), "state")));
    look("an officer's way to Active911", away, flow.toArray(String[]::new)); // sanctioned likewise
    try (ConsentBrowser browser = new ConsentBrowser()) {
      URI back = browser.allow(URI.create(away.header("Location")), active911Id);
      planted.plant("a code", query(back, "code"));
      Response answer = look("an officer's way back", broker.callback(away, back));
      look("an officer's result", broker.anonymous().get(answer.header("Location")));
    }
    plantStored();
    look("a link that was used", broker.anonymous().get("/connect/" + link));
    Response second = admin().body("{}").post("/agencies/" + agency + "/invitations");
    url = second.path("url");
    String revoked = planted.plant("a link", url.substring(url.lastIndexOf('/') + 1));
    String id = second.path("id");
    look("DELETE an invitation", admin().delete("/agencies/" + agency + "/invitations/" + id));
    look("a link that was revoked", broker.anonymous().get("/connect/" + revoked));
  }

  private String unknownLink() {
    return planted.plant("a link that is not known", Secret.random(random).value());
  }

  private Response authorize(String agency) {
    Response answer = broker.authorize(agency);
    String state = planted.plant("a state", query(URI.create(answer.header("Location")), "state"));
    List<String> sanctioned = new ArrayList<>(List.of(state));
    sanctioned.addAll(plantCookies("a flow's cookie", answer));
    // Sanctioned: the state goes to Active911 by the browser, the cookie stays in the browser.
    look("GET /authorize", answer, sanctioned.toArray(String[]::new));
    return answer;
  }

  /** Those that prove something; others are short or empty. */
  private List<String> plantCookies(String name, Response answer) {
    return answer.cookies().values().stream()
        .filter(value -> value.length() >= PlantedSecrets.LEAST_LENGTH)
        .map(value -> planted.plant(name, value))
        .toList();
  }

  private boolean areTracesThere() {
    Set<String> names =
        collector.spans().stream()
            .map(Span::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    return names.containsAll(
            List.of(
                "GET /tokens/{agency}",
                "POST /tokens/{agency}/refresh",
                "POST token",
                "refresh",
                "GET /connect/{invitation}",
                "POST /connect/{invitation}"))
        && isBelow("POST token", "GET /callback")
        && isBelow("refresh", "POST /console/agencies/{agency}/refresh");
  }

  private boolean isBelow(String name, String parent) {
    Set<ByteString> parents =
        collector.spans().stream()
            .filter(span -> span.getName().equals(parent))
            .map(Span::getSpanId)
            .collect(Collectors.toSet());
    return collector.spans().stream()
        .anyMatch(span -> span.getName().equals(name) && parents.contains(span.getParentSpanId()));
  }

  private static String query(URI uri, String name) {
    return Stream.of(uri.getQuery().split("&"))
        .filter(field -> field.startsWith(name + "="))
        .map(field -> field.substring(name.length() + 1))
        .findFirst()
        .orElseThrow();
  }

  /** Every token that is stored, decrypted: what Active911 has said, and what was imported. */
  private void plantStored() {
    TokenCipher cipher = new TokenCipher(setting("BROKER_ENCRYPTION_KEYSET"));
    for (String column : List.of("access_token", "refresh_token", "previous_refresh_token")) {
      plantStored(cipher, "agency_grant", "agency_id", column);
    }
    for (String column : List.of("access_token", "refresh_token")) {
      plantStored(cipher, "candidate", "id", column);
    }
  }

  private void plantStored(TokenCipher cipher, String table, String key, String column) {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "select %1$s::text, %2$s from %3$s where %2$s is not null"
                    .formatted(key, column, table))) {
      while (row.next()) {
        planted.plant(
            "a stored " + column,
            cipher.decrypt(row.getBytes(2), new Place(table, row.getString(1), column)).value());
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void read(String agency) {
    Response answer = broker.bearer(callerKey).get("/tokens/" + agency);
    if (answer.statusCode() == 200) {
      String token = planted.plant("an access token", answer.path("access_token"));
      look("GET /tokens", answer, token); // sanctioned: this is what it is for
    } else {
      look("GET /tokens", answer);
    }
  }

  // --- What goes wrong
  // --------------------------------------------------------------------------------

  private void wrongCredentials() {
    String unknown = plant("an unknown key");
    for (String scheme : List.of("Bearer ", "Basic ", "bearer  ", "")) {
      for (String path : List.of("/tokens", "/tokens/" + AGENCY, "/agencies", "/nothing")) {
        look(
            "a wrong credential",
            broker.anonymous().header("Authorization", scheme + unknown).get(path));
      }
    }
    look("a key that was cut", broker.bearer(callerKey.substring(0, 40)).get("/tokens"));
    String revoked = key("/callers/leak-caller/keys");
    look("DELETE a key", admin().delete("/callers/leak-caller/keys/" + revoked.split("_", -1)[1]));
    Eventually.isTrue(
        "the key is revoked",
        () -> broker.bearer(revoked).get("/tokens").statusCode() == 401,
        process::log);
    look("a revoked key", broker.bearer(revoked).get("/tokens"));
    JwtClaims expired = issuer.claims("leak-subject");
    expired.setExpirationTimeMinutesInTheFuture(-5);
    JwtClaims foreign = issuer.claims("leak-subject");
    foreign.setAudience("somebody-else");
    JwtClaims strange = issuer.claims("leak-subject");
    strange.setIssuer("https://strange.invalid");
    for (String token :
        List.of(
            issuer.token("leak-subject"),
            issuer.token("nobody"),
            issuer.sign(expired),
            issuer.sign(foreign),
            issuer.sign(strange),
            issuer.forge(issuer.claims("leak-subject")))) {
      planted.plant("a JWT", token);
      planted.plant("a JWT's signature", token.substring(token.lastIndexOf('.') + 1));
      look("a JWT", broker.bearer(token).get("/tokens"));
      look("a JWT", broker.bearer(token).get("/agencies"));
    }
    issuer.goAway();
    String late = planted.plant("a JWT", issuer.token("late"));
    look("a JWT while its issuer is away", broker.bearer(late).get("/tokens"));
    issuer.comeBack();
    look(
        "a key in the query",
        broker.anonymous().queryParam("access_token", unknown).get("/tokens"));
    look("a strange cookie", broker.anonymous().cookie("console-session", unknown).get("/console"));
  }

  private void wrongCallbacks() {
    look(
        "a forged callback",
        broker
            .anonymous()
            .queryParam("code", plant("a forged code"))
            .queryParam("state", plant("a forged state"))
            .get("/callback"));
    Response authorize = authorize(AGENCY);
    String state = query(URI.create(authorize.header("Location")), "state");
    look(
        "a state in another browser",
        broker
            .anonymous()
            .queryParam("code", plant("a code"))
            .queryParam("state", state)
            .get("/callback"));
    String words = plant("what Active911 says of an error");
    Response refused =
        look(
            "a callback with an error",
            broker
                .anonymous()
                .cookies(authorize.getDetailedCookies())
                .queryParam("error", words)
                .queryParam("error_description", words)
                .queryParam("state", state)
                .get("/callback"));
    look("its page", broker.anonymous().get(refused.header("Location")));
    Response another = authorize(AGENCY);
    Response wrongCode =
        look(
            "a callback with a wrong code",
            broker
                .anonymous()
                .cookies(another.getDetailedCookies())
                .queryParam("code", plant("a wrong code"))
                .queryParam("state", query(URI.create(another.header("Location")), "state"))
                .get("/callback"));
    look("its page", broker.anonymous().get(wrongCode.header("Location")));
  }

  private void wrongBodies() {
    String token = plant("a refresh token in a wrong body");
    for (String body :
        List.of(
            "{\"kind\":\"application\",\"refresh_token\":\"" + token,
            "{\"kind\":\"application\",\"refresh_token\":[\"" + token + "\"]}",
            "{\"kind\":\"" + token + "\",\"refresh_token\":\"x\"}",
            "{\"kind\":\"application\",\"refresh_token\":\"" + token + "\",\"issued_at\":\"x\"}",
            "{\"kind\":\"application\",\"refresh_token\":\"" + token + "\\n\"}",
            "{\"kind\":\"application\",\"" + token + "\":\"x\"}",
            "{\"kind\":\"application\",\"refresh_token\":\"a\",\"refresh_token\":\""
                + token
                + "\"}",
            "{\"kind\":\"application\",\"refresh_token\":\""
                + token
                + "\",\"issued_at\":"
                + "\"2999-01-01T00:00:00Z\"}",
            token,
            "\"" + token + "\"",
            "{\"refresh_token\":\"" + (token + "-").repeat(2_000) + "\"}")) {
      look("a wrong import", admin().body(body).post("/agencies/" + AGENCY + "/import"));
      look("a wrong body", admin().body(body).put("/callers/leak-caller"));
      look("a wrong body", admin().body(body).put("/agencies/leak-other-fd"));
      look("a wrong body", admin().body(body).post("/admins/leak-admin/keys"));
    }
    look(
        "an import as XML",
        admin()
            .contentType("application/xml")
            .body("<token>" + token + "</token>")
            .post("/agencies/" + AGENCY + "/import"));
    for (String kind : List.of("application", "personal")) {
      look(
          "a refused import",
          admin()
              .body(
                  "{\"kind\":\"%s\",\"refresh_token\":\"%s\"}"
                      .formatted(kind, plant("a refused refresh token")))
              .post("/agencies/" + OTHER_AGENCY + "/import"));
    }
  }

  private void active911Fails(String active911Id) {
    String words = plant("error text of Active911");
    List<Fault> faults = new ArrayList<>();
    for (Body body : Body.values()) {
      faults.add(new Fault.ErrorAnswer(400, words, body, null, false, Moment.BEFORE));
    }
    faults.add(new Fault.ErrorAnswer(500, words, Body.HTML, null, false, Moment.BEFORE));
    faults.add(new Fault.ErrorAnswer(200, words, Body.HTML, null, false, Moment.BEFORE));
    faults.add(
        new Fault.Redirect(302, URI.create("http://127.0.0.1:1/?" + plant("a redirect's query"))));
    faults.add(new Fault.Reset(Moment.AFTER));
    faults.add(new Fault.CutBody(60));
    faults.add(new Fault.Silence(Moment.BEFORE));
    faults.add(
        new Fault.ErrorAnswer(429, words, Body.OAUTH, Duration.ofSeconds(1), false, Moment.BEFORE));
    active911.setRotation(Rotation.SAME);
    for (Fault fault : faults) {
      active911.inject(
          FaultRule.of(fault)
              .on(CallKind.REFRESH, CallKind.PERSONAL_REFRESH, CallKind.EXCHANGE, CallKind.API));
      look("a refresh that fails", admin().post("/agencies/" + AGENCY + "/refresh"));
      look(
          "an import that fails",
          admin()
              .body(
                  "{\"kind\":\"personal\",\"refresh_token\":\"%s\"}"
                      .formatted(
                          planted.plant(
                              "a personal refresh token",
                              active911
                                  .personalGrant(active911Id, Set.of("read_agency"))
                                  .refreshToken())))
              .post("/agencies/" + OTHER_AGENCY + "/import"));
      Response authorize = authorize(AGENCY);
      try (ConsentBrowser browser = new ConsentBrowser()) {
        URI back = browser.allow(URI.create(authorize.header("Location")), active911Id);
        planted.plant("a code", query(back, "code"));
        Response answer = look("a callback that fails", broker.callback(authorize, back));
        if (answer.statusCode() == 303) {
          look("its page", broker.anonymous().get(answer.header("Location")));
        }
      }
      plantStored();
      active911.clearFaults();
      active911.setRotation(Rotation.SAME);
    }
    active911.changeClientSecret(plant("a client secret that the broker does not have"));
    look("our client is refused", admin().post("/agencies/" + AGENCY + "/refresh"));
    active911.changeClientSecret(setting("ACTIVE911_CLIENT_SECRET_NEXT"));
    active911.clearFaults();
  }

  private void pages() {
    Response form = look("the sign-in page", broker.anonymous().get("/console/sign-in"));
    String wrong = plant("a wrong key at the sign-in");
    look("a wrong key at the sign-in", signIn(form, wrong));
    Response signedIn = signIn(form, setting("BROKER_ADMIN_KEY_NEXT"));
    Map<String, String> cookies = new HashMap<>(form.cookies());
    cookies.putAll(signedIn.cookies());
    // Sanctioned: the session's cookie is set in the browser.
    look("signing in", signedIn, plantCookies("a session", signedIn).toArray(String[]::new));
    for (String path :
        List.of(
            "/console",
            "/console/new-agency",
            "/console/agencies/" + AGENCY,
            "/console/agencies/" + OTHER_AGENCY,
            "/console/agencies/" + AGENCY + "/import",
            "/console/agencies/" + AGENCY + "/settings",
            "/console/agencies/" + AGENCY + "/delete",
            "/console/agencies/" + AGENCY + "/test",
            "/console/agencies/" + AGENCY + "/rebind",
            "/console/new-agencies",
            "/console/callers",
            "/console/callers/leak-caller",
            "/console/callers/leak-caller/settings",
            "/console/new-caller",
            "/console/admins",
            "/console/admins/leak-viewer",
            "/console/new-admin",
            "/console/audit",
            "/console/audit/export",
            "/console/system",
            "/console/nothing")) {
      look("GET " + path, broker.anonymous().cookies(cookies).get(path));
    }
    String csrf =
        Jsoup.parse(broker.anonymous().cookies(cookies).get("/console").asString())
            .select("input[name=csrf]")
            .val();
    for (String path :
        List.of(
            "/console/new-agency",
            "/console/agencies/" + AGENCY + "/import",
            "/console/agencies/" + AGENCY + "/settings",
            "/console/agencies/" + AGENCY + "/refresh",
            "/console/agencies/" + AGENCY + "/pause",
            "/console/agencies/" + AGENCY + "/resume",
            "/console/agencies/" + AGENCY + "/delete",
            "/console/agencies/" + AGENCY + "/test",
            "/console/agencies/" + AGENCY + "/rebind",
            "/console/agencies/" + AGENCY + "/candidates/none/confirm",
            "/console/new-agencies",
            "/console/callers/leak-caller/settings",
            "/console/new-caller",
            "/console/new-admin")) {
      String token = plant("a field of " + path);
      for (String proof : List.of(csrf, token)) {
        look(
            "POST " + path,
            broker
                .anonymous()
                .cookies(cookies)
                .formParam("csrf", proof)
                .formParam("kind", "personal")
                .formParam("refresh_token", token)
                .formParam("secret", token)
                .post(path));
      }
    }
    Response away = broker.anonymous().get("/console/sign-in/oidc");
    List<String> flow = new ArrayList<>();
    flow.add(planted.plant("a state", query(URI.create(away.header("Location")), "state")));
    flow.addAll(plantCookies("a cookie of a sign-in", away));
    look("to the identity provider", away, flow.toArray(String[]::new)); // sanctioned likewise
    URI back =
        issuer.signIn(
            URI.create(away.header("Location")), "leak-person", List.of("token-broker-viewer"));
    Response proved =
        broker.anonymous().cookies(away.cookies()).urlEncodingEnabled(false).get(back);
    // Sanctioned: the session's cookie; and the state, which names the library's cookie that is
    // deleted.
    List<String> session = new ArrayList<>(plantCookies("a session", proved));
    session.add(flow.getFirst());
    look("from the identity provider", proved, session.toArray(String[]::new));
    look(
        "from the identity provider, forged",
        broker
            .anonymous()
            .cookies(away.cookies())
            .queryParam("code", plant("a forged code"))
            .queryParam("state", plant("a forged state"))
            .get("/console/sign-in/oidc"));
    look(
        "signing out",
        broker.anonymous().cookies(cookies).formParam("csrf", csrf).post("/console/sign-out"));
  }

  private Response signIn(Response form, String key) {
    return broker
        .anonymous()
        .cookies(form.cookies())
        .formParam("csrf", Jsoup.parse(form.asString()).select("input[name=csrf]").val())
        .formParam("key", key)
        .post("/console/sign-in");
  }

  /** Every operation of the document, with a secret in each of its inputs. */
  private void everyOperation() {
    OpenApiDocument document = OpenApiDocument.read();
    List<String> keys =
        List.of(setting("BROKER_ADMIN_KEY"), callerKey, key("/admins/leak-viewer/keys"), "");
    for (Operation operation : document.operations()) {
      String secret = plant("an input of " + operation);
      for (String key : keys) {
        for (boolean inPath : List.of(false, true)) {
          RequestSpecification request =
              (key.isEmpty() ? broker.anonymous() : broker.bearer(key))
                  .urlEncodingEnabled(true)
                  .header("X-Request-ID", secret)
                  .header("Referer", "https://example.org/?" + secret);
          String path = operation.path();
          for (Parameter parameter : operation.parameters()) {
            switch (parameter.in()) {
              case "path" ->
                  path =
                      path.replace(
                          "{" + parameter.name() + "}",
                          inPath ? "X" + secret : "leak-of-every-operation");
              case "header" -> request.header(parameter.name(), "\"" + secret + "\"");
              default -> request.queryParam(parameter.name(), secret);
            }
          }
          if (operation.body() != null) {
            request.contentType("application/json").body(body(document, operation.body(), secret));
          }
          called.add(operation.toString());
          look(operation.toString(), request.request(operation.method(), path));
        }
      }
    }
    assertEquals(document.operations().size(), called.size());
  }

  private static String body(OpenApiDocument document, JsonNode schema, String secret) {
    ObjectNode body = JSON.createObjectNode();
    schema
        .path("properties")
        .properties()
        .forEach(
            property -> {
              // Settings are shown again; what is to be kept secret has no business there.
              boolean isSecret = property.getKey().contains("token");
              JsonNode type = document.resolved(property.getValue());
              body.put(
                  property.getKey(),
                  isSecret || type.has("enum") || type.has("format") ? secret : "123");
            });
    return body.toString();
  }

  /** What needs somebody, as webhooks, mails and a letter say it; only the letter holds a link. */
  private void notices() throws Exception {
    database.execute(
        "update agency set contact = 'officer@example.org' where slug = '"
            + AGENCY
            + "'; update agency_grant set state = 'CONNECTED', consecutive_failures = 0,"
            + " refresh_token_expires_at = now() + interval '5 days' where agency_id ="
            + " (select id from agency where slug = '"
            + AGENCY
            + "')");
    Eventually.isTrue(
        "the letter and what else is to be said",
        Duration.ofMinutes(2),
        () ->
            !receiver.received().isEmpty()
                && Arrays.stream(mail.getReceivedMessages()).anyMatch(LeakIT::isLetter),
        process::log);
    for (WebhookReceiver.Received webhook : receiver.received()) {
      look("a webhook", webhook.body() + webhook.signature(), List.of());
    }
    for (MimeMessage message : mail.getReceivedMessages()) {
      String text = GreenMailUtil.getWholeMessage(message);
      String link = "";
      if (isLetter(message)) {
        String body = message.getContent().toString();
        int begin = body.indexOf("/connect/") + "/connect/".length();
        link = planted.plant("a letter's link", body.substring(begin, begin + 43));
      }
      look("a mail", text, link.isEmpty() ? List.of() : List.of(link)); // sanctioned: the letter's
    }
  }

  private static boolean isLetter(MimeMessage message) {
    try {
      return message.getSubject().contains("please renew");
    } catch (MessagingException e) {
      throw new IllegalStateException(e);
    }
  }

  private void theDatabaseFails() throws SQLException {
    database.execute(
        "update agency_grant set refresh_token = '\\x00' where agency_id ="
            + " (select id from agency where slug = '"
            + AGENCY
            + "')");
    look("a token that cannot be decrypted", admin().post("/agencies/" + AGENCY + "/refresh"));
    database.execute("alter table agency rename to agency_away");
    for (String path :
        List.of("/agencies", "/agencies/" + AGENCY, "/audit", "/authorize/" + AGENCY)) {
      look("GET " + path + " without its table", admin().get(path));
    }
    look(
        "an import without its table",
        admin()
            .body(
                "{\"kind\":\"application\",\"refresh_token\":\"%s\"}"
                    .formatted(plant("a refresh token without a table")))
            .post("/agencies/" + AGENCY + "/import"));
    database.execute("alter table agency_away rename to agency");
    // As an administrator of the database ends a session: the broker has to begin new ones.
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
            + " where usename = current_user and pid <> pg_backend_pid()");
    for (int i = 0; i < 5; i++) {
      look("without its connections", admin().get("/agencies"));
      read(AGENCY);
    }
  }

  // --- Where they are looked for
  // ----------------------------------------------------------------------

  private void lookThroughTheDatabase() throws SQLException {
    List<String> tables = new ArrayList<>();
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      try (ResultSet table =
          statement.executeQuery(
              "select quote_ident(table_name) from information_schema.tables"
                  + " where table_schema = 'public' and table_type = 'BASE TABLE'")) {
        while (table.next()) {
          tables.add(table.getString(1));
        }
      }
      assertTrue(tables.contains("audit_event"), tables::toString);
      for (String table : tables) {
        StringBuilder rows = new StringBuilder();
        try (ResultSet row = statement.executeQuery("select t::text from " + table + " t")) {
          while (row.next()) {
            rows.append(row.getString(1)).append('\n');
          }
        }
        look("table " + table, rows.toString(), List.of());
      }
    }
  }

  private void lookThroughTheDirectory() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        look(
            "file " + directory.relativize(file),
            new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1),
            List.of());
      }
    }
  }

  private void lookThroughTheLog(String log) {
    log.lines()
        .forEach(
            line -> {
              Collection<String> found = planted.foundIn(line, List.of());
              if (!found.isEmpty()) {
                leaks.add(found + " in the log of " + category(line));
              }
            });
  }

  private static String category(String line) {
    int end = line.indexOf(']');
    return end < 0 ? "?" : line.substring(0, end + 1);
  }

  private @Nullable String management(String path) {
    return given().port(process.management().getPort()).get(path).asString();
  }

  @Test
  void noSecretComesOut() throws Exception {
    String active911Id = active911.agencies().getFirst().id();
    String otherId = active911.agencies().get(1).id();
    broker.createAgency(AGENCY);
    broker.createAgency(OTHER_AGENCY);
    broker.createAdmin("leak-viewer", "viewer");
    admin()
        .body(
            "{\"agencies\":[\"*\"],\"issuer\":\"%s\",\"subject\":\"leak-subject\"}"
                .formatted(issuer.name()))
        .put("/callers/leak-caller")
        .then()
        .statusCode(201);
    callerKey = key("/callers/leak-caller/keys");
    connect(AGENCY, active911Id);
    connect(AGENCY, otherId); // a candidate: another agency's consent
    invite(OTHER_AGENCY, otherId);
    read(AGENCY);
    Response tagged = broker.bearer(callerKey).get("/tokens/" + AGENCY);
    Response forced =
        broker
            .bearer(callerKey)
            .header("If-Match", tagged.header("ETag"))
            .post("/tokens/" + AGENCY + "/refresh");
    plantStored();
    look("POST /tokens/…/refresh", forced, planted.plant("a token", forced.path("access_token")));
    read(AGENCY);
    wrongCredentials();
    wrongCallbacks();
    wrongBodies();
    pages();
    active911Fails(active911Id);
    read(AGENCY);
    everyOperation();
    look("GET /audit", admin().get("/audit?limit=1000"));
    look("GET /audit as CSV", admin().accept("text/csv").get("/audit"));
    notices();
    theDatabaseFails();
    for (String path : List.of("/q/metrics", "/q/health")) {
      look("GET " + path, String.valueOf(management(path)), List.of());
    }
    process.stop();
    plantStored(
        new TokenCipher(setting("BROKER_ENCRYPTION_KEYSET")), "candidate", "id", "refresh_token");

    lookThroughTheLog(process.log());
    Eventually.isTrue("traces of reads and calls came", this::areTracesThere, process::log);
    look("the traces", collector.received(), List.of());
    lookThroughTheDatabase();
    lookThroughTheDirectory();

    assertEquals(Set.of(), new TreeSet<>(leaks));
    assertTrue(answers > 200, () -> answers + " answers");
    assertTrue(planted.count() > 100, () -> planted.count() + " secrets");
    assertTrue(
        process.log().contains("Root log level TRACE set below minimum logging level"),
        "there are no finer levels, however they are asked for");
  }
}
