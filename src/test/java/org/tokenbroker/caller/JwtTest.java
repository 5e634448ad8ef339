package org.tokenbroker.caller;

import static org.hamcrest.Matchers.equalTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Consumer;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.jwt.NumericDate;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;
import org.tokenbroker.testing.Eventually;
import org.tokenbroker.testing.TestIssuer;
import org.tokenbroker.testing.TestIssuers;

/** Callers that prove themselves by a JWT. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class JwtTest {

  TestIssuers issuers;

  private BrokerClient broker;

  @BeforeEach
  void client() {
    broker = BrokerClient.ofTheTest();
  }

  private void createCaller(String caller, TestIssuer issuer, String subject) {
    broker
        .admin()
        .body(
            "{\"agencies\":[\"*\"],\"issuer\":\"%s\",\"subject\":\"%s\"}"
                .formatted(issuer.name(), subject))
        .put("/callers/" + caller)
        .then()
        .statusCode(201);
  }

  private int read(String token) {
    return broker.bearer(token).get("/tokens").statusCode();
  }

  @Test
  void aTokenOfAKnownIssuerProvesItsCaller() {
    createCaller("jwt-known", issuers.company(), "jwt-known");

    assertEquals(200, read(issuers.company().token("jwt-known")));
  }

  @Test
  void theAudienceMayBeOneOfSeveral() {
    createCaller("jwt-audiences", issuers.company(), "jwt-audiences");
    JwtClaims claims = issuers.company().claims("jwt-audiences");
    claims.setAudience("something-else", "token-broker");

    assertEquals(200, read(issuers.company().sign(claims)));
  }

  @Test
  void aTokenThatIsNotValidProvesNothing() {
    TestIssuer company = issuers.company();
    createCaller("jwt-invalid", company, "jwt-invalid");
    createCaller("jwt-unknown-issuer", issuers.cluster(), "jwt-of-nobody");

    assertRefused(claims -> claims.setAudience("something-else"));
    assertRefused(claims -> claims.unsetClaim("aud"));
    assertRefused(claims -> claims.setExpirationTimeMinutesInTheFuture(-5));
    assertRefused(claims -> claims.unsetClaim("exp"));
    assertRefused(claims -> claims.setNotBeforeMinutesInThePast(-5));
    assertRefused(claims -> claims.unsetClaim("sub"));
    assertRefused(claims -> claims.setSubject("jwt-invalid2"));
    assertRefused(claims -> claims.setIssuer("https://elsewhere.test.invalid"));
    assertRefused(claims -> claims.setIssuer(issuers.cluster().name()));
    assertRefused(claims -> claims.unsetClaim("iss"));
    assertEquals(401, read(company.forge(company.claims("jwt-invalid"))));
    assertEquals(401, read(unsigned(company.token("jwt-invalid"))));
    assertEquals(401, read(company.token("jwt-invalid") + "x"));
    assertEquals(401, read(company.token("jwt-invalid").replaceFirst("\\.", ".x")));
    assertEquals(401, read("a.b.c"));
    assertEquals(401, read("e30.bnVsbA.x"));
    assertEquals(200, read(company.token("jwt-invalid")), "otherwise nothing was tested");
  }

  private void assertRefused(Consumer<JwtClaims> change) {
    JwtClaims claims = issuers.company().claims("jwt-invalid");
    change.accept(claims);
    broker
        .bearer(issuers.company().sign(claims))
        .get("/tokens")
        .then()
        .statusCode(401)
        .header("WWW-Authenticate", "Bearer")
        .body("type", equalTo("urn:token-broker:problem:unauthenticated"));
  }

  /** The attack of a token that says of itself that it needs no signature. */
  private static String unsigned(String token) {
    String header =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));
    return header + token.substring(token.indexOf('.'));
  }

  @Test
  void theSameSubjectAtAnotherIssuerIsSomebodyElse() {
    createCaller("jwt-here", issuers.company(), "jwt-same-subject");

    assertEquals(401, read(issuers.rotates().token("jwt-same-subject")));
  }

  @Test
  void aRemovedCallerIsRefusedAtOnce() {
    createCaller("jwt-removed", issuers.company(), "jwt-removed");
    String token = issuers.company().token("jwt-removed");
    assertEquals(200, read(token));

    broker.admin().delete("/callers/jwt-removed").then().statusCode(204);

    assertEquals(401, read(token));
  }

  @Test
  void whatIsGrantedCountsAtOnce() {
    createCaller("jwt-granted", issuers.company(), "jwt-granted");
    String token = issuers.company().token("jwt-granted");
    assertEquals(404, broker.bearer(token).get("/tokens/no-such-fd").statusCode());

    broker
        .admin()
        .body(
            "{\"agencies\":[],\"issuer\":\"%s\",\"subject\":\"jwt-granted\"}"
                .formatted(issuers.company().name()))
        .put("/callers/jwt-granted")
        .then()
        .statusCode(200);

    assertEquals(403, broker.bearer(token).get("/tokens/no-such-fd").statusCode());
  }

  @Test
  void aCallersTokenIsNotAnAdmins() {
    createCaller("jwt-no-admin", issuers.company(), "jwt-no-admin");

    broker
        .bearer(issuers.company().token("jwt-no-admin"))
        .get("/agencies")
        .then()
        .statusCode(403)
        .body("type", equalTo("urn:token-broker:problem:forbidden"));
  }

  @Test
  void oneSubjectIsOneCaller() {
    createCaller("jwt-first", issuers.company(), "jwt-one-subject");

    broker
        .admin()
        .body(
            "{\"agencies\":[],\"issuer\":\"%s\",\"subject\":\"jwt-one-subject\"}"
                .formatted(issuers.company().name()))
        .put("/callers/jwt-second")
        .then()
        .statusCode(409)
        .body("detail", equalTo("Caller jwt-first proves itself by the same subject already."));

    broker
        .admin()
        .get("/callers")
        .then()
        .body("items.findAll { it.caller == 'jwt-second' }.size()", equalTo(0));
  }

  @Test
  void whileAnIssuerIsAwayItsKnownKeysGoOn() {
    TestIssuer issuer = issuers.goesAway();
    createCaller("jwt-away", issuer, "jwt-away");
    String remembered = issuer.token("jwt-away");
    assertEquals(200, read(remembered));
    issuer.goAway();

    assertEquals(200, read(remembered));
    assertEquals(200, read(issuer.token("jwt-away")), "its key is known");
    issuer.rotate();
    broker
        .bearer(issuer.token("jwt-away"))
        .get("/tokens")
        .then()
        .statusCode(503)
        .header("Retry-After", "2")
        .body("type", equalTo("urn:token-broker:problem:issuer-unavailable"));

    assertEquals(200, read(remembered));
    issuer.comeBack();
    Eventually.isTrue("the new key is read", () -> read(issuer.token("jwt-away")) == 200, () -> "");
  }

  @Test
  void aTokenIsVerifiedOnceAndANewKeyIsReadWhenItIsNeeded() {
    TestIssuer issuer = issuers.rotates();
    createCaller("jwt-rotates", issuer, "jwt-rotates");
    String old = issuer.token("jwt-rotates");
    JwtClaims claims = issuer.claims("jwt-rotates");
    claims.setClaim("note", "signed by the old key, and not shown before that is gone");
    String late = issuer.sign(claims);
    assertEquals(200, read(old));
    int reads = issuer.keyReads();

    issuer.rotate();
    assertEquals(200, read(issuer.token("jwt-rotates")));

    assertTrue(issuer.keyReads() > reads);
    assertEquals(200, read(old), "it is remembered, and good until it expires");
    assertEquals(401, read(late), "the old key is not believed any more");
  }

  @Test
  void keysThatDoNotExistDoNotHaveThemReadEachTime() {
    TestIssuer issuer = issuers.company();
    createCaller("jwt-unknown-keys", issuer, "jwt-unknown-keys");
    assertEquals(200, read(issuer.token("jwt-unknown-keys")));
    int reads = issuer.keyReads();
    TestIssuer other = issuers.rotates();
    JwtClaims claims = issuer.claims("jwt-unknown-keys");

    for (int i = 0; i < 50; i++) {
      assertEquals(401, read(other.sign(claims)));
    }

    assertTrue(issuer.keyReads() - reads < 25, "read " + (issuer.keyReads() - reads) + " times");
  }

  @Test
  void anIssuerThatIsLateIsAwaited() {
    TestIssuer issuer = issuers.late();
    createCaller("jwt-late", issuer, "jwt-late");
    String token = issuer.token("jwt-late");
    broker
        .bearer(token)
        .get("/tokens")
        .then()
        .statusCode(503)
        .body("type", equalTo("urn:token-broker:problem:issuer-unavailable"));

    issuer.comeBack();

    Eventually.isTrue("the issuer's keys are read", () -> read(token) == 200, () -> "");
  }

  @Test
  void aServiceAccountOfTheClusterProvesItsCaller() {
    String subject = "system:serviceaccount:dispatch:board";
    createCaller("jwt-cluster", issuers.cluster(), subject);

    assertEquals(200, read(issuers.cluster().token(subject)));
    assertFalse(issuers.cluster().keyReads() == 0);
  }

  @Test
  void anExpiredTokenIsForgotten() {
    createCaller("jwt-expires", issuers.company(), "jwt-expires");
    JwtClaims claims = issuers.company().claims("jwt-expires");
    NumericDate soon = NumericDate.now();
    soon.addSeconds(2);
    claims.setExpirationTime(soon);
    String token = issuers.company().sign(claims);
    assertEquals(200, read(token));

    Eventually.isTrue("the token is refused", () -> read(token) == 401, () -> "");
  }
}
