package org.tokenbroker.agency;

import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.persistence.LockModeType;
import jakarta.transaction.Transactional;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.audit.AuditEvent;
import org.tokenbroker.audit.AuditEvent.Detail;
import org.tokenbroker.audit.AuditEvent.Kind;
import org.tokenbroker.audit.AuditLog;

/** The agencies and their settings, and the status that is put together from all their rows. */
@ApplicationScoped
public class Agencies implements PanacheRepositoryBase<Agency, Long> {

  private final Event<AgencyChanged> changed;
  private final AuditLog audit;

  Agencies(Event<AgencyChanged> changed, AuditLog audit) {
    this.changed = changed;
    this.audit = audit;
  }

  /** A page of statuses in the order of their slugs; {@code next} continues it, null at its end. */
  public record Page(List<AgencyStatus> items, @Nullable String next) {}

  /**
   * Creates the agency or replaces its settings; its consent is not touched.
   *
   * @return whether it was created
   */
  @Transactional
  public boolean put(String slug, AgencySettings settings) {
    // One statement, so that two creations at once cannot collide. xmax is 0 in a row just
    // inserted.
    changed.fire(new AgencyChanged(slug));
    List<String> differences = differences(slug, settings);
    boolean created =
        (Boolean)
            getEntityManager()
                .createNativeQuery(
                    """
                insert into agency (id, slug, name, scope_requested, expected_active911_id, contact)
                values (nextval('agency_seq'), :slug, :name, :scope, :expected, :contact)
                on conflict (slug) do update
                   set name = excluded.name,
                       scope_requested = excluded.scope_requested,
                       expected_active911_id = excluded.expected_active911_id,
                       contact = excluded.contact
                returning xmax = 0
                """,
                    Boolean.class)
                .setParameter("slug", slug)
                .setParameter("name", settings.name())
                .setParameter("scope", settings.scope().toString())
                .setParameter("expected", settings.expectedActive911Id())
                .setParameter("contact", settings.contact())
                .getSingleResult();
    recordSettings(slug, created, differences);
    return created;
  }

  /** Which settings are other ones than before; nobody else changes them until this is done. */
  private List<String> differences(String slug, AgencySettings settings) {
    Agency before = find("slug", slug).withLock(LockModeType.PESSIMISTIC_WRITE).firstResult();
    List<String> differences = new ArrayList<>();
    if (before == null) {
      return differences;
    }
    if (!before.name.equals(settings.name())) {
      differences.add("name");
    }
    if (!before.scopeRequested.equals(settings.scope().toString())) {
      differences.add("scope");
    }
    if (!Objects.equals(before.expectedActive911Id, settings.expectedActive911Id())) {
      differences.add("expected_active911_id");
    }
    if (!Objects.equals(before.contact, settings.contact())) {
      differences.add("contact");
    }
    return differences;
  }

  private void recordSettings(String slug, boolean created, List<String> differences) {
    audit.record(
        AuditEvent.of(created ? Kind.AGENCY_CREATED : Kind.AGENCY_CHANGED)
            .agency(slug)
            .withNames(Detail.CHANGED, differences));
  }

  /**
   * Creates the agency, unless the name is taken.
   *
   * @return whether it was created
   */
  @Transactional
  public boolean create(String slug, AgencySettings settings) {
    changed.fire(new AgencyChanged(slug));
    boolean created =
        getEntityManager()
                .createNativeQuery(
                    """
                insert into agency (id, slug, name, scope_requested, expected_active911_id, contact)
                values (nextval('agency_seq'), :slug, :name, :scope, :expected, :contact)
                on conflict (slug) do nothing
                """)
                .setParameter("slug", slug)
                .setParameter("name", settings.name())
                .setParameter("scope", settings.scope().toString())
                .setParameter("expected", settings.expectedActive911Id())
                .setParameter("contact", settings.contact())
                .executeUpdate()
            > 0;
    if (created) {
      recordSettings(slug, true, List.of());
    }
    return created;
  }

  /**
   * Replaces the settings of an agency that is there; its consent is not touched.
   *
   * @return whether there is such an agency
   */
  @Transactional
  public boolean replaceSettings(String slug, AgencySettings settings) {
    changed.fire(new AgencyChanged(slug));
    List<String> differences = differences(slug, settings);
    boolean replaced =
        getEntityManager()
                .createQuery(
                    """
                update Agency set name = :name, scopeRequested = :scope,
                       expectedActive911Id = :expected, contact = :contact
                 where slug = :slug
                """)
                .setParameter("slug", slug)
                .setParameter("name", settings.name())
                .setParameter("scope", settings.scope().toString())
                .setParameter("expected", settings.expectedActive911Id())
                .setParameter("contact", settings.contact())
                .executeUpdate()
            > 0;
    if (replaced) {
      recordSettings(slug, false, differences);
    }
    return replaced;
  }

  /** The agency's status, if there is such an agency. */
  @Transactional
  public Optional<AgencyStatus> status(String slug) {
    return find("slug", slug)
        .firstResultOptional()
        .map(
            agency ->
                AgencyStatus.of(
                    agency,
                    getEntityManager().find(Grant.class, agency.id()),
                    candidates(List.of(agency.id())).get(agency.id())));
  }

  /** Which of these names are names of agencies. */
  @Transactional
  public Set<String> existing(Collection<String> slugs) {
    return slugs.isEmpty()
        ? Set.of()
        : Set.copyOf(
            getEntityManager()
                .createQuery("select a.slug from Agency a where a.slug in :slugs", String.class)
                .setParameter("slugs", slugs)
                .getResultList());
  }

  /** What connecting the agency needs, if there is such an agency. */
  @Transactional
  public Optional<AgencyRef> ref(String slug) {
    return find("slug", slug).firstResultOptional().map(this::ref);
  }

  /** The same by the row's id, for what outlives a request. */
  @Transactional
  public Optional<AgencyRef> ref(long id) {
    return findByIdOptional(id).map(this::ref);
  }

  private AgencyRef ref(Agency agency) {
    Grant grant = getEntityManager().find(Grant.class, agency.id());
    return AgencyRef.of(agency, grant);
  }

  /**
   * One page of agencies.
   *
   * @param state only those in this state, or all
   * @param after only those whose slug sorts behind this one; empty for the first page
   * @param limit how many at most
   */
  @Transactional
  public Page list(@Nullable ConnectionState state, String after, int limit) {
    String where =
        switch (state) {
          case null -> "";
          case PENDING -> " and g.agencyId is null";
          case CONNECTED, NEEDS_CONSENT -> " and g.state = :state";
        };
    var query =
        getEntityManager()
            .createQuery(
                "select a, g from Agency a left join Grant g on g.agencyId = a.id"
                    + " where a.slug > :after"
                    + where
                    + " order by a.slug",
                Object[].class)
            .setParameter("after", after)
            .setMaxResults(limit + 1);
    if (state != null && state != ConnectionState.PENDING) {
      query.setParameter("state", state);
    }
    List<Object[]> rows = query.getResultList();
    boolean more = rows.size() > limit;
    List<AgencyStatus> items = statuses(more ? rows.subList(0, limit) : rows);
    return new Page(items, more ? items.getLast().agency() : null);
  }

  /**
   * The statuses of the agencies with these ids, in this order; those that are gone are left out.
   */
  List<AgencyStatus> statusesOf(List<Long> ids) {
    if (ids.isEmpty()) {
      return List.of();
    }
    Map<Long, Object[]> rows = new HashMap<>();
    getEntityManager()
        .createQuery(
            "select a, g from Agency a left join Grant g on g.agencyId = a.id where a.id in :ids",
            Object[].class)
        .setParameter("ids", ids)
        .getResultList()
        .forEach(row -> rows.put(((Agency) row[0]).id(), row));
    return statuses(ids.stream().map(rows::get).filter(Objects::nonNull).toList());
  }

  private List<AgencyStatus> statuses(List<Object[]> rows) {
    Map<Long, Candidate> waiting =
        candidates(rows.stream().map(row -> ((Agency) row[0]).id()).toList());
    List<AgencyStatus> items = new ArrayList<>(rows.size());
    for (Object[] row : rows) {
      Agency agency = (Agency) row[0];
      items.add(AgencyStatus.of(agency, (Grant) row[1], waiting.get(agency.id())));
    }
    return items;
  }

  /** The newest living candidate of each of these agencies. */
  private Map<Long, Candidate> candidates(List<Long> agencyIds) {
    Map<Long, Candidate> newest = new HashMap<>();
    if (!agencyIds.isEmpty()) {
      getEntityManager()
          .createQuery(
              "from Candidate c where c.agencyId in :ids and c.expiresAt > instant"
                  + " order by c.createdAt",
              Candidate.class)
          .setParameter("ids", agencyIds)
          .getResultList()
          .forEach(candidate -> newest.put(candidate.agencyId, candidate));
    }
    return newest;
  }

  /**
   * Pauses or resumes hand-outs; refreshing goes on either way.
   *
   * @return whether there is such an agency
   */
  @Transactional
  public boolean setPaused(String slug, boolean paused) {
    changed.fire(new AgencyChanged(slug));
    if (update("paused = ?1 where slug = ?2", paused, slug) == 0) {
      return false;
    }
    audit.record(AuditEvent.of(paused ? Kind.AGENCY_PAUSED : Kind.AGENCY_RESUMED).agency(slug));
    return true;
  }

  /**
   * Erases the agency with its grant, its candidates and the authorizations under way.
   *
   * @return whether there was such an agency
   */
  @Transactional
  public boolean erase(String slug) {
    changed.fire(new AgencyChanged(slug));
    if (delete("slug", slug) == 0) {
      return false;
    }
    audit.record(AuditEvent.of(Kind.AGENCY_DELETED).agency(slug));
    return true;
  }

  /**
   * Forgets agencies that were deleted long ago: no replica has been without the database for so
   * long and still serves from memory.
   */
  @Transactional
  public void forgetRemoved() {
    getEntityManager()
        .createNativeQuery(
            "delete from agency_removed where removed_at < clock_timestamp() - interval '90 days'")
        .executeUpdate();
  }
}
