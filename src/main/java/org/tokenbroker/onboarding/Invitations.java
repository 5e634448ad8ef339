package org.tokenbroker.onboarding;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tokenbroker.agency.Agencies;
import org.tokenbroker.agency.AgencyRef;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.oauth.Secret;

/**
 * Invitations: one-time links for the person who may consent, who is seldom one of the company.
 *
 * <p>A link is used up by success alone: looking at its page, pressing its button and even saying
 * no at Active911 leave it as it is. No new flow begins once it is used up, expired or revoked. One
 * that has begun before may end, except if the invitation was revoked meanwhile: what an officer
 * allows in a second tab may at Active911 take the place of what he allowed in the first, so it is
 * taken up as well. Which agency it is for is held against what is known in each case.
 */
@ApplicationScoped
public class Invitations implements PanacheRepositoryBase<Invitation, String> {

  /** How long an invitation lives where nothing else is said. */
  public static final Duration DEFAULT_LIFE = Duration.ofDays(7);

  /** How long it may live at most. */
  public static final Duration LONGEST_LIFE = Duration.ofDays(90);

  /** So long after its end its link still says what became of it. */
  private static final Duration REMEMBERED = Duration.ofDays(90);

  /** Stands for an admin's name, and cannot be one. */
  private static final String BY_THE_BROKER = "the broker";

  private static final int ID_BYTES = 8;
  private static final Pattern ID = Pattern.compile("[0-9a-f]{16}");
  private static final Pattern SECRET = Pattern.compile("[A-Za-z0-9_-]{43}");

  private final Agencies agencies;
  private final DatabaseClock clock;
  private final SecureRandom random;
  private final AuditLog audit;

  Invitations(Agencies agencies, DatabaseClock clock, SecureRandom random, AuditLog audit) {
    this.agencies = agencies;
    this.clock = clock;
    this.random = random;
    this.audit = audit;
  }

  /**
   * What a link leads to.
   *
   * @param id of the invitation
   * @param agency the one agency that it is for
   */
  public record Presented(String id, InvitationStatus.State state, AgencyRef agency) {}

  /** Makes an invitation; empty if there is no agency of this name. */
  @Transactional
  public Optional<NewInvitation> create(String agency, Admin admin, Duration life) {
    return agencies.ref(agency).map(ref -> create(ref, admin.name(), life));
  }

  /**
   * Makes an invitation on the broker's own account, for a letter that says that the consent ends;
   * empty if there is no agency of this name.
   */
  @Transactional
  public Optional<NewInvitation> createWithNotice(String agency, Duration life) {
    return agencies.ref(agency).map(ref -> create(ref, BY_THE_BROKER, life));
  }

  private NewInvitation create(AgencyRef agency, String createdBy, Duration life) {
    Instant now = clock.instant(); // not in whole seconds: lists are sorted by it
    byte[] idBytes = new byte[ID_BYTES];
    random.nextBytes(idBytes);
    Secret secret = Secret.random(random);
    Invitation invitation = new Invitation();
    invitation.id = HexFormat.of().formatHex(idBytes);
    invitation.agencyId = agency.id();
    invitation.secretHash = secret.sha256();
    invitation.createdBy = createdBy;
    invitation.createdAt = now;
    invitation.expiresAt = now.plus(life).truncatedTo(ChronoUnit.SECONDS);
    persistAndFlush(invitation); // what refers to it may be stored in the same transaction
    audit.record(
        event(Kind.INVITATION_CREATED, agency.slug(), invitation.id)
            .with(Detail.EXPIRES_AT, invitation.expiresAt));
    return new NewInvitation(invitation.id, secret, invitation.expiresAt);
  }

  private static AuditEvent event(Kind kind, String agency, String id) {
    return AuditEvent.of(kind).agency(agency).with(Detail.INVITATION, id);
  }

  /** An agency's invitations, newest first; empty if there is no agency of this name. */
  @Transactional
  public Optional<List<InvitationStatus>> ofAgency(String agency) {
    Instant now = clock.instant();
    return agencies
        .ref(agency)
        .map(
            ref ->
                list("agencyId = ?1 order by createdAt desc, id", ref.id()).stream()
                    .map(invitation -> InvitationStatus.of(invitation, now))
                    .toList());
  }

  /**
   * Takes an invitation back: its link opens nothing from now on.
   *
   * @return whether the agency has an invitation with this id
   */
  @Transactional
  public boolean revoke(String agency, String id) {
    Optional<AgencyRef> ref = agencies.ref(agency);
    if (ref.isEmpty()
        || !ID.matcher(id).matches()
        || count("id = ?1 and agencyId = ?2", id, ref.get().id()) == 0) {
      return false;
    }
    Instant now = clock.instant();
    if (update(
            "revokedAt = ?1 where id = ?2 and usedAt is null and revokedAt is null"
                + " and expiresAt > ?1",
            now,
            id)
        > 0) {
      audit.record(event(Kind.INVITATION_REVOKED, agency, id));
    }
    return true;
  }

  /**
   * What a link's last part leads to; empty if there is no such invitation.
   *
   * @param secret as it stands in the address
   */
  @Transactional
  public Optional<Presented> presented(String secret) {
    if (!SECRET.matcher(secret).matches()) {
      return Optional.empty();
    }
    return find("secretHash", (Object) Secret.of(secret).sha256())
        .firstResultOptional()
        .flatMap(
            invitation ->
                agencies
                    .ref(invitation.agencyId)
                    .map(
                        agency ->
                            new Presented(
                                invitation.id,
                                InvitationStatus.state(invitation, clock.instant()),
                                agency)));
  }

  /** Whether an admin has taken it back. */
  @Transactional
  boolean isRevoked(String id) {
    return count("id = ?1 and revokedAt is not null", id) > 0;
  }

  /** Uses an invitation up: a consent that was given through it is kept. */
  @Transactional
  void use(String id, String agency) {
    if (update("usedAt = ?1 where id = ?2 and usedAt is null", clock.instant(), id) > 0) {
      audit.record(event(Kind.INVITATION_USED, agency, id));
    }
  }

  /** Forgets those that ended long ago. */
  @Transactional
  void expire() {
    delete("expiresAt < ?1", clock.instant().minus(REMEMBERED));
  }
}
