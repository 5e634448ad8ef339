package org.tokenbroker.onboarding;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencyRef;
import org.tokenbroker.audit.Actor;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.oauth.Scope;
import org.tokenbroker.oauth.Secret;

/**
 * Authorization requests under way (RFC 6749 §4.1.1). Of state and cookie only hashes are stored,
 * so that who reads the table can finish nobody's flow.
 */
@ApplicationScoped
class AuthorizationRequests {

  /** How long a person may take at Active911, in seconds. */
  static final int LIFETIME = 600;

  private final EntityManager entities;
  private final AuditLog audit;

  AuthorizationRequests(EntityManager entities, AuditLog audit) {
    this.entities = entities;
    this.audit = audit;
  }

  /** A request whose answer has come. */
  record Consumed(long agencyId, Scope scope, Actor startedBy) {
    /** The invitation through which an officer began; null: an admin did. */
    @Nullable String invitation() {
      return startedBy.kind() == Actor.Kind.OFFICER ? startedBy.name() : null;
    }
  }

  @Transactional
  void start(AgencyRef agency, Actor startedBy, Secret state, Secret cookie) {
    entities
        .createNativeQuery(
            """
            insert into authorization_request
                   (state_hash, cookie_hash, agency_id, started_by, invitation_id, scope,
                    expires_at)
            values (:state, :cookie, :agency, :startedBy, cast(:invitation as text), :scope,
                    clock_timestamp() + :lifetime * interval '1 second')
            """)
        .setParameter("state", state.sha256())
        .setParameter("cookie", cookie.sha256())
        .setParameter("agency", agency.id())
        .setParameter("startedBy", startedBy.name())
        .setParameter(
            "invitation", startedBy.kind() == Actor.Kind.OFFICER ? startedBy.name() : null)
        .setParameter("scope", agency.scope().toString())
        .setParameter("lifetime", LIFETIME)
        .executeUpdate();
    audit.record(startedBy, AuditEvent.of(Kind.AUTHORIZATION_STARTED).agency(agency.slug()));
  }

  /**
   * Uses a request up. One statement, so that of two answers with the same state one counts. Empty,
   * and nothing used up, if the state is unknown, used, too old or another browser's.
   */
  @Transactional
  Optional<Consumed> consume(Secret state, Secret cookie) {
    List<?> rows =
        entities
            .createNativeQuery(
                """
                update authorization_request set consumed_at = clock_timestamp()
                 where state_hash = :state and cookie_hash = :cookie
                   and consumed_at is null and expires_at > clock_timestamp()
                returning agency_id, scope, started_by, invitation_id
                """,
                Object[].class)
            .setParameter("state", state.sha256())
            .setParameter("cookie", cookie.sha256())
            .getResultList();
    return rows.stream()
        .map(Object[].class::cast)
        .map(
            row ->
                new Consumed(
                    ((Number) row[0]).longValue(),
                    Scope.parse((String) row[1]),
                    row[3] == null ? Actor.admin((String) row[2]) : Actor.officer((String) row[3])))
        .findFirst();
  }

  /** Erases those that can no longer be used. */
  @Transactional
  void expire() {
    entities
        .createNativeQuery(
            "delete from authorization_request where expires_at < clock_timestamp() - interval '1 day'")
        .executeUpdate();
  }
}
