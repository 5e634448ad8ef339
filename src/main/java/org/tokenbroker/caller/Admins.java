package org.tokenbroker.caller;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.panache.common.Sort;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;

/** The named admins and their keys; the only writer of both. */
@ApplicationScoped
public class Admins implements PanacheRepositoryBase<NamedAdmin, Long> {

  private final EntityManager entities;
  private final SecureRandom random;
  private final DatabaseClock clock;
  private final KeyUse uses;
  private final Event<CallersChanged> changed;
  private final AuditLog audit;

  Admins(
      EntityManager entities,
      SecureRandom random,
      DatabaseClock clock,
      KeyUse uses,
      Event<CallersChanged> changed,
      AuditLog audit) {
    this.entities = entities;
    this.random = random;
    this.clock = clock;
    this.uses = uses;
    this.changed = changed;
    this.audit = audit;
  }

  /** Creates the admin or gives it another role; its keys stay. Returns whether it was created. */
  @Transactional
  boolean put(String name, Role role) {
    // One statement, so that two creations at once cannot collide. xmax is 0 in a row just
    // inserted.
    boolean created =
        (Boolean)
            entities
                .createNativeQuery(
                    """
                    insert into admin (id, name, role) values (nextval('admin_seq'), :name, :role)
                    on conflict (name) do update set role = excluded.role
                    returning xmax = 0
                    """,
                    Boolean.class)
                .setParameter("name", name)
                .setParameter("role", role.name())
                .getSingleResult();
    changed.fire(new CallersChanged());
    audit.record(
        event(created ? Kind.ADMIN_CREATED : Kind.ADMIN_CHANGED, name).with(Detail.ROLE, role));
    return created;
  }

  /** Creates the admin; returns whether it did, or there is one of this name. */
  @Transactional
  public boolean create(String name, Role role) {
    boolean created =
        entities
                .createNativeQuery(
                    """
                    insert into admin (id, name, role) values (nextval('admin_seq'), :name, :role)
                    on conflict (name) do nothing
                    """)
                .setParameter("name", name)
                .setParameter("role", role.name())
                .executeUpdate()
            > 0;
    changed.fire(new CallersChanged());
    if (created) {
      audit.record(event(Kind.ADMIN_CREATED, name).with(Detail.ROLE, role));
    }
    return created;
  }

  /** Gives an admin that is there another role; returns whether it is there. */
  @Transactional
  public boolean setRole(String name, Role role) {
    boolean found = update("role = ?1 where name = ?2", role, name) > 0;
    changed.fire(new CallersChanged());
    if (found) {
      audit.record(event(Kind.ADMIN_CHANGED, name).with(Detail.ROLE, role));
    }
    return found;
  }

  /** Makes a key; empty if there is no such admin. */
  @Transactional
  public Optional<NewKey> createKey(String name, @Nullable Duration expiresIn) {
    Optional<NamedAdmin> admin = find("name", name).firstResultOptional();
    if (admin.isEmpty()) {
      return Optional.empty();
    }
    ApiKey key = ApiKey.generate(ApiKey.Kind.ADMIN, random);
    AdminKey row = new AdminKey();
    row.keyId = key.id();
    row.adminId = admin.get().id();
    row.hash = key.hash();
    row.expiresAt =
        expiresIn == null ? null : clock.instant().plus(expiresIn).truncatedTo(ChronoUnit.SECONDS);
    entities.persist(row);
    changed.fire(new CallersChanged());
    audit.record(
        event(Kind.KEY_CREATED, name)
            .with(Detail.KEY_ID, row.keyId)
            .with(Detail.EXPIRES_AT, row.expiresAt));
    return Optional.of(new NewKey(key, row.expiresAt));
  }

  /** Revokes a key; returns whether the admin had it. */
  @Transactional
  public boolean revokeKey(String name, String keyId) {
    int revoked =
        entities
            .createQuery(
                "delete from AdminKey k where k.keyId = :key"
                    + " and k.adminId = (select a.id from NamedAdmin a where a.name = :name)")
            .setParameter("key", keyId)
            .setParameter("name", name)
            .executeUpdate();
    changed.fire(new CallersChanged());
    if (revoked > 0) {
      audit.record(event(Kind.KEY_REVOKED, name).with(Detail.KEY_ID, keyId));
    }
    return revoked > 0;
  }

  /** Deletes the admin with its keys; returns whether there was one. */
  @Transactional
  public boolean remove(String name) {
    // The database deletes the keys with it.
    int removed =
        entities
            .createNativeQuery("delete from admin where name = :name")
            .setParameter("name", name)
            .executeUpdate();
    changed.fire(new CallersChanged());
    if (removed > 0) {
      audit.record(event(Kind.ADMIN_DELETED, name));
    }
    return removed > 0;
  }

  private static AuditEvent event(Kind kind, String admin) {
    return AuditEvent.of(kind).withName(Detail.ADMIN, admin);
  }

  /** All admins, the one of the configuration first, then by name. */
  @Transactional
  public List<AdminStatus> list() {
    List<AdminKey> keys =
        entities
            .createQuery("from AdminKey k order by k.createdAt, k.keyId", AdminKey.class)
            .getResultList();
    List<AdminStatus> all = new ArrayList<>();
    all.add(new AdminStatus(Admin.BOOTSTRAP.name(), Admin.BOOTSTRAP.role(), List.of()));
    for (NamedAdmin admin : listAll(Sort.by("name"))) {
      all.add(status(admin, keys));
    }
    return all;
  }

  /** The admin of this name, if there is one. */
  @Transactional
  public Optional<AdminStatus> status(String name) {
    return list().stream().filter(admin -> admin.name().equals(name)).findFirst();
  }

  private AdminStatus status(NamedAdmin admin, List<AdminKey> keys) {
    return new AdminStatus(
        admin.name,
        admin.role,
        keys.stream()
            .filter(key -> key.adminId == admin.id())
            .map(
                key ->
                    KeyStatus.of(
                        key.keyId,
                        key.createdAt,
                        key.expiresAt,
                        key.lastUsedAt,
                        uses.notYetStored(ApiKey.Kind.ADMIN, key.keyId)))
            .toList());
  }
}
