package org.tokenbroker.onboarding;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyRef;
import org.tokenbroker.agency.Candidates.Adoption;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.agency.DatabaseClock.DatabaseUnavailableException;
import org.tokenbroker.agency.GrantKind;
import org.tokenbroker.agency.Grants;
import org.tokenbroker.agency.HandoutState;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.oauth.OAuthError;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.refresh.RefreshOutcome;
import org.tokenbroker.refresh.Refresher;
import org.tokenbroker.refresh.Refresher.Proof;

/** Takes over refresh tokens that were obtained elsewhere. */
@Singleton
public class Imports {

  private final Agencies agencies;
  private final Grants grants;
  private final Refresher refresher;
  private final Consents consents;
  private final DatabaseClock clock;
  private final AuditLog audit;

  Imports(
      Agencies agencies,
      Grants grants,
      Refresher refresher,
      Consents consents,
      DatabaseClock clock,
      AuditLog audit) {
    this.agencies = agencies;
    this.grants = grants;
    this.refresher = refresher;
    this.consents = consents;
    this.clock = clock;
    this.audit = audit;
  }

  /** What became of an import. */
  public sealed interface Outcome {
    /** The token was live; what became of the consent. */
    record Taken(Adoption adoption) implements Outcome {}

    /** It is the token that the agency has already; it was renewed in the ordinary way. */
    record AlreadyHeld(RefreshOutcome renewal) implements Outcome {}

    /** It is another agency's token: presenting it here could cost that one its consent. */
    record HeldByOther(String agency) implements Outcome {}

    /** Active911 refuses it. */
    record Refused(OAuthError error) implements Outcome {}

    /** Active911 did not answer in a way that means anything. */
    record NoAnswer(String error) implements Outcome {}

    /**
     * It was not presented: nothing may be sent to Active911 now.
     *
     * @param retryIn when it is worth trying again
     */
    record NotPresented(String error, Duration retryIn) implements Outcome {}

    /** There is no such agency. */
    record NoSuchAgency() implements Outcome {}
  }

  /**
   * Proves a refresh token by presenting it, learns which agency it is for, and stores it. Blocks.
   *
   * @param issuedAt when it was first issued; null: now
   */
  public Outcome take(
      String slug, GrantKind kind, Secret refreshToken, @Nullable Instant issuedAt) {
    AgencyRef agency = agencies.ref(slug).orElse(null);
    if (agency == null) {
      return new Outcome.NoSuchAgency();
    }
    AuditEvent event = AuditEvent.of(Kind.CONSENT_IMPORTED).agency(slug).with(Detail.KIND, kind);
    try {
      Outcome outcome = take(agency, kind, refreshToken, issuedAt);
      audit.note(event.with(Detail.OUTCOME, nameOf(outcome)));
      return outcome;
    } catch (DatabaseUnavailableException e) {
      // It may be in the journal, and become a candidate later.
      audit.note(event.with(Detail.OUTCOME, "database_unavailable"));
      throw e;
    }
  }

  private static String nameOf(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Taken(Adoption.Adopted _) -> "adopted";
      case Outcome.Taken(Adoption.OtherAgency _) -> "other_agency";
      case Outcome.Taken(Adoption.Superseded _) -> "superseded";
      case Outcome.Taken(Adoption.IdentityUnknown _) -> "identity_unknown";
      case Outcome.Taken(Adoption.Gone _) -> "agency_deleted";
      case Outcome.AlreadyHeld _ -> "already_held";
      case Outcome.HeldByOther _ -> "held_by_other";
      case Outcome.Refused _ -> "refused";
      case Outcome.NoAnswer _ -> "no_answer";
      case Outcome.NotPresented _ -> "not_presented";
      case Outcome.NoSuchAgency _ -> "agency_deleted";
    };
  }

  private Outcome take(
      AgencyRef agency, GrantKind kind, Secret refreshToken, @Nullable Instant issuedAt) {
    String slug = agency.slug();
    Optional<String> holder = grants.holderOf(refreshToken);
    if (holder.isPresent()) {
      return holder.get().equals(slug) ? renew(slug) : new Outcome.HeldByOther(holder.get());
    }
    Proof proof =
        refresher.prove(
            kind, refreshToken, issuedAt == null ? clock.instant() : issuedAt, agency.scope());
    return switch (proof) {
      case Proof.Live live ->
          new Outcome.Taken(consents.take(agency, kind, live.tokens(), true, live.provenAt()));
      case Proof.Refused(OAuthError error) -> new Outcome.Refused(error);
      case Proof.Unknown(String error) -> new Outcome.NoAnswer(error);
      case Proof.NotPresented(String error, Duration retryIn) ->
          new Outcome.NotPresented(error, retryIn);
    };
  }

  private Outcome renew(String slug) {
    HandoutState state = grants.handoutState(slug).orElse(null);
    if (state == null || state.token() == null) {
      return new Outcome.NoSuchAgency();
    }
    return new Outcome.AlreadyHeld(
        refresher
            .refresh(state.agencyId(), slug, state.token().generation(), Refresher.Reason.BY_ADMIN)
            .join());
  }
}
