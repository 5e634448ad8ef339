package org.tokenbroker.agency;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.persistence.LockModeType;
import jakarta.transaction.Transactional;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.TokenCipher.Place;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;
import org.tokenbroker.oauth.TokenSet;

/**
 * Consents won from Active911 on their way to becoming a grant. Every one is stored here first, the
 * moment it is won, and is taken over once it is known to be for the right agency: whatever happens
 * in between, it is not lost for as long as it is kept, 24 hours.
 */
@ApplicationScoped
public class Candidates implements PanacheRepositoryBase<Candidate, String> {

  private static final Duration KEPT = Duration.ofHours(24);
  private static final int ID_BYTES = 16;

  private final Grants grants;
  private final TokenCipher cipher;
  private final DatabaseClock clock;
  private final SecureRandom random;
  private final Event<AgencyChanged> changed;
  private final AuditLog audit;

  Candidates(
      Grants grants,
      TokenCipher cipher,
      DatabaseClock clock,
      SecureRandom random,
      Event<AgencyChanged> changed,
      AuditLog audit) {
    this.grants = grants;
    this.cipher = cipher;
    this.clock = clock;
    this.random = random;
    this.changed = changed;
    this.audit = audit;
  }

  /** What became of a candidate. */
  public sealed interface Adoption {
    /** It is the agency's grant now. */
    record Adopted(String slug, Active911Agency active911Agency) implements Adoption {}

    /** It is for another Active911 agency, and waits to be confirmed. */
    record OtherAgency(String candidateId, Active911Agency active911Agency) implements Adoption {}

    /** The agency was connected anew since it was won, so it waits to be confirmed. */
    record Superseded(String candidateId, Active911Agency active911Agency) implements Adoption {}

    /** Active911 has not said yet which agency it is for, so it cannot be taken over. */
    record IdentityUnknown(String candidateId) implements Adoption {}

    /** There is no such candidate: taken over, discarded or expired, or its agency deleted. */
    record Gone() implements Adoption {}
  }

  /**
   * A candidate of which Active911 has still to say which agency it is for.
   *
   * @param accessToken to ask with
   */
  public record Unidentified(String id, Secret accessToken) {}

  /** A name for a candidate to come. */
  public String newId() {
    byte[] idBytes = new byte[ID_BYTES];
    random.nextBytes(idBytes);
    return HexFormat.of().formatHex(idBytes);
  }

  /** The connection that a candidate becomes: known beforehand, so that none is adopted twice. */
  private static UUID connectionOf(String id) {
    return new UUID(
        HexFormat.fromHexDigitsToLong(id, 0, ID_BYTES),
        HexFormat.fromHexDigitsToLong(id, ID_BYTES, 2 * ID_BYTES));
  }

  /**
   * Stores a consent just won. Doing so again changes nothing, also after it has become the grant:
   * its tokens may be outdated by then.
   *
   * @param id from {@link #newId}
   * @param anyAgency whether any Active911 agency will do where neither the expected nor the former
   *     one is known: so where an admin won it, but not where somebody else did
   * @param wonAt when the request that won it was about to be sent, on the database's clock
   * @return whether it is kept; false if the agency was deleted meanwhile
   */
  @Transactional
  public boolean keep(
      String id, long agencyId, GrantKind kind, TokenSet tokens, boolean anyAgency, Instant wonAt) {
    if (getEntityManager().find(Agency.class, agencyId, LockModeType.PESSIMISTIC_WRITE) == null) {
      return false;
    }
    Grant grant = getEntityManager().find(Grant.class, agencyId);
    if (findById(id) != null || (grant != null && connectionOf(id).equals(grant.connectionId))) {
      return true;
    }
    Candidate candidate = new Candidate();
    candidate.id = id;
    candidate.agencyId = agencyId;
    candidate.kind = kind;
    candidate.reason = CandidateReason.IDENTITY_UNKNOWN;
    candidate.anyAgency = anyAgency;
    candidate.scopeGranted = tokens.scope().toString();
    candidate.refreshToken =
        cipher.encrypt(tokens.refreshToken(), Place.ofCandidate(candidate.id, "refresh_token"));
    candidate.accessToken =
        cipher.encrypt(tokens.accessToken(), Place.ofCandidate(candidate.id, "access_token"));
    candidate.accessTokenExpiresAt = tokens.accessTokenExpiresAt();
    candidate.refreshTokenExpiresAt = tokens.refreshTokenExpiresAt();
    candidate.createdAt = wonAt;
    // From now: it may have waited in a journal.
    candidate.expiresAt = clock.instant().plus(KEPT);
    persist(candidate);
    return true;
  }

  /**
   * Records which Active911 agency the consent is for, and makes it the grant if that is one that
   * the agency accepts without asking.
   */
  @Transactional
  public Adoption identify(String id, Active911Agency identity) {
    Candidate seen = find("id", id).firstResult();
    Agency agency = seen == null ? null : lock(seen.agencyId);
    Candidate candidate = agency == null ? null : lockLiving(id);
    if (agency == null || candidate == null) {
      return new Adoption.Gone();
    }
    candidate.active911Id = identity.id();
    candidate.active911Name = identity.name();
    Grant grant = getEntityManager().find(Grant.class, agency.id());
    AgencyRef ref = AgencyRef.of(agency, grant);
    if (grant != null && grant.connectedAt.isAfter(candidate.createdAt)) {
      candidate.reason = CandidateReason.SUPERSEDED;
      return new Adoption.Superseded(id, identity);
    }
    if (ref.accepts(identity.id(), candidate.anyAgency)) {
      return adopt(agency, candidate, identity, Kind.AGENCY_CONNECTED);
    }
    candidate.reason = CandidateReason.OTHER_AGENCY;
    return new Adoption.OtherAgency(id, identity);
  }

  /** Makes the candidate the agency's grant because an admin says so. */
  @Transactional
  public Adoption confirm(String slug, String id) {
    Candidate seen = livingOf(slug, id);
    Agency agency = seen == null ? null : lock(seen.agencyId);
    Candidate candidate = agency == null ? null : lockLiving(id);
    if (agency == null || candidate == null) {
      return new Adoption.Gone();
    }
    if (candidate.active911Id == null || candidate.active911Name == null) {
      return new Adoption.IdentityUnknown(id);
    }
    return adopt(
        agency,
        candidate,
        new Active911Agency(candidate.active911Id, candidate.active911Name),
        Kind.CANDIDATE_CONFIRMED);
  }

  private Adoption adopt(Agency agency, Candidate candidate, Active911Agency identity, Kind event) {
    grants.connect(
        agency.id(),
        connectionOf(candidate.id),
        candidate.kind,
        identity,
        new TokenSet(
            cipher.decrypt(candidate.accessToken, Place.ofCandidate(candidate.id, "access_token")),
            candidate.accessTokenExpiresAt,
            cipher.decrypt(
                candidate.refreshToken, Place.ofCandidate(candidate.id, "refresh_token")),
            candidate.refreshTokenExpiresAt,
            Scope.parse(candidate.scopeGranted)),
        candidate.createdAt,
        RefreshTime.dueAt(candidate.createdAt, candidate.accessTokenExpiresAt, random));
    delete(candidate);
    audit.record(event(event, agency.slug, candidate).with(Detail.ACTIVE911_ID, identity.id()));
    changed.fire(new AgencyChanged(agency.slug));
    return new Adoption.Adopted(agency.slug, identity);
  }

  /** Throws the candidate away; says whether there was one. */
  @Transactional
  public boolean discard(String slug, String id) {
    Candidate candidate = livingOf(slug, id);
    if (candidate == null) {
      return false;
    }
    delete(candidate);
    audit.record(event(Kind.CANDIDATE_DISCARDED, slug, candidate));
    return true;
  }

  private static AuditEvent event(Kind kind, String slug, Candidate candidate) {
    return AuditEvent.of(kind)
        .agency(slug)
        .with(Detail.CANDIDATE, candidate.id)
        .with(Detail.KIND, candidate.kind);
  }

  /** Candidates whose agency Active911 has still to name, oldest first. */
  @Transactional
  public List<Unidentified> unidentified(int limit) {
    return find("active911Id is null and expiresAt > instant order by createdAt")
        .page(0, limit)
        .stream()
        .map(
            candidate ->
                new Unidentified(
                    candidate.id,
                    cipher.decrypt(
                        candidate.accessToken, Place.ofCandidate(candidate.id, "access_token"))))
        .toList();
  }

  /** Erases those whose time is over; returns how many. */
  @Transactional
  public long expire() {
    List<Candidate> expired =
        find("expiresAt <= instant").withLock(LockModeType.PESSIMISTIC_WRITE).list();
    for (Candidate candidate : expired) {
      Agency agency = getEntityManager().find(Agency.class, candidate.agencyId);
      delete(candidate);
      audit.record(event(Kind.CANDIDATE_EXPIRED, agency.slug, candidate));
    }
    return expired.size();
  }

  private @Nullable Candidate livingOf(String slug, String id) {
    return find(
            "id = ?1 and expiresAt > instant"
                + " and agencyId = (select a.id from Agency a where a.slug = ?2)",
            id,
            slug)
        .firstResult();
  }

  /**
   * Two adoptions for one agency take turns here, each seeing what the other stored. Null if the
   * agency was deleted. The agency is always locked before its candidate, as its deletion does too.
   */
  private @Nullable Agency lock(long agencyId) {
    return getEntityManager().find(Agency.class, agencyId, LockModeType.PESSIMISTIC_WRITE);
  }

  /**
   * The candidate, unless another adoption has just used it up: it must not be taken over twice.
   */
  private @Nullable Candidate lockLiving(String id) {
    return find("id = ?1 and expiresAt > instant", id)
        .withLock(LockModeType.PESSIMISTIC_WRITE)
        .firstResult();
  }
}
