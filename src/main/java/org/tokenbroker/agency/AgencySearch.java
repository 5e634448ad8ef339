package org.tokenbroker.agency;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Query;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds agencies for people to look at: by how they are, by what they are called, page by page. */
@ApplicationScoped
public class AgencySearch {

  /**
   * How pressing it is that a person looks, from 0 on: a consent waits to be confirmed, the consent
   * is gone, refreshing fails, the consent ends soon, Active911 granted less than was asked for.
   */
  private static final String RANK =
      """
      case when exists (select 1 from candidate c
                         where c.agency_id = a.id and c.expires_at > clock_timestamp()) then 0
           when g.state = 'NEEDS_CONSENT' then 1
           when g.consecutive_failures > 0 then 2
           when g.refresh_token_expires_at < :soon then 3
           when not string_to_array(g.scope_granted, ' ')
                    @> string_to_array(a.scope_requested, ' ') then 4
           else 5 end\
      """;

  private static final String FROM =
      " from agency a left join agency_grant g on g.agency_id = a.id ";

  private static final String PRESSING = "(" + RANK + ") < 5";

  private final EntityManager entities;
  private final Agencies agencies;

  AgencySearch(EntityManager entities, Agencies agencies) {
    this.entities = entities;
    this.agencies = agencies;
  }

  /** How an agency can be. All but the first two and the last exclude each other. */
  public enum Group {
    ALL("true"),
    /** Somebody should look at it; the most pressing first. */
    ATTENTION(PRESSING),
    NEVER_CONNECTED("g.agency_id is null"),
    CONNECTED("g.state = 'CONNECTED' and g.consecutive_failures = 0"),
    FAILING("g.state = 'CONNECTED' and g.consecutive_failures > 0"),
    CONSENT_GONE("g.state = 'NEEDS_CONSENT'"),
    PAUSED("a.paused");

    private final String condition;

    Group(String condition) {
      this.condition = condition;
    }
  }

  /**
   * A place in the order of a list, which goes on behind it.
   *
   * @param rank how pressing the agency there was; counts where the most pressing come first
   */
  public record Position(int rank, String slug) {

    /** Before all others. */
    public static final Position BEGINNING = new Position(-1, "");
  }

  /**
   * What to look for.
   *
   * @param text stands in the name or in the short name, in whatever case, or is the id of the
   *     Active911 agency; empty: no matter
   * @param soon consents that end before this count as ending soon
   */
  public record Search(Group group, String text, Instant soon) {}

  /** Some agencies, and where the list goes on; null at its end. */
  public record Found(List<AgencyStatus> agencies, @Nullable Position next) {}

  /** How many agencies are in each group. */
  @Transactional
  public Map<Group, Long> counts(Instant soon) {
    Group[] groups = Group.values();
    String counted =
        Arrays.stream(groups)
            .map(group -> "count(*) filter (where " + group.condition + ")")
            .collect(Collectors.joining(", "));
    Object[] row =
        (Object[])
            entities
                .createNativeQuery("select " + counted + FROM, Object[].class)
                .setParameter("soon", soon)
                .getSingleResult();
    Map<Group, Long> counts = new EnumMap<>(Group.class);
    for (int i = 0; i < groups.length; i++) {
      counts.put(groups[i], ((Number) row[i]).longValue());
    }
    return counts;
  }

  /**
   * A page of a list.
   *
   * @param limit how many at most
   */
  @Transactional
  public Found find(Search search, Position after, int limit) {
    boolean ranked = search.group() == Group.ATTENTION;
    // In the order of the short names an index leads; ranked ones are few.
    StringBuilder sql =
        new StringBuilder("select a.id, ")
            .append(ranked ? RANK : "cast(0 as integer)")
            .append(FROM)
            .append("where ")
            .append(search.group().condition)
            .append(
                ranked ? " and (" + RANK + ", a.slug) > (:rank, :slug)" : " and a.slug > :slug");
    if (!search.text().isEmpty()) {
      sql.append(
          """
           and (position(:text in lower(a.name)) > 0 or position(:text in a.slug) > 0
                or lower(g.active911_id) = :text or lower(a.expected_active911_id) = :text)
          """);
    }
    sql.append(ranked ? " order by 2, a.slug" : " order by a.slug").append(" limit :limit");
    Query query =
        entities
            .createNativeQuery(sql.toString(), Object[].class)
            .setParameter("slug", after.slug())
            .setParameter("limit", limit + 1);
    if (ranked) {
      query.setParameter("rank", after.rank()).setParameter("soon", search.soon());
    }
    if (!search.text().isEmpty()) {
      query.setParameter("text", search.text().toLowerCase(Locale.ROOT));
    }
    List<Long> ids = new ArrayList<>();
    int lastRank = 0;
    List<?> rows = query.getResultList();
    for (Object row : rows.subList(0, Math.min(limit, rows.size()))) {
      ids.add(((Number) ((Object[]) row)[0]).longValue());
      lastRank = ((Number) ((Object[]) row)[1]).intValue();
    }
    List<AgencyStatus> found = agencies.statusesOf(ids);
    return new Found(
        found,
        rows.size() > limit && !found.isEmpty()
            ? new Position(lastRank, found.getLast().agency())
            : null);
  }
}
