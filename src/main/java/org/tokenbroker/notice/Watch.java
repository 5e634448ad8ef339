package org.tokenbroker.notice;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.tokenbroker.agency.DatabaseClock;

/**
 * Finds in the database what is to be said, and writes it into the outbox together with the mark
 * that it was said, in one transaction. Each thing that can be said has a name that is the same on
 * every replica, and the mark's key holds that name: so it is said once, however many look.
 *
 * <p>No more than {@link #SINGLE} notices of a kind are made in an hour. What is found beyond that
 * is gathered into one, and that at most once an hour, so that an outage of Active911 does not fill
 * mailboxes.
 */
@Singleton
class Watch {

  /** Of each kind, so many agencies within an hour have a notice of their own. */
  static final int SINGLE = 20;

  /** How many names a notice about many agencies has. */
  private static final int NAMED = 100;

  /** Letters that one look may have sent: an invitation is made for each. */
  private static final int LETTERS = 100;

  /** What can be taken for an address; {@link Letters} looks more closely. */
  private static final String HAS_ADDRESS = "a.contact like '%_@_%'";

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * Something to ask the database.
   *
   * @param found selects {@code ref, agency_id, slug, name, data} of what is to be said: {@code
   *     ref} is its name
   * @param take takes down that rows {@code f} of that form are said now, and returns the ids of
   *     their agencies; {@code %s} stands for the rows. No row where another was quicker
   */
  private record Question(NoticeKind kind, String found, String take) {}

  private static String time(String column) {
    return "to_char(%s at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')".formatted(column);
  }

  private static Question once(NoticeKind kind, String mark, String found) {
    return new Question(
        kind,
        "select f.* from (%s) f where not exists (select 1 from notice_said s where s.kind = '%s' and s.ref = f.ref)"
            .formatted(found, mark),
        "insert into notice_said (kind, ref, agency_id, said_at) select '"
            + mark
            + "', f.ref, f.agency_id, clock_timestamp() from %s order by f.ref on conflict do nothing returning agency_id");
  }

  private static final Question CONSENT_GONE =
      once(
          NoticeKind.CONSENT_GONE,
          "consent_gone",
          """
          select g.connection_id::text as ref, a.id as agency_id, a.slug, a.name,
                 json_build_object('error', g.last_error, 'since', %s,
                                   'access_token_expires_at', %s) as data
            from agency_grant g join agency a on a.id = g.agency_id
           where g.state = 'NEEDS_CONSENT'
          """
              .formatted(time("g.last_error_at"), time("g.access_token_expires_at")));

  /** Whatever fails is due again within an hour, which an index knows. */
  private static final Question FAILING =
      once(
          NoticeKind.FAILING,
          "failing",
          """
          select g.connection_id::text as ref, a.id as agency_id, a.slug, a.name,
                 json_build_object('error', g.last_error, 'since', %s,
                                   'access_token_expires_at', %s) as data
            from agency_grant g join agency a on a.id = g.agency_id
           where g.state = 'CONNECTED' and g.consecutive_failures > 0
             and g.next_refresh_at <= (select clock_timestamp()) + interval '65 minutes'
             and g.failing_since <= (select clock_timestamp()) - interval '1 hour'
          """
              .formatted(time("g.failing_since"), time("g.access_token_expires_at")));

  /**
   * The smallest threshold that is reached, and no larger one: of a consent that was won with five
   * days left only the seven are said.
   */
  private static final String ENDING =
      """
      select g.connection_id || '/' || extract(epoch from g.refresh_token_expires_at)::bigint
                 || '/' || d.days as ref,
             a.id as agency_id, a.slug, a.name,
             json_build_object('days', d.days, 'consent_ends_at', %s) as data
        from agency_grant g join agency a on a.id = g.agency_id,
             lateral (select min(t) as days from unnest(array[30, 14, 7, 1]) t
                       where g.refresh_token_expires_at
                                 <= clock_timestamp() + t * interval '1 day') d
       where g.state = 'CONNECTED'
         and g.refresh_token_expires_at > (select clock_timestamp())
         and g.refresh_token_expires_at <= (select clock_timestamp()) + interval '30 days'
      """
          .formatted(time("g.refresh_token_expires_at"));

  private static final Question CONSENT_ENDING =
      once(NoticeKind.CONSENT_ENDING, "consent_ending", ENDING);

  private static final Question LETTER =
      once(NoticeKind.CONSENT_ENDING, "contact", ENDING + " and " + HAS_ADDRESS);

  /** One that only waits for Active911 to name its agency needs nobody, unless that takes long. */
  private static final Question CANDIDATE_WAITING =
      once(
          NoticeKind.CANDIDATE_WAITING,
          "candidate_waiting",
          """
          select c.id as ref, a.id as agency_id, a.slug, a.name,
                 json_build_object(
                     'candidate', c.id, 'reason', lower(c.reason),
                     'active911_agency',
                     case when c.active911_id is null then null
                          else json_build_object('id', c.active911_id, 'name', c.active911_name) end,
                     'expires_at', %s) as data
            from candidate c join agency a on a.id = c.agency_id
           where c.expires_at > clock_timestamp()
             and (c.reason <> 'IDENTITY_UNKNOWN'
                  or c.created_at <= clock_timestamp() - interval '15 minutes')
          """
              .formatted(time("c.expires_at")));

  private static final String REFUSED_SINCE = "extract(epoch from u.client_refused_at)::text";

  private static final Question CLIENT_REFUSED =
      once(
          NoticeKind.CLIENT_REFUSED,
          "client_refused",
          """
          select %s as ref, null::bigint as agency_id, null as slug, null as name,
                 json_build_object('since', %s) as data
            from upstream u where u.client_refused_at is not null
          """
              .formatted(REFUSED_SINCE, time("u.client_refused_at")));

  private static final Question CLIENT_ACCEPTED =
      new Question(
          NoticeKind.RECOVERED,
          """
          select s.ref, null::bigint as agency_id, null as slug, null as name,
                 json_build_object('after', 'client_refused') as data
            from notice_said s, upstream u
           where s.kind = 'client_refused' and s.ref is distinct from %s
          """
              .formatted(REFUSED_SINCE),
          """
          delete from notice_said s using %s
           where s.kind = 'client_refused' and s.ref = f.ref returning s.agency_id
          """);

  /** Both marks go at once: an agency that failed and then lost its consent recovers once. */
  private static final Question RECOVERED =
      new Question(
          NoticeKind.RECOVERED,
          """
          select min(s.ref) as ref, a.id as agency_id, a.slug, a.name,
                 json_build_object('after', min(s.kind), 'access_token_expires_at', %s) as data
            from notice_said s join agency a on a.id = s.agency_id
            join agency_grant g on g.agency_id = a.id
           where s.kind in ('consent_gone', 'failing')
             and g.state = 'CONNECTED' and g.consecutive_failures = 0
           group by a.id, g.agency_id
          """
              .formatted(time("g.access_token_expires_at")),
          """
          delete from notice_said s using %s
           where s.kind in ('consent_gone', 'failing') and s.agency_id = f.agency_id
          returning s.agency_id
          """);

  /** What is over goes first, so that what began anew meanwhile is said anew. */
  private static final List<Question> ENDS = List.of(RECOVERED, CLIENT_ACCEPTED);

  private static final List<Question> BEGINNINGS =
      List.of(CONSENT_GONE, CONSENT_ENDING, FAILING, CANDIDATE_WAITING, CLIENT_REFUSED);

  private final DataSource dataSource;
  private final NoticeSettings settings;
  private final InstantSource clock;
  private final SecureRandom random;
  private final ConsoleAddresses addresses;

  @Inject
  Watch(
      DataSource dataSource,
      NoticeSettings settings,
      DatabaseClock clock,
      SecureRandom random,
      @ConfigProperty(name = "broker.public-url") URI publicUrl) {
    this(dataSource, settings, (InstantSource) clock, random, publicUrl);
  }

  Watch(
      DataSource dataSource,
      NoticeSettings settings,
      InstantSource clock,
      SecureRandom random,
      URI publicUrl) {
    this.dataSource = dataSource;
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    this.addresses = new ConsoleAddresses(publicUrl);
  }

  /** One thing to be said. */
  private record Found(
      String ref,
      @Nullable Long agencyId,
      @Nullable String slug,
      @Nullable String name,
      ObjectNode data) {}

  /**
   * Looks once. While another replica looks, nothing is done: it says the same.
   *
   * @return how many notices were made
   */
  int look() throws SQLException {
    Set<Channel> channels = settings.channels();
    if (channels.isEmpty()) {
      return 0;
    }
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try {
        int made = takesTurn(connection) ? look(connection, channels) : 0;
        connection.commit();
        return made;
      } catch (SQLException | RuntimeException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
    }
  }

  private static boolean takesTurn(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("select pg_try_advisory_xact_lock(hashtext('notice_watch'))")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private int look(Connection connection, Set<Channel> channels) throws SQLException {
    int made = 0;
    Set<Channel> toUs = EnumSet.copyOf(channels);
    toUs.remove(Channel.CONTACT);
    for (Question question : ENDS) {
      if (toUs.isEmpty() || !settings.isOn(question.kind())) {
        takeAll(connection, question);
      } else {
        made += ask(connection, question, toUs);
      }
    }
    for (Question question : BEGINNINGS) {
      if (!toUs.isEmpty() && settings.isOn(question.kind())) {
        made += ask(connection, question, toUs);
      }
    }
    if (channels.contains(Channel.CONTACT)) {
      made += say(connection, LETTER, find(connection, LETTER, LETTERS), Set.of(Channel.CONTACT));
    }
    return made;
  }

  private int ask(Connection connection, Question question, Set<Channel> channels)
      throws SQLException {
    List<Found> found = find(connection, question, SINGLE + 1);
    if (found.isEmpty()) {
      return 0;
    }
    long lately = madeInAnHour(connection, question.kind(), false);
    if (lately + found.size() <= SINGLE) {
      return say(connection, question, found, channels);
    }
    return madeInAnHour(connection, question.kind(), true) > 0
        ? 0 // until the hour is over
        : gather(connection, question, channels);
  }

  private static List<Found> find(Connection connection, Question question, int limit)
      throws SQLException {
    List<Found> found = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement(question.found() + " limit " + limit)) {
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(
              new Found(
                  row.getString("ref"),
                  row.getObject("agency_id", Long.class),
                  row.getString("slug"),
                  row.getString("name"),
                  object(row.getString("data"))));
        }
      }
    }
    return found;
  }

  /** Letters are not counted: they go to others. */
  private static long madeInAnHour(Connection connection, NoticeKind kind, boolean gathered)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            select count(*) from notice n
             where kind = ? and gathered = ? and created_at > clock_timestamp() - interval '1 hour'
               and exists (select 1 from notice_delivery d
                            where d.notice_id = n.id and d.channel <> 'contact')
            """)) {
      statement.setString(1, kind.toString());
      statement.setBoolean(2, gathered);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private int say(
      Connection connection, Question question, List<Found> found, Set<Channel> channels)
      throws SQLException {
    int made = 0;
    for (Found one : found) {
      if (take(connection, question, one)) {
        ObjectNode data = JSON.createObjectNode();
        if (one.slug() != null) {
          data.put("agency", one.slug());
          data.put("name", one.name());
          data.put("console", addresses.agency(one.slug()));
        } else {
          data.put("console", addresses.system());
        }
        data.setAll(one.data());
        write(connection, question.kind(), one.slug(), false, data, channels);
        made++;
      }
    }
    return made;
  }

  private static boolean take(Connection connection, Question question, Found found)
      throws SQLException {
    String one = "(values (?::text, ?::bigint)) f(ref, agency_id)";
    try (PreparedStatement statement =
        connection.prepareStatement(question.take().formatted(one))) {
      statement.setString(1, found.ref());
      statement.setObject(2, found.agencyId());
      try (ResultSet row = statement.executeQuery()) {
        return row.next();
      }
    }
  }

  private int gather(Connection connection, Question question, Set<Channel> channels)
      throws SQLException {
    String all =
        """
        with taken as (%s), agencies as (select distinct agency_id from taken)
        select (select count(*) from agencies),
               coalesce((select json_agg(named.slug)
                           from (select a.slug from agencies join agency a on a.id = agency_id
                                  order by a.slug limit %d) named), '[]')
        """
            .formatted(question.take().formatted("(" + question.found() + ") f"), NAMED);
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(all)) {
      row.next();
      ObjectNode data = JSON.createObjectNode();
      data.put("count", row.getLong(1));
      data.set("agencies", tree(row.getString(2)));
      data.put("console", addresses.agencies());
      write(connection, question.kind(), null, true, data, channels);
    }
    return 1;
  }

  private static void takeAll(Connection connection, Question question) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(question.take().formatted("(" + question.found() + ") f"));
    }
  }

  private void write(
      Connection connection,
      NoticeKind kind,
      @Nullable String agency,
      boolean gathered,
      ObjectNode data,
      Set<Channel> channels)
      throws SQLException {
    Instant now = clock.instant();
    ObjectNode body = JSON.createObjectNode();
    body.put("type", kind.toString());
    body.put("timestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
    body.set("data", data);
    Outbox.add(
        connection, new Outbox.Entry(id(now), kind, agency, gathered, body.toString()), channels);
  }

  /** A UUID that begins with the time (RFC 9562 §5.7, version 7). */
  private UUID id(Instant now) {
    long time = now.toEpochMilli() << 16;
    return new UUID(
        time | 0x7000 | (random.nextInt() & 0xFFF),
        (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L);
  }

  private static ObjectNode object(String json) {
    return (ObjectNode) tree(json);
  }

  private static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the database makes no JSON", e);
    }
  }
}
