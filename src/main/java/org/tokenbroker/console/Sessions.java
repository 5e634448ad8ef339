package org.tokenbroker.console;

import io.quarkus.scheduler.Scheduled;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.Actor;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.caller.Admin;
import org.tokenbroker.caller.AdminKeys;
import org.tokenbroker.caller.ProviderSignIn;
import org.tokenbroker.caller.Role;
import org.tokenbroker.oauth.Secret;

/**
 * The sessions, timed by the database's clock. Of a session's cookie only the hash is stored. A
 * session ends 8 hours after it began, 30 minutes after it was last used, when its admin signs out,
 * and as soon as the key that it was begun with is no longer valid, whose holder's present role it
 * has. A session that the identity provider vouched for has the role that it named then.
 */
@ApplicationScoped
class Sessions {

  private static final int LIFE_SECONDS = 8 * 3600;
  private static final int IDLE_SECONDS = 30 * 60;

  private final EntityManager entities;
  private final AdminKeys adminKeys;
  private final ProviderSignIn provider;
  private final SecureRandom random;
  private final AuditLog audit;

  Sessions(
      EntityManager entities,
      AdminKeys adminKeys,
      ProviderSignIn provider,
      SecureRandom random,
      AuditLog audit) {
    this.entities = entities;
    this.adminKeys = adminKeys;
    this.provider = provider;
    this.random = random;
    this.audit = audit;
  }

  /** Begins a session with an admin key; empty if it is none. */
  @Transactional
  Optional<Session> begin(String key) {
    return adminKeys.authenticate(key).map(admin -> begin(admin, AdminKeys.hash(key)));
  }

  /** Begins a session of somebody whom the company's identity provider has vouched for. */
  @Transactional
  Session begin(Admin admin) {
    return begin(admin, null);
  }

  private Session begin(Admin admin, byte @Nullable [] keyHash) {
    Session session = new Session(Secret.random(random), admin);
    entities
        .createNativeQuery(
            """
            insert into console_session (id_hash, admin, key_hash, role, created_at, last_seen)
            values (:id, :admin, cast(:key as bytea), cast(:role as text), clock_timestamp(),
                    clock_timestamp())
            """)
        .setParameter("id", session.id().sha256())
        .setParameter("admin", admin.name())
        .setParameter("key", keyHash)
        .setParameter("role", keyHash == null ? admin.role().name() : null)
        .executeUpdate();
    audit.record(Actor.admin(admin.name()), AuditEvent.of(Kind.SIGNED_IN));
    return session;
  }

  /** The living session with this id, which counts as used now. */
  @Transactional
  Optional<Session> use(Secret id) {
    return find(id, true);
  }

  /** The living session with this id; who only has a page open does not keep it alive. */
  @Transactional
  Optional<Session> see(Secret id) {
    return find(id, false);
  }

  private Optional<Session> find(Secret id, boolean used) {
    List<?> rows =
        entities
            .createNativeQuery(
                """
                update console_session
                   set last_seen = case when :used then clock_timestamp() else last_seen end
                 where id_hash = :id
                   and created_at > clock_timestamp() - :life * interval '1 second'
                   and last_seen > clock_timestamp() - :idle * interval '1 second'
                returning admin, key_hash, role
                """,
                Object[].class)
            .setParameter("used", used)
            .setParameter("id", id.sha256())
            .setParameter("life", LIFE_SECONDS)
            .setParameter("idle", IDLE_SECONDS)
            .getResultList();
    return rows.stream()
        .map(Object[].class::cast)
        .flatMap(row -> admin((String) row[0], (byte[]) row[1], (String) row[2]).stream())
        .map(admin -> new Session(id, admin))
        .findFirst();
  }

  private Optional<Admin> admin(String name, byte @Nullable [] keyHash, @Nullable String role) {
    if (keyHash != null) {
      return adminKeys.ofHash(keyHash);
    }
    return role != null && provider.isConfigured()
        ? Optional.of(new Admin(name, Role.valueOf(role)))
        : Optional.empty();
  }

  /** Ends a session, if there is one with this id. */
  @Transactional
  void end(Secret id) {
    List<?> admins =
        entities
            .createNativeQuery(
                "delete from console_session where id_hash = :id returning admin", String.class)
            .setParameter("id", id.sha256())
            .getResultList();
    for (Object admin : admins) {
      audit.record(Actor.admin((String) admin), AuditEvent.of(Kind.SIGNED_OUT));
    }
  }

  /** Erases those whose time is over. */
  @Scheduled(
      every = "10m",
      delayed = "1m",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  @RunOnVirtualThread
  @Transactional
  void expire() {
    entities
        .createNativeQuery(
            """
            delete from console_session
             where created_at < clock_timestamp() - :life * interval '1 second'
                or last_seen < clock_timestamp() - :idle * interval '1 second'
            """)
        .setParameter("life", LIFE_SECONDS)
        .setParameter("idle", IDLE_SECONDS)
        .executeUpdate();
  }
}
