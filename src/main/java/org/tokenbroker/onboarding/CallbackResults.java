package org.tokenbroker.onboarding;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.AgencyRef;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.oauth.Secret;

/** How flows ended, stored so that any replica can show the page, and Back or reload do no harm. */
@ApplicationScoped
class CallbackResults {

  private final EntityManager entities;
  private final SecureRandom random;
  private final Invitations invitations;
  private final AuditLog audit;

  CallbackResults(
      EntityManager entities, SecureRandom random, Invitations invitations, AuditLog audit) {
    this.entities = entities;
    this.random = random;
    this.invitations = invitations;
    this.audit = audit;
  }

  /**
   * One result.
   *
   * @param active911Name the name of the agency at Active911; foreign text
   * @param byOfficer whether an officer reads it
   */
  record Result(
      CallbackOutcome outcome,
      String agencySlug,
      String agencyName,
      @Nullable String active911Name,
      boolean byOfficer) {}

  /**
   * Stores a result, and uses the invitation up if it was a success, both or neither.
   *
   * @param invitation through which an officer began; null: an admin did
   * @return the id under which whoever knows it may read the result
   */
  @Transactional
  String add(
      CallbackOutcome outcome,
      AgencyRef agency,
      @Nullable String active911Name,
      @Nullable String invitation) {
    String id = Secret.random(random).value();
    entities
        .createNativeQuery(
            """
            insert into callback_result
                   (id, outcome, agency_slug, agency_name, active911_name, by_officer)
            values (:id, :outcome, :slug, :name, :active911Name, :byOfficer)
            """)
        .setParameter("id", id)
        .setParameter("outcome", outcome.name())
        .setParameter("slug", agency.slug())
        .setParameter("name", agency.name())
        .setParameter("active911Name", active911Name)
        .setParameter("byOfficer", invitation != null)
        .executeUpdate();
    if (invitation != null && outcome.usesInvitationUp()) {
      invitations.use(invitation, agency.slug());
    }
    audit.record(
        AuditEvent.of(Kind.CALLBACK_ENDED).agency(agency.slug()).with(Detail.OUTCOME, outcome));
    return id;
  }

  @Transactional
  Optional<Result> find(String id) {
    List<?> rows =
        entities
            .createNativeQuery(
                "select outcome, agency_slug, agency_name, active911_name, by_officer"
                    + " from callback_result where id = :id",
                Object[].class)
            .setParameter("id", id)
            .getResultList();
    return rows.stream()
        .map(Object[].class::cast)
        .map(
            row ->
                new Result(
                    CallbackOutcome.valueOf((String) row[0]),
                    (String) row[1],
                    (String) row[2],
                    (String) row[3],
                    (Boolean) row[4]))
        .findFirst();
  }

  /** Erases those that nobody looks at any more. */
  @Transactional
  void expire() {
    entities
        .createNativeQuery(
            "delete from callback_result where created_at < clock_timestamp() - interval '30 days'")
        .executeUpdate();
  }
}
