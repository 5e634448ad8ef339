package org.tokenbroker.onboarding;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.inject.Singleton;
import jakarta.persistence.PersistenceException;
import java.time.Instant;
import org.jboss.logging.Logger;
import org.tokenbroker.active911.Active911;
import org.tokenbroker.active911.AgencyReply;
import org.tokenbroker.active911.Unavailability;
import org.tokenbroker.agency.Active911Agency;
import org.tokenbroker.agency.AgencyRef;
import org.tokenbroker.agency.Candidates;
import org.tokenbroker.agency.Candidates.Adoption;
import org.tokenbroker.agency.Candidates.Unidentified;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;
import org.tokenbroker.refresh.Settlement;
import org.tokenbroker.refresh.WonConsent;

/**
 * Takes a consent just won from Active911 into keeping: first stores it as a candidate, then asks
 * which agency it is for, then makes it the grant if that fits. Where Active911 is silent it is
 * asked again until the candidate's time is over.
 */
@Singleton
class Consents {

  private static final Logger LOG = Logger.getLogger(Consents.class);

  private static final int BATCH = 50;

  private final Candidates candidates;
  private final Settlement settlement;
  private final Active911 active911;
  private final AuditLog audit;

  Consents(Candidates candidates, Settlement settlement, Active911 active911, AuditLog audit) {
    this.candidates = candidates;
    this.settlement = settlement;
    this.active911 = active911;
    this.audit = audit;
  }

  /**
   * Keeps a consent just won, and makes it the agency's grant if that needs no question. Blocks.
   *
   * @param anyAgency whether any Active911 agency will do where none is known: so where an admin
   *     won it, but not where an officer did
   * @param wonAt when the request that won it was about to be sent, on the database's clock
   * @throws DatabaseUnavailableException if it could not be stored by now; it is kept, and becomes
   *     a candidate when the database is back
   */
  Adoption take(
      AgencyRef agency, GrantKind kind, TokenSet tokens, boolean anyAgency, Instant wonAt) {
    String id = candidates.newId();
    WonConsent consent =
        new WonConsent(id, agency.id(), agency.slug(), kind, tokens, anyAgency, wonAt);
    if (!settlement.keep(consent)) {
      LOG.warnf("Agency %s was deleted while it was being connected", agency.slug());
      return new Adoption.Gone();
    }
    // Noted, not recorded: what was won is kept first, whatever becomes of the audit trail.
    audit.note(
        AuditEvent.of(Kind.CANDIDATE_KEPT)
            .agency(agency.slug())
            .with(Detail.CANDIDATE, id)
            .with(Detail.KIND, kind));
    return identify(id, tokens.accessToken());
  }

  private Adoption identify(String candidateId, Secret accessToken) {
    return switch (active911.agency(accessToken)) {
      case AgencyReply.Identified(String id, String name) ->
          candidates.identify(candidateId, new Active911Agency(id, name));
      case AgencyReply.Refused() -> new Adoption.IdentityUnknown(candidateId);
      case AgencyReply.Unavailable(Unavailability _) -> new Adoption.IdentityUnknown(candidateId);
    };
  }

  @Scheduled(
      every = "30s",
      delayed = "5s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  void identifyWaiting() {
    try {
      for (Unidentified candidate : candidates.unidentified(BATCH)) {
        switch (active911.agency(candidate.accessToken())) {
          case AgencyReply.Identified(String id, String name) -> {
            Adoption _ = candidates.identify(candidate.id(), new Active911Agency(id, name));
          }
          case AgencyReply.Refused() -> {} // it concerns this one alone
          case AgencyReply.Unavailable(Unavailability _) -> {
            return; // Active911 is silent: no use in asking for the others now
          }
        }
      }
    } catch (DatabaseUnavailableException | PersistenceException e) {
      if (!DatabaseUnavailableException.isCauseOf(e)) {
        throw e;
      }
      LOG.debug("Candidates wait: the database cannot be reached");
    }
  }
}
