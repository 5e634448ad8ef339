package org.tokenbroker.agency;

import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tokenbroker.agency.Candidates.Adoption;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.testing.BrokerClient;
import org.tokenbroker.testing.BrokerTest;

/** A consent that was won is stored once, however often and however late that is tried. */
@NullMarked
@BrokerTest
@SuppressWarnings("NullAway.Init") // filled before each test
class CandidatesTest {

  private static final AtomicInteger NUMBER = new AtomicInteger();
  private static final Active911Agency IDENTITY = new Active911Agency("candidate-1", "Springfield");

  @Inject Candidates candidates;
  @Inject Agencies agencies;
  @Inject Grants grants;
  @Inject DatabaseClock clock;

  private String slug;
  private long agencyId;
  private BrokerClient broker;

  @BeforeEach
  void anAgency() {
    broker = BrokerClient.ofTheTest();
    slug = "candidate-" + NUMBER.incrementAndGet();
    broker.createAgency(slug);
    agencyId = agencies.ref(slug).orElseThrow().id();
  }

  private boolean keep(String id, String tokens, Instant wonAt) {
    return candidates.keep(
        id,
        agencyId,
        GrantKind.APPLICATION,
        new TokenSet(
            Secret.of("access-" + tokens + slug),
            wonAt.plus(Duration.ofDays(1)),
            Secret.of("refresh-" + tokens + slug),
            wonAt.plus(Duration.ofDays(365)),
            Scope.parse("read_agency")),
        true,
        wonAt);
  }

  @Test
  void storingItTwiceStoresItOnce() {
    String id = candidates.newId();

    assertTrue(keep(id, "a", clock.instant()));
    assertTrue(keep(id, "a", clock.instant()));

    broker.admin().get("/agencies/" + slug).then().body("candidate.id", equalTo(id));
    assertTrue(candidates.discard(slug, id));
    broker.admin().get("/agencies/" + slug).then().body("candidate", nullValue());
  }

  @Test
  void onceTakenOverItDoesNotComeBack() {
    String id = candidates.newId();
    keep(id, "a", clock.instant());
    assertInstanceOf(Adoption.Adopted.class, candidates.identify(id, IDENTITY));

    assertTrue(keep(id, "a", clock.instant()));

    broker
        .admin()
        .get("/agencies/" + slug)
        .then()
        .body("state", equalTo("CONNECTED"))
        .body("candidate", nullValue());
  }

  @Test
  void aConsentThatComesLateDoesNotReplaceALaterOne() {
    Instant earlier = clock.instant().minusSeconds(600);
    String late = candidates.newId();
    String newer = candidates.newId();
    keep(newer, "newer", clock.instant());
    candidates.identify(newer, IDENTITY);

    keep(late, "late", earlier);
    Adoption adoption = candidates.identify(late, IDENTITY);

    assertEquals(new Adoption.Superseded(late, IDENTITY), adoption);
    assertTrue(grants.holderOf(Secret.of("refresh-newer" + slug)).isPresent());
    broker
        .admin()
        .get("/agencies/" + slug)
        .then()
        .body("candidate.id", equalTo(late))
        .body("candidate.reason", equalTo("SUPERSEDED"));
    assertInstanceOf(Adoption.Adopted.class, candidates.confirm(slug, late), "an admin may");
  }

  @Test
  void forADeletedAgencyNothingIsKept() {
    broker.admin().delete("/agencies/" + slug).then().statusCode(204);

    assertFalse(keep(candidates.newId(), "a", clock.instant()));
  }
}
