package org.tokenbroker.caller;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.panache.common.Sort;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.persistence.EntityManager;
import jakarta.transaction.Transactional;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;
import org.tokenbroker.problem.Slug;

/** The callers, their grants and their keys; the only writer of all three. */
@ApplicationScoped
public class Callers implements PanacheRepositoryBase<Caller, Long> {

  /** In a list of agencies: all of them. */
  public static final String ALL = "*";

  private static final int AGENCIES_LIMIT = 10_000;
  private static final int PROOF_LENGTH = 500;

  private final EntityManager entities;
  private final SecureRandom random;
  private final DatabaseClock clock;
  private final KeyUse uses;
  private final Event<CallersChanged> changed;
  private final AuditLog audit;

  Callers(
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

  /**
   * What an admin decides about a caller.
   *
   * @param agencies slugs, or {@link #ALL} alone
   */
  public record Settings(
      Set<String> agencies,
      @Nullable String issuer,
      @Nullable String subject,
      @Nullable String certificateSubject) {

    public Settings {
      agencies = Set.copyOf(agencies);
    }

    /** What is wrong with them, by the field's name in the interface; empty: nothing. */
    public Map<String, String> faults() {
      Map<String, String> faults = new LinkedHashMap<>();
      if (agencies.size() > AGENCIES_LIMIT) {
        faults.put("agencies", "must be 10000 at most");
      }
      agencies.stream()
          .filter(agency -> !agency.equals(ALL) && !Slug.matches(agency))
          .findFirst()
          .ifPresent(agency -> faults.put("agencies", "must match " + Slug.REGEX));
      if (agencies.contains(ALL) && agencies.size() > 1) {
        faults.put("agencies", "* stands for all and must stand alone");
      }
      if ((issuer == null) != (subject == null)) {
        faults.put(
            issuer == null ? "issuer" : "subject",
            "issuer and subject prove a caller only together");
      }
      if (certificateSubject != null && DistinguishedName.parse(certificateSubject).isEmpty()) {
        faults.put(
            "certificate_subject", "must be a distinguished name, such as CN=board,O=Example");
      }
      tooLong("issuer", issuer, faults);
      tooLong("subject", subject, faults);
      tooLong("certificate_subject", certificateSubject, faults);
      return faults;
    }

    private static void tooLong(String field, @Nullable String text, Map<String, String> faults) {
      if (text != null && text.length() > PROOF_LENGTH) {
        faults.put(field, "must be 500 characters long at most");
      }
    }
  }

  /** What became of putting a caller. */
  public sealed interface Put {
    /** There was none of this name. */
    record Created() implements Put {}

    /** There was one; its keys stay. */
    record Replaced() implements Put {}

    /** Nothing was changed: another caller has the same issuer and subject, or certificate. */
    record ProvedByOther(String caller) implements Put {}
  }

  /** Creates the caller or replaces its settings; its keys stay. */
  @Transactional
  Put put(String name, Settings settings) {
    // One statement, so that two creations at once cannot collide. xmax is 0 in a row just
    // inserted.
    boolean created =
        (Boolean)
            entities
                .createNativeQuery(
                    """
                    insert into caller (id, name) values (nextval('caller_seq'), :name)
                    on conflict (name) do update set name = excluded.name
                    returning xmax = 0
                    """,
                    Boolean.class)
                .setParameter("name", name)
                .getSingleResult();
    return store(name, settings, created);
  }

  /** Creates the caller; empty, and nothing is changed, if there is one of this name. */
  @Transactional
  public Optional<Put> create(String name, Settings settings) {
    int created =
        entities
            .createNativeQuery(
                """
                insert into caller (id, name) values (nextval('caller_seq'), :name)
                on conflict (name) do nothing
                """)
            .setParameter("name", name)
            .executeUpdate();
    return created > 0 ? Optional.of(store(name, settings, true)) : Optional.empty();
  }

  /** Replaces the settings of a caller that is there; empty if there is none of this name. */
  @Transactional
  public Optional<Put> replace(String name, Settings settings) {
    int found =
        entities
            .createNativeQuery("update caller set name = name where name = :name")
            .setParameter("name", name)
            .executeUpdate();
    return found > 0 ? Optional.of(store(name, settings, false)) : Optional.empty();
  }

  /**
   * Stores the settings of a caller that has a row. The statement before this one has taken the
   * mark, so nobody else changes callers until this is done.
   */
  private Put store(String name, Settings settings, boolean created) {
    Optional<String> other =
        listAll().stream()
            .filter(one -> !one.name.equals(name) && isProvedAlike(one, settings))
            .map(one -> one.name)
            .findFirst();
    if (other.isPresent()) {
      QuarkusTransaction.setRollbackOnly();
      return new Put.ProvedByOther(other.get());
    }
    Caller caller = find("name", name).singleResult();
    Set<String> before = granted(caller);
    caller.issuer = settings.issuer();
    caller.subject = settings.subject();
    caller.certificateSubject = settings.certificateSubject();
    caller.allAgencies = settings.agencies().contains(ALL);
    Set<String> agencies = new HashSet<>(settings.agencies());
    agencies.remove(ALL);
    caller.agencies.retainAll(agencies);
    caller.agencies.addAll(agencies);
    changed.fire(new CallersChanged());
    Set<String> after = granted(caller);
    audit.record(
        AuditEvent.of(created ? Kind.CALLER_CREATED : Kind.CALLER_CHANGED)
            .caller(name)
            .withNames(Detail.GRANTED, without(after, before))
            .withNames(Detail.REVOKED, without(before, after)));
    return created ? new Put.Created() : new Put.Replaced();
  }

  private static boolean isProvedAlike(Caller other, Settings settings) {
    String certificate = settings.certificateSubject();
    String otherCertificate = other.certificateSubject;
    return (settings.issuer() != null
            && settings.issuer().equals(other.issuer)
            && Objects.equals(settings.subject(), other.subject))
        || (certificate != null
            && otherCertificate != null
            && DistinguishedName.parse(certificate)
                .equals(DistinguishedName.parse(otherCertificate)));
  }

  /** Makes a key; empty if there is no such caller. */
  @Transactional
  public Optional<NewKey> createKey(String name, @Nullable Duration expiresIn) {
    Optional<Caller> caller = find("name", name).firstResultOptional();
    if (caller.isEmpty()) {
      return Optional.empty();
    }
    ApiKey key = ApiKey.generate(ApiKey.Kind.CALLER, random);
    CallerKey row = new CallerKey();
    row.keyId = key.id();
    row.callerId = idOf(caller.get());
    row.hash = key.hash();
    row.expiresAt =
        expiresIn == null ? null : clock.instant().plus(expiresIn).truncatedTo(ChronoUnit.SECONDS);
    entities.persist(row);
    changed.fire(new CallersChanged());
    audit.record(
        AuditEvent.of(Kind.KEY_CREATED)
            .caller(name)
            .with(Detail.KEY_ID, row.keyId)
            .with(Detail.EXPIRES_AT, row.expiresAt));
    return Optional.of(new NewKey(key, row.expiresAt));
  }

  /** Revokes a key; returns whether the caller had it. */
  @Transactional
  public boolean revokeKey(String name, String keyId) {
    int revoked =
        entities
            .createQuery(
                "delete from CallerKey k where k.keyId = :key"
                    + " and k.callerId = (select c.id from Caller c where c.name = :name)")
            .setParameter("key", keyId)
            .setParameter("name", name)
            .executeUpdate();
    changed.fire(new CallersChanged());
    if (revoked > 0) {
      audit.record(AuditEvent.of(Kind.KEY_REVOKED).caller(name).with(Detail.KEY_ID, keyId));
    }
    return revoked > 0;
  }

  /** Deletes the caller with its keys and grants; returns whether there was one. */
  @Transactional
  public boolean remove(String name) {
    // The database deletes what hangs on it.
    int removed =
        entities
            .createNativeQuery("delete from caller where name = :name")
            .setParameter("name", name)
            .executeUpdate();
    changed.fire(new CallersChanged());
    if (removed > 0) {
      audit.record(AuditEvent.of(Kind.CALLER_DELETED).caller(name));
    }
    return removed > 0;
  }

  /** Takes an agency out of every caller's grants: its name may be given to another one later. */
  @Transactional
  public void revokeAgency(String agency) {
    List<?> callers =
        entities
            .createNativeQuery(
                """
                delete from caller_agency g using caller c
                 where g.agency_slug = :agency and c.id = g.caller_id
                returning c.name
                """,
                String.class)
            .setParameter("agency", agency)
            .getResultList();
    changed.fire(new CallersChanged());
    for (Object caller : callers) {
      audit.record(
          AuditEvent.of(Kind.CALLER_CHANGED)
              .caller((String) caller)
              .agency(agency)
              .withNames(Detail.REVOKED, List.of(agency)));
    }
  }

  private static Set<String> granted(Caller caller) {
    Set<String> granted = new HashSet<>(caller.agencies);
    if (caller.allAgencies) {
      granted.add(ALL);
    }
    return granted;
  }

  private static Set<String> without(Set<String> these, Set<String> those) {
    Set<String> rest = new HashSet<>(these);
    rest.removeAll(those);
    return rest;
  }

  /** All callers by name. */
  @Transactional
  public List<CallerStatus> list() {
    List<CallerKey> keys =
        entities
            .createQuery("from CallerKey k order by k.createdAt, k.keyId", CallerKey.class)
            .getResultList();
    return withAgencies().stream().map(caller -> status(caller, keys)).toList();
  }

  /** The caller of this name, if there is one. */
  @Transactional
  public Optional<CallerStatus> status(String name) {
    return list().stream().filter(caller -> caller.caller().equals(name)).findFirst();
  }

  /** All that authenticating and authorizing callers and named admins needs. */
  @Transactional
  Directory directory() {
    return Directory.of(
        withAgencies(),
        entities.createQuery("from CallerKey", CallerKey.class).getResultList(),
        entities.createQuery("from NamedAdmin", NamedAdmin.class).getResultList(),
        entities.createQuery("from AdminKey", AdminKey.class).getResultList());
  }

  /** Changes with every change to a caller, an admin, a key or a grant, whoever makes it. */
  @Transactional
  String mark() {
    return (String)
        entities
            .createNativeQuery("select changed_xid::text from caller_mark", String.class)
            .getSingleResult();
  }

  private List<Caller> withAgencies() {
    return find("from Caller c left join fetch c.agencies", Sort.by("c.name")).list();
  }

  private CallerStatus status(Caller caller, List<CallerKey> keys) {
    long id = idOf(caller);
    return new CallerStatus(
        caller.name,
        caller.allAgencies ? List.of(ALL) : List.copyOf(new TreeSet<>(caller.agencies)),
        caller.issuer,
        caller.subject,
        caller.certificateSubject,
        keys.stream()
            .filter(key -> key.callerId == id)
            .map(
                key ->
                    KeyStatus.of(
                        key.keyId,
                        key.createdAt,
                        key.expiresAt,
                        key.lastUsedAt,
                        uses.notYetStored(ApiKey.Kind.CALLER, key.keyId)))
            .toList());
  }

  static long idOf(Caller caller) {
    if (caller.id == null) {
      throw new IllegalStateException("not persisted yet");
    }
    return caller.id;
  }
}
